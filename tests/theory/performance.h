// SPDX-License-Identifier: Apache-2.0
// Scores played as people play: late and early by a hair, faster and slower by and by, and without
// any metre.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "motet/base/random.h"
#include "motet/score/score.h"
#include "motet/score/tempo_map.h"

namespace motet::test {

struct Playing {
  double jitter = 0.015;  ///< seconds, standard deviation of an onset
  double drift = 0.06;    ///< the tempo wanders by this share, slowly
  uint64_t seed = 1;
};

/// The clock of a player: written seconds to played seconds.
class Clock {
 public:
  Clock(double length, Playing playing) {
    const Random random(playing.seed, 7);
    double played = 0.0;
    double wander = 0.0;
    for (uint64_t step = 0; static_cast<double>(step) * kStep <= length + 1.0; ++step) {
      times_.push_back(played);
      const double pull = (static_cast<double>(random.below(2001, step)) - 1000.0) / 1000.0;
      wander = 0.9 * wander + 0.3 * pull;
      played += kStep * (1.0 + playing.drift * std::clamp(wander, -2.0, 2.0));
    }
  }

  double operator()(double written) const {
    const double place = std::max(0.0, written / kStep);
    const auto step = std::min(times_.size() - 2, static_cast<size_t>(place));
    const double within = place - static_cast<double>(step);
    return times_[step] + within * (times_[step + 1] - times_[step]);
  }

 private:
  static constexpr double kStep = 0.5;
  std::vector<double> times_;
};

/// A normal deviate of a seeded stream.
inline double normal(const Random& random, uint64_t step) {
  const double u = (static_cast<double>(random.below(1'000'000, 2 * step)) + 1.0) / 1'000'001.0;
  const double v = static_cast<double>(random.below(1'000'000, 2 * step + 1)) / 1'000'000.0;
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

inline constexpr double kPlayedTicksPerSecond = 960.0;  // 480 a quarter, 120 quarters a minute

/// The same parts and notes, under the same ids, at played times; no metre, no tempo.
inline Score played(const Score& score, Playing playing = {}) {
  const TempoMap tempo(score);
  const Clock clock(tempo.to_seconds(end_of(score)).value, playing);
  const Random random(playing.seed, 11);
  const auto ticks = [](double seconds) {
    return static_cast<int64_t>(std::llround(seconds * kPlayedTicksPerSecond));
  };
  Score out;
  out.ticks_per_quarter = 480;
  uint64_t step = 0;
  for (const Part& part : score.parts) {
    out.parts.emplace_back();
    out.parts.back().name = part.name;
    out.parts.back().program = part.program;
    out.parts.back().is_drums = part.is_drums;
    for (const Note& note : part.notes) {
      Note copy = note;
      const double late = playing.jitter * std::clamp(normal(random, step++), -3.0, 3.0);
      const double begin = clock(tempo.to_seconds(note.onset).value) + 0.2 + late;
      const double end = clock(tempo.to_seconds(note.onset + note.duration).value) + 0.2 +
                         playing.jitter * std::clamp(normal(random, step++), -3.0, 3.0);
      copy.onset = Ticks{ticks(begin)};
      copy.duration = Ticks{std::max<int64_t>(1, ticks(end) - ticks(begin))};
      out.parts.back().notes.push_back(copy);
    }
  }
  sort_events(out);
  return out;
}

}  // namespace motet::test
