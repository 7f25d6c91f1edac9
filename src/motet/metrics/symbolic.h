// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "motet/score/score.h"

namespace motet {

// Numbers about one score. Drums have no pitch: they count where notes and onsets are counted, and
// not where pitches are. A number that has no meaning for a score (no notes, one bar) is nothing,
// where MusPy has NaN.
// source  Dong et al., "MusPy: A Toolkit for Symbolic Music Generation", ISMIR 2020, section 5.3,
//         and muspy/metrics; Wu and Yang, "The Jazz Transformer on the Front Line", ISMIR 2020

/// Shannon entropy of how many notes each pitch class has: -sum p log2 p, 0 .. log2(12) = 3.585
/// bits. Counts notes, not their lengths (MusPy; Wu and Yang's H over the whole piece).
std::optional<double> pitch_class_entropy(const Score& score);

/// How many pitches sound together, averaged over the time in which any sounds: at least 1. Two
/// parts in unison are one pitch (MusPy: the binary piano roll).
std::optional<double> polyphony(const Score& score);

/// The share of notes inside the best of the 12 diatonic collections: 1 for a piece on the white
/// keys, 7/12 for an even spread over all twelve. MusPy asks 24 scales; its natural minor is its
/// relative major, so 12 say the same.
std::optional<double> scale_consistency(const Score& score);

/// How alike the rhythms of neighbouring bars are: 1 - (grid positions where just one of the two
/// bars has an onset) / (positions), averaged over neighbours by positions; 1 is a strict groove.
/// The grid has kGrooveSteps steps a quarter; neighbours of different length are left out.
/// Differs from MusPy in one thing: a piece that ends on a bar line has no empty bar after it.
std::optional<double> groove_consistency(const Score& score);
inline constexpr int kGrooveSteps = 24;

/// The share of bars in which nothing sounds, drums included; nothing for a score without bars.
std::optional<double> empty_bar_rate(const Score& score);

/// Highest less lowest pitch, in semitones; nothing without pitched notes.
std::optional<double> pitch_range(const Score& score);

/// Notes of all parts, or distinct onsets in them, divided by the length of the score up to its
/// last note's end, in bars or quarters; the last bar counts whole. 0 for an empty score.
double notes_per_bar(const Score& score);
double notes_per_quarter(const Score& score);
double onsets_per_bar(const Score& score);
double onsets_per_quarter(const Score& score);

struct NamedMetric {
  std::string_view name;  ///< "pitch_class_entropy": the function's
  std::optional<double> value;
};

/// All of the above, always the same names in the same order.
std::vector<NamedMetric> symbolic_metrics(const Score& score);

}  // namespace motet
