// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "motet/score/abc_music.h"

namespace motet::abc {

/// The steps of an octave, C lowest.
inline constexpr std::string_view kLetters = "CDEFGAB";
/// How many semitones above C they lie.
inline constexpr std::array<int, 7> kSemitones = {0, 2, 4, 5, 7, 9, 11};
/// Walks over a line; never beyond its end.
struct Cursor {
  std::string_view text;
  size_t at = 0;

  bool done() const { return at >= text.size(); }
  char peek(size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }
  char next() { return done() ? '\0' : text[at++]; }
  bool take(char wanted) {
    if (peek() != wanted || done()) return false;
    ++at;
    return true;
  }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') ++at;
  }
};

bool is_digit(char c);

/// A number of at most six digits; nothing when there is none or more.
std::optional<int> take_number(Cursor& cursor);

/// "trim" without blanks at both ends.
std::string_view trimmed(std::string_view text);

/// M: "4/4", "C", "C|", "2+3/8", "(2+3)/8", "none".
std::optional<Metre> parse_metre(std::string_view text);

/// L: "1/8", in units.
std::optional<int64_t> parse_unit_length(std::string_view text);

/// Q: quarters a minute, of "1/4=120", "120" (in unit lengths), "\"Allegro\" 3/8=80".
std::optional<double> parse_tempo(std::string_view text, int64_t unit_length);

/// K: "G", "F#m", "D mix", "Bb dorian", "HP", "none", and global accidentals "D ^g _b exp". What is
/// not about the key (clefs) is passed over. Nothing when no key can be made out.
std::optional<Key> parse_key(std::string_view text);

/// Whether the key is what its number of sharps or flats says, without accidentals of its own.
bool is_plain(const Key& key);

/// The words in quotes of a Q: field: "Allegro".
std::string parse_tempo_words(std::string_view text);

/// Whether a K: field is about the key at all, not only about a clef.
bool names_key(std::string_view text);

/// Octaves of "octave=-1".
int parse_octave(std::string_view text);

/// Semitones of "transpose=2".
int parse_transposition(std::string_view text);

/// "clef=bass", "bass", "clef=alto1", "treble-8". Nothing when the text names none.
std::optional<Clef> parse_clef(std::string_view text);

/// The order of parts of a P: field, written out: "A2(BC)2" is "AABCBC". At most 200 letters.
std::string parse_order(std::string_view text);

/// The value of `name=` in a field: a word or a string in quotes.
std::optional<std::string> parse_property(std::string_view text, std::string_view name);

}  // namespace motet::abc
