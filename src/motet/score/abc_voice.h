// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <map>
#include <string_view>

#include "motet/score/abc_fields.h"
#include "motet/score/abc_music.h"

namespace motet::abc {

/// Reads the notes of one voice: what stands in a music line between fields.
class VoiceReader {
 public:
  VoiceReader(std::string id, const Key& key, const Metre& metre, int64_t unit_length);

  Voice& voice() { return voice_; }
  const Voice& voice() const { return voice_; }
  const Metre& metre() const { return metre_; }
  int64_t unit_length() const { return unit_length_; }

  void set_key(const Key& key);
  void set_metre(const Metre& metre);
  void set_unit_length(int64_t length) { unit_length_ = length; }
  void set_tempo(double quarters_per_minute);
  void set_transposition(int semitones) { transposition_ = semitones; }

  /// Reads what begins at the cursor: a note, rest, chord, bar line, mark; blanks too. False, with
  /// the cursor unmoved, when it is none of these. Throws Error with `place` in front.
  bool read(Cursor& cursor, const std::string& place);

  /// A music line begins: the words that follow it belong to its notes.
  void begin_line(bool goes_on);
  /// Gives the syllables of a w: line to the notes of the last music line.
  void add_lyrics(std::string_view text);

 private:
  struct Tuplet {
    int p = 1;
    int q = 1;
    int left = 0;
  };

  bool read_note(Cursor& cursor, const std::string& place);
  Head take_head(Cursor& cursor, const std::string& place);
  void read_rest(Cursor& cursor, const std::string& place);
  void read_chord(Cursor& cursor, const std::string& place);
  void read_bar(Cursor& cursor);
  void read_graces(Cursor& cursor, const std::string& place);
  void read_tuplet(Cursor& cursor);
  void read_broken_rhythm(Cursor& cursor);
  void read_quoted(Cursor& cursor);
  void read_decoration(Cursor& cursor);
  int64_t take_length(Cursor& cursor, int64_t unit, const std::string& place) const;
  int take_pitch(Cursor& cursor, const std::string& place);
  void add_notes(Item item);
  void tie_last();
  Item& add(Item::Kind kind);

  Voice voice_;
  Key key_;
  Metre metre_;
  int64_t unit_length_;
  int transposition_ = 0;
  uint8_t velocity_ = 80;
  std::map<int, int> in_force_;     ///< accidentals of this bar: by 7 * octave + letter
  std::map<int, int> tied_;         ///< alterations of the heads that are tied over, by the same
  std::map<int, int> last_alters_;  ///< of the heads of the last note or chord
  Tuplet tuplet_;
  int broken_ = 0;         ///< above 0: the next note is shortened so many times; below: lengthened
  bool has_last_ = false;  ///< the last item of notes may be changed by '-' or '>'
  size_t last_ = 0;
  std::vector<Head> graces_;
  size_t line_begin_ = 0;
  bool has_lyrics_ = false;
};

}  // namespace motet::abc
