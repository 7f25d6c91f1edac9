// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "motet/score/score.h"

namespace motet::theory {

/// What is known of a way to bar the music; tools/fit_metre.py weighs it. The first features are
/// the same for written and for played music. Then one of kMetreKinds is 1 and says which metre it
/// is, and one is how many onsets there are in a beat, in octaves, for that metre.
inline constexpr size_t kCommonMetreFeatures = 32;
inline constexpr size_t kMetreKinds = 16;
inline constexpr size_t kMetreFeatures = kCommonMetreFeatures + 2 * kMetreKinds;
inline constexpr size_t kGroupedSo =
    29;  ///< how clearly six eighths are grouped as the metre has it
using MetreFeatures = std::array<double, kMetreFeatures>;

/// Beats, their number in a bar, and which of them is the first.
struct MetreHypothesis {
  size_t beats = 0;  ///< index of the beats
  int count = 4;     ///< beats in a bar
  bool is_compound = false;
  std::vector<int> in_bar;  ///< of each beat but the last
  MetreFeatures features{};
};

struct MetreHypotheses {
  bool is_written = false;                 ///< the score's quarters are known
  std::vector<std::vector<double>> beats;  ///< seconds; three at least
  std::vector<MetreHypothesis> all;
};

/// Every bar that is tried: where notes lie on simple fractions of the score's quarters, beats of
/// an eighth to a whole note and dotted quarters; else four pulses of the performance.
MetreHypotheses metre_hypotheses(const Score& score);

/// What a hypothesis is worth, in nats: the features weighed.
double worth_of(const MetreFeatures& features, bool is_written);

}  // namespace motet::theory
