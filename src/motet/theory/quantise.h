// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/score/score.h"
#include "motet/theory/metre.h"

namespace motet {

struct QuantiseOptions {
  /// Seconds by which people miss the grid: larger asks for coarser grids.
  double spread = 0.03;
  /// Ends at most this share of a beat before the next onset of their voice reach it.
  double legato = 0.35;
};

/// The performance written on a grid: every beat is divided in 1, 2, 3, 4, 6 or 8 (compound beats
/// in 1, 2, 3, 6 or 12), each note begins and ends on its beat's division, the metre is the
/// guess's, and a tempo a beat keeps the times of the performance. Everything else in the score
/// moves along. Ticks are 480 a quarter; the first bar may begin with rests.
///
/// returns  the score as it is, at 480 ticks a quarter, when the guess has fewer than two beats
/// source   divisions chosen by dynamic programming over beats, by squared deviation against a cost
///          of complexity: Temperley 2001, ch. 2; Cemgil, Desain and Kappen, "Rhythm Quantization
///          for Transcription", CMJ 24(2), 2000
Score quantise(const Score& score, const MetreGuess& guess, QuantiseOptions options = {});

/// By infer_metre's guess.
Score quantise(const Score& score, QuantiseOptions options = {});

}  // namespace motet
