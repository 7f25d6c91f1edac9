// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "motet/score/abc_fields.h"
#include "motet/score/abc_lyrics.h"
#include "motet/score/abc_music.h"

namespace motet::abc {

/// How far an accidental reaches within its bar: to no other note, to the notes of its octave, or
/// to those of all octaves, which ABC 2.1 has by default (11.3).
enum class Propagation { kNot, kOctave, kPitch };

/// What fields and directives say of how the text is to be read.
struct Customs {
  std::map<char, std::string> symbols;  ///< by U:, the decorations that letters stand for
  Propagation accidentals = Propagation::kPitch;
};

/// Where in the file something stands. It becomes words only when there is something to say.
struct Place {
  size_t line = 1;
  size_t column = 1;  ///< in bytes, after macros are replaced
  std::string text() const {
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
  }
};

/// Reads the notes of one voice: what stands in a music line between fields.
class VoiceReader {
 public:
  VoiceReader(std::string id, const Key& key, const Metre& metre, int64_t unit_length,
              const Customs& customs);

  Voice& voice() { return voice_; }
  const Voice& voice() const { return voice_; }
  int64_t unit_length() const { return unit_length_; }

  void set_key(const Key& key);
  void set_metre(const Metre& metre);
  void set_unit_length(int64_t length) { unit_length_ = length; }
  void set_tempo(double quarters_per_minute, const std::string& words);
  void set_clef(const Clef& clef);
  void set_octave(int octaves) { octaves_ = octaves; }
  void set_transposition(int semitones);
  /// "%%MIDI transpose": what is heard is moved, what is read is not.
  void set_sound_shift(int semitones, bool is_relative = false);
  /// From here on; before the first note, from the beginning.
  void set_program(int program);
  void begin_section(const std::string& label);

  /// Reads what begins at the cursor: a note, rest, chord, bar line, mark; blanks too. False, with
  /// the cursor unmoved, when it is none of these. Throws Error with `place` in front.
  bool read(Cursor& cursor, const Place& place);

  /// A music line begins: the words that follow it belong to its notes.
  void begin_line(bool goes_on);
  /// Gives the syllables of a w: line, the next verse, to the notes of the last music line. Returns
  /// the syllables that found no note.
  size_t add_lyrics(std::string_view text);
  /// More of the verse that add_lyrics laid last.
  size_t continue_lyrics(std::string_view text);

  /// Decorations that mean nothing to a score, in the order of the text, each once.
  const std::vector<std::string>& unknown_decorations() const { return unknown_; }

 private:
  struct Tuplet {
    int p = 1;
    int q = 1;
    int left = 0;
    bool begins = false;
  };

  void read_note(Cursor& cursor, const Place& place);
  Head take_head(Cursor& cursor, const Place& place);
  void read_rest(Cursor& cursor, const Place& place);
  void read_chord(Cursor& cursor, const Place& place);
  void read_bar(Cursor& cursor);
  void read_graces(Cursor& cursor, const Place& place);
  void read_parenthesis(Cursor& cursor);
  void read_broken_rhythm(Cursor& cursor);
  void read_quoted(Cursor& cursor);
  void read_decoration(Cursor& cursor);
  void read_letter(Cursor& cursor);
  void decorate(std::string_view name);
  int64_t take_length(Cursor& cursor, int64_t unit, const Place& place) const;
  void name_transposition();
  void take_pitch(Cursor& cursor, const Place& place, Head& head);
  void add_notes(Item item);
  void tie_last();
  void end_slur();
  Item& add(Item::Kind kind);

  Voice voice_;
  Key key_;
  Metre metre_;
  int64_t unit_length_;
  const Customs& customs_;
  int clef_octave_ = 0;
  int octaves_ = 0;
  int transposition_ = 0;
  int sound_shift_ = 0;
  uint8_t velocity_ = 80;
  std::map<int, int> in_force_;  ///< accidentals of this bar: by 7 * octave + letter, or letter
  std::map<int, std::map<int, int>> tied_;  ///< by layer: alterations of heads that are tied over
  int layer_ = 0;                           ///< counts the overlays of the bar
  std::map<int, int> last_alters_;          ///< of the heads of the last note or chord
  Tuplet tuplet_;
  int broken_ = 0;         ///< above 0: the next note is shortened so many times; below: lengthened
  bool has_last_ = false;  ///< the last item of notes may be changed by '-' or '>'
  size_t last_ = 0;
  uint32_t marks_ = 0;  ///< of the note to come
  std::vector<Head> graces_;
  bool is_slashed_ = false;
  size_t line_begin_ = 0;
  int verse_ = 0;
  std::map<int, LyricsPlace> lyrics_;  ///< by verse
  std::vector<std::string> unknown_;
};

}  // namespace motet::abc
