// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "motet/score/score.h"
#include "motet/theory/key.h"

namespace motet {

/// The metre that holds for most of the score; 4/4 when there is none.
MetreChange main_metre(const Score& score);

/// The tempo that holds for most of the score, in quarters a minute; 120 when there is none.
double main_tempo(const Score& score);

/// Onsets a quarter of the busiest-part-independent texture: distinct (part, onset) pairs divided
/// by (parts with notes * quarters). 0 for an empty score.
double onset_density(const Score& score);

/// Where a density lies among the real pieces: 0 (very sparse) .. 7 (very dense). The borders are
/// the octiles over the training pieces of shared/data; see docs/evaluation.md.
int density_bin(double onsets_per_quarter_per_part);
inline constexpr int kDensityBins = 8;

/// Mood as the circumplex has it: valence by mode, arousal by how many notes pass a second.
/// source  Russell, "A Circumplex Model of Affect", 1980; mode and tempo as its strongest musical
///         correlates: Gabrielsson and Lindstroem, 2010. A rule, not a claim about feeling.
/// Stored in vocabularies: never reorder.
enum class Mood : uint8_t { kCalm, kHappy, kSad, kTense };
inline constexpr int kMoods = 4;
std::string_view name_of(Mood mood);  ///< "calm" "happy" "sad" "tense"

Mood estimate_mood(const Score& score, Key key);

}  // namespace motet
