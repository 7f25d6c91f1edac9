// SPDX-License-Identifier: Apache-2.0
#include "motet/score/tempo_map.h"

#include <algorithm>
#include <cmath>

namespace motet {
namespace {

constexpr double kDefaultTempo = 120.0;

double seconds_per_tick(double quarters_per_minute, int ticks_per_quarter) {
  return 60.0 / (quarters_per_minute * ticks_per_quarter);
}

}  // namespace

TempoMap::TempoMap(const Score& score) {
  segments_.push_back({Ticks{0}, 0.0, seconds_per_tick(kDefaultTempo, score.ticks_per_quarter)});
  for (const TempoChange& tempo : score.tempos) {
    const Segment last = segments_.back();
    const Segment next{tempo.at,
                       last.begin_seconds + static_cast<double>((tempo.at - last.begin).value) *
                                                last.seconds_per_tick,
                       seconds_per_tick(tempo.quarters_per_minute, score.ticks_per_quarter)};
    if (next.begin == last.begin) segments_.pop_back();  // of two at one tick, the last holds
    segments_.push_back(next);
  }
}

Seconds TempoMap::to_seconds(Ticks at) const {
  auto after = std::upper_bound(segments_.begin(), segments_.end(), at,
                                [](Ticks t, const Segment& s) { return t < s.begin; });
  if (after != segments_.begin()) --after;
  const double ticks = static_cast<double>((at - after->begin).value);
  return {after->begin_seconds + ticks * after->seconds_per_tick};
}

Ticks TempoMap::to_ticks(Seconds at) const {
  if (!(at.value > 0.0)) return {};
  auto after = std::upper_bound(segments_.begin(), segments_.end(), at.value,
                                [](double t, const Segment& s) { return t < s.begin_seconds; });
  if (after != segments_.begin()) --after;
  const double ticks = (at.value - after->begin_seconds) / after->seconds_per_tick;
  return after->begin + Ticks{std::llround(ticks)};
}

}  // namespace motet
