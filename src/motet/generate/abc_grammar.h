// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace motet::generate {

/// What is to be written as NotaGen's interleaved ABC.
struct AbcPlan {
  std::string metadata = {};  ///< lines "%Romantic\n" before the header; may be empty
  std::string header = {};    ///< lines of fields, given; empty: it is to be written, too
  int voices = 0;             ///< of a given header
  std::string given = {};     ///< lines of music that stay, numbered as below
  int first_line = 0;         ///< the number of the next line
  int most_lines = 0;         ///< to be written, at most; at least 1
  bool is_exact = false;      ///< exactly so many, which the numbers tell the model
  int64_t most_tokens = 0;    ///< drawn; the line that is begun then is closed
  int most_voices = 16;       ///< of a header that is to be written
};

/// Says character by character what may come next in interleaved ABC:
///
///     %%score { 1 | 2 }      fields, in any order, but K before V
///     L:1/8
///     K:G
///     V:1 treble nm="Piano"
///     [r:0/7][V:1]G2 B2|[V:2]G,4|      lines of a bar each, counted up and down
///
/// Whatever is drawn from what it allows is a tune: fields have values, chords, grace notes, texts
/// and bars are closed, the first bar has a note, voices rise within a line, and the lines are
/// those that the first one counts. Octaves and lengths stay within what a page can show.
class AbcGrammar {
 public:
  explicit AbcGrammar(const AbcPlan& plan);

  /// The characters that may come next, ascending.
  void allow(std::vector<int32_t>& characters) const;
  void accept(char character);

  /// Whether a patch may end here: a bar line comes next. And whether it must: a line is over.
  bool may_end_patch() const;
  bool must_end_patch() const noexcept { return line_is_over_; }
  /// The patch has ended, whether it was full or not.
  void end_patch();
  void end_patch_early();

  /// From now on everything is closed as soon as it can be, and the line is the last.
  void close() noexcept { closing_ = true; }
  /// No more fields than there must be: the header has taken its share of the positions.
  void keep_header_short() noexcept { header_is_full_ = true; }

  bool in_header() const noexcept { return in_header_; }
  bool ended() const noexcept { return ended_; }
  const std::string& header() const noexcept { return header_; }  ///< complete lines
  /// Lines of music that were written and are complete, without their numbers.
  const std::vector<std::string>& lines() const noexcept { return lines_; }

 private:
  enum class Mode : uint8_t { kChoice, kText, kNumber, kBar };
  enum class Slot : uint8_t {
    kLineStart,
    kField,
    kTempo,
    kVoice,
    kName,
    kAfterName,
    kShortName,
    kCount,
    kExactCount,
    kNumbers,
    kVoiceOrEnd,
    kInBar
  };
  enum class Bar : uint8_t {
    kElement,
    kLetter,   ///< after an accidental
    kPitch,    ///< after a note's letter
    kDigits,   ///< after a number of a length
    kSlash,    ///< after the stroke of a length
    kBracket,  ///< after "[": a chord or a field
    kSlur,     ///< after "(": a slur or a tuplet
    kLine,     ///< in a bar line
  };
  enum class Group : uint8_t { kNone, kChord, kGrace };

  void choose(Slot slot, std::vector<std::string> choices);
  void expect_text(Slot slot, char end, size_t most);
  void expect_number(Slot slot, int least, int most, char end);
  void begin_header_line();
  void begin_music_line();
  void begin_voice_or_end();
  void begin_bar();
  void finish_choice();
  void finish_text();
  void finish_number();
  void finish_line();
  void enter_field(const std::string& field);

  bool is_over_long() const;
  bool may_close_bar() const;
  void allow_bar(std::string& out) const;
  void allow_element(std::string& out) const;
  void allow_length(std::string& out) const;
  void allow_line(std::string& out) const;
  void accept_bar(char c);
  void accept_element(char c);
  void accept_line(char c);
  int& slurs();
  bool may_close_slur() const;
  bool may_open_slur() const;

  AbcPlan plan_;
  bool in_header_;
  bool header_is_full_ = false;
  bool closing_ = false;
  bool ended_ = false;
  bool line_is_over_ = false;
  std::string header_;
  std::string header_line_;
  std::string seen_fields_;  // "LMK"
  std::vector<std::string> lines_;
  std::string music_line_;
  int voices_;
  int line_;
  int last_line_ = -1;
  int voice_ = 0;

  Mode mode_ = Mode::kChoice;
  Slot slot_ = Slot::kLineStart;
  std::vector<std::string> choices_;
  std::string typed_;
  char end_ = '\n';
  size_t most_ = 0;  // characters of a text, or the largest number
  size_t least_ = 0;

  Bar bar_ = Bar::kElement;
  Group group_ = Group::kNone;
  int group_notes_ = 0;
  int bar_characters_ = 0;
  std::vector<int> slurs_;  // open, by voice
  int octaves_ = 0;
  int strokes_ = 0;
  int number_ = 0;
  char pitch_ = 'C';  // the character that octave marks follow
  bool is_rest_ = false;
  bool bar_has_content_ = false;
  bool has_note_ = false;
  bool expects_note_ = false;    // after a broken rhythm or a tuplet
  bool must_draw_line_ = false;  // a patch ended for the bar line
  bool is_double_ = false;       // the accidental
};

}  // namespace motet::generate
