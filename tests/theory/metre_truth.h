// SPDX-License-Identifier: Apache-2.0
// What a piece's own bars say, and how right a guess of them is.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "motet/score/score.h"
#include "motet/score/tempo_map.h"
#include "motet/theory/features.h"
#include "tests/theory/performance.h"

namespace motet::test {

inline constexpr double kHit = 0.07;  // seconds, the tolerance of the field
inline constexpr double kLead = 0.2;  // seconds that played() waits

/// The score as it is written, or as people play it: without its metre either way.
enum class Source { kWritten, kPlayed };

struct MetreTruth {
  std::vector<double> downbeats;  ///< seconds as played
  int beats_in_bar = 4;
  bool is_compound = false;
};

struct MetreRights {
  double same_class = 0.0;   ///< beats in a bar and their division
  double same_length = 0.0;  ///< the bar's, within 6 %
  double downbeat_f = 0.0;
};

inline bool is_compound(const MetreChange& metre) {
  return metre.denominator >= 8 && metre.numerator % 3 == 0;
}

inline int beats_of(const MetreChange& metre) {
  return is_compound(metre) ? metre.numerator / 3 : metre.numerator;
}

/// Without empty parts, and with fresh ids.
inline Score prepared(Score score) {
  score.parts.erase(std::remove_if(score.parts.begin(), score.parts.end(),
                                   [](const Part& part) { return part.notes.empty(); }),
                    score.parts.end());
  for (Part& part : score.parts) {
    for (Note& note : part.notes) note.id = {};
  }
  name_notes(score);
  return score;
}

inline Score bare_of(const Score& score, Source source, Playing playing) {
  if (source == Source::kPlayed) return played(score, playing);
  Score bare = score;
  bare.metres.clear();
  return bare;
}

inline MetreTruth truth_of(const Score& score, Source source, Playing playing) {
  const MetreChange metre = main_metre(score);
  const TempoMap tempo(score);
  const Clock clock(tempo.to_seconds(end_of(score)).value, playing);
  const double lead = source == Source::kPlayed ? kLead : 0.0;
  MetreTruth truth{
      .downbeats = {}, .beats_in_bar = beats_of(metre), .is_compound = is_compound(metre)};
  for (const Bar& bar : bars_of(score)) {
    truth.downbeats.push_back(clock(tempo.to_seconds(bar.begin).value) + lead);
  }
  return truth;
}

inline double f_measure(const std::vector<double>& truth, const std::vector<double>& found) {
  size_t hits = 0;
  size_t next = 0;
  for (const double at : truth) {
    while (next < found.size() && found[next] < at - kHit) ++next;
    if (next < found.size() && found[next] <= at + kHit) {
      ++hits;
      ++next;
    }
  }
  if (truth.empty() || found.empty()) return 0.0;
  return 2.0 * static_cast<double>(hits) / static_cast<double>(truth.size() + found.size());
}

inline double median_step(const std::vector<double>& times) {
  std::vector<double> steps;
  for (size_t i = 1; i < times.size(); ++i) steps.push_back(times[i] - times[i - 1]);
  if (steps.empty()) return 0.0;
  std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2),
                   steps.end());
  return steps[steps.size() / 2];
}

inline MetreRights rights_of(const MetreTruth& truth, int beats_in_bar, bool compound,
                             const std::vector<double>& downbeats) {
  MetreRights out;
  out.same_class = beats_in_bar == truth.beats_in_bar && compound == truth.is_compound;
  const double step = median_step(downbeats);
  out.same_length = step > 0.0 && std::abs(std::log(step / median_step(truth.downbeats))) < 0.06;
  out.downbeat_f = f_measure(truth.downbeats, downbeats);
  return out;
}

}  // namespace motet::test
