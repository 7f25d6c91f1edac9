// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "motet/score/score.h"

namespace motet::musicxml {

/// The grid on which everything is written: 24 to a quarter holds thirty-seconds and triplets.
constexpr int kDivisions = 24;
constexpr int kWhole = 4 * kDivisions;

/// A stretch of a bar in which one voice sounds one chord, or nothing. Relative to the bar.
struct Stretch {
  int begin = 0;
  int end = 0;
  int chord = -1;  ///< index of the chord, or -1 for silence
};

/// A stretch, or a part of one, that one printed note or rest can show.
struct NotePiece {
  int begin = 0;
  int length = 0;
  int chord = -1;
  std::string_view type;  ///< "quarter"; empty for a rest that fills the bar
  int dots = 0;
  bool in_triplet = false;      ///< three in the time of two
  bool begins_triplet = false;  ///< first of its bracket
  bool ends_triplet = false;
  int flags = 0;  ///< 0 for a quarter and longer, 1 for an eighth, ...
};

/// How the bar is felt: its length and its beat on the grid.
struct Pulse {
  int length = kWhole;
  int beat = kDivisions;
  bool is_compound = false;  ///< beats divide into three: 6/8
};
Pulse pulse_of(const Bar& bar);

/// Cuts the stretches, which must fill the bar, into pieces, which fill it again. A piece crosses a
/// beat only where a reader of music expects it. Times off the thirty-second grid become triplets
/// in brackets of an eighth, a quarter or a half.
std::vector<NotePiece> pieces_of(const std::vector<Stretch>& stretches, const Pulse& pulse);

}  // namespace motet::musicxml
