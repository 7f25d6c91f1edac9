// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "motet/score/score.h"

namespace motet::theory {

/// How strongly a place of the bar is felt. Smaller is stronger.
enum class Strength : uint8_t { kDownbeat, kHalfBar, kBeat, kSubdivision };

/// A stretch of time at whose ends something begins: the atom of harmonic analysis.
struct Slice {
  Ticks begin;
  Ticks end;
  double beats = 0.0;               ///< length, in beats of its bar
  std::array<double, 12> weight{};  ///< how much each pitch class matters here; beats, about
  double total = 0.0;               ///< the sum of the weights
  uint8_t bass = kNoBass;           ///< the lowest pitch that sounds or, in a broken chord, did
  uint8_t top = 0;                  ///< the highest pitch that sounds; 0 in rests
  Strength strength = Strength::kBeat;
  static constexpr uint8_t kNoBass = 255;
};

struct Evidence {
  std::vector<Slice> slices;  ///< without gaps, from the first note to the end
  double polyphony = 0.0;     ///< notes that sound at once, on average, where any sounds
};

/// The beat that listeners count: a quarter in 4/4, a dotted quarter in 6/8 and in 3/8, a half in
/// 2/2 and 4/2. In ticks, at least 1.
int64_t beat_length(int numerator, int denominator, int ticks_per_quarter);

/// How strongly the place `offset` after the bar's begin is felt.
Strength strength_at(const Bar& bar, Ticks offset, int ticks_per_quarter);

/// Cuts the score at beats and their halves (thirds in compound metres) where a note begins, and
/// weighs the notes of each slice: by length; less when a note is short and left and reached by
/// step, as passing and neighbour notes are; more when it is left by leap. Drums are left out.
/// source  the idea that ornamental notes are those that a step follows: Temperley, "The Cognition
///         of Basic Musical Structures", 2001, ch. 6
Evidence gather_evidence(const Score& score);

}  // namespace motet::theory
