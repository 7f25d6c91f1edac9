// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <string>

#include "motet/score/score.h"

namespace motet::abc {

/// Knows which accidentals are in force, as a reader of the text does, and spells accordingly.
class PitchWriter {
 public:
  void set_key(int fifths);
  /// Octaves that a clef adds to what is written.
  void set_clef(int octave) { octave_ = octave; }
  void begin_bar();
  /// What follows is of another voice of the staff, an overlay say.
  void set_voice(int voice);
  /// Between the notes of two items; `is_tied` says that the first is tied to the second.
  void begin_item() { current_.clear(); }
  void end_item(bool is_tied);

  /// "^f'", without a length.
  std::string text_of(const Written& head);

 private:
  bool must_say(int line, size_t letter, int alter) const;

  std::array<int, 7> key_{};  ///< what the signature does to C D E F G A B
  int fifths_ = 0;
  int octave_ = 0;
  std::map<int, int> in_force_;           ///< by 7 * octave + letter
  std::map<size_t, int> in_all_octaves_;  ///< by letter
  int voice_ = 0;
  bool is_alone_ = true;                    ///< since the item before there was no other voice
  std::map<int, std::map<int, int>> tied_;  ///< by voice, by line
  std::map<int, int> current_;
};

/// "3/2", "/2", "4", "" for 1.
std::string length_text(int64_t numerator, int64_t denominator);

}  // namespace motet::abc
