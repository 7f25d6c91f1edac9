// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "motet/score/score.h"

namespace motet {

/// The one road between ticks and seconds.
class TempoMap {
 public:
  explicit TempoMap(const Score& score);

  Seconds to_seconds(Ticks at) const;
  /// Rounds to the nearest tick; before 0 gives 0.
  Ticks to_ticks(Seconds at) const;

 private:
  struct Segment {
    Ticks begin;
    double begin_seconds;
    double seconds_per_tick;
  };
  std::vector<Segment> segments_;
};

}  // namespace motet
