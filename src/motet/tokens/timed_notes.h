// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "motet/score/score.h"

namespace motet::tokens {

/// Steps of 10 ms, the grid of the families that write in real time.
inline constexpr int kTimeStepsPerSecond = 100;
inline constexpr int kDrumInstrument = 128;

/// A note in real time, as a performance has it.
struct TimedNote {
  int64_t onset = 0;     ///< steps from the beginning
  int64_t duration = 0;  ///< steps; 0 for what is shorter than half of one
  int instrument = 0;    ///< General MIDI program, or kDrumInstrument
  int pitch = 60;
  int velocity = 64;
  auto operator<=>(const TimedNote&) const = default;
};

enum class PedalUse : uint8_t {
  kIgnored,
  kHoldsNotes,  ///< a note that ends while controller 64 is down ends where it is lifted
};

/// The notes of a score by onset; those of one onset in the order of parts and pitches. Onsets and
/// lengths are rounded to the nearest step, half to even.
std::vector<TimedNote> timed_notes(const Score& score, PedalUse pedal);

/// Puts notes into the part of the score that has their instrument, or into a new one, at the ticks
/// where its tempo map has their times.
void append_notes(Score& score, std::span<const TimedNote> notes);

/// A score of 120 quarters a minute in which a step is ten ticks.
Score to_score(std::span<const TimedNote> notes);

}  // namespace motet::tokens
