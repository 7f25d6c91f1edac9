// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "motet/score/time.h"

namespace motet {

/// The events at `at` of a list that is sorted by time, found by halving: a writer asks at every
/// moment, and a hostile file has a hundred thousand moments and as many events.
template <typename Event>
std::span<const Event> at_time(const std::vector<Event>& events, Ticks at) {
  const auto first = std::lower_bound(events.begin(), events.end(), at,
                                      [](const Event& event, Ticks t) { return event.at < t; });
  const auto last = std::upper_bound(first, events.end(), at,
                                     [](Ticks t, const Event& event) { return t < event.at; });
  return {first, last};
}

}  // namespace motet
