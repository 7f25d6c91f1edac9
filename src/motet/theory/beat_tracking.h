// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "motet/score/score.h"

namespace motet::theory {

/// Notes that begin together, as a listener hears them.
struct Onset {
  double at = 0.0;                ///< seconds: the mean of its notes
  double weight = 0.0;            ///< how much it is heard: notes, lengths, velocities
  double longest = 0.0;           ///< seconds, of its longest note
  uint8_t lowest = 127;           ///< the lowest pitch that begins
  bool has_pitch = false;         ///< not only drums
  double drum = 0.0;              ///< bass drums less snare drums and claps
  std::array<float, 12> tones{};  ///< seconds, by pitch class
};

/// The onsets of all parts in order. Notes at most 40 ms after the first of them are one onset.
/// notes  when given, receives for every part and note the index of its onset
std::vector<Onset> find_onsets(const Score& score,
                               std::vector<std::vector<size_t>>* notes = nullptr);

/// How well each beat period explains the gaps between onsets, best first; seconds. At most
/// `count`, none within an eighth of another one. Empty when there are fewer than two onsets.
struct Pulse {
  double period = 0.5;    ///< seconds a beat
  double strength = 0.0;  ///< above 0; comparable between the pulses of one piece
};
std::vector<Pulse> find_pulses(const std::vector<Onset>& onsets, size_t count);

/// The beats, seconds, at a period that may drift: from at or before the first onset to after the
/// last. `period` is where the search for the local period begins.
/// source  Ellis, "Beat Tracking by Dynamic Programming", JNMR 36(1), 2007, with the onsets of
/// notes
///         for the onset envelope, and a local period by Viterbi over a tempogram
std::vector<double> track_beats(const std::vector<Onset>& onsets, double period);

}  // namespace motet::theory
