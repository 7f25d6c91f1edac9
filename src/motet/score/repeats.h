// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "motet/score/score.h"

namespace motet {

/// What a reader makes of repeats.
enum class Repeats {
  kPlayed,   ///< unfolded: the score is what is heard
  kWritten,  ///< as they stand on the page, in Score::barlines
};

/// A passage that is played without a jump.
struct Passage {
  Ticks begin;
  Ticks end;     ///< above begin
  int pass = 1;  ///< 1-based: which time through its repeat this is
  auto operator<=>(const Passage&) const = default;
};

/// The end of everything in the score: notes, heads and rests on the page, bar lines.
Ticks end_of_page(const Score& score);

/// How a player walks through the score by its bar lines: repeats (each `times`, or as often as
/// its endings ask), numbered endings, and the first D.C. or D.S. with its Fine or Coda. After such
/// a jump no repeat is taken, and of the endings the last one.
///
/// throws  Error(kInvalidFile) beyond 10,000 passages
std::vector<Passage> road_of(const Score& score);

/// The passages one after another, as one score without repeats. Notes tied over a jump go on when
/// the passage after it begins with their pitch. Of several verses, the n-th pass sings the n-th.
/// Tempo, key, metre, clefs and controls are said again where a jump changes them. Notes get new
/// ids. Passages lie within the score.
///
/// throws  Error(kInvalidFile) beyond a million notes, where the score itself has fewer
Score played(const Score& score, std::span<const Passage> road);

/// The score with its repeats played out; the score itself where nothing is repeated.
Score unfolded(const Score& score);

}  // namespace motet
