// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace motet::test {

/// Expects |actual - expected| <= absolute + relative * |expected| everywhere; says how many differ
/// and shows the worst, not the first.
inline void expect_close(std::span<const float> actual, std::span<const float> expected,
                         double relative, double absolute) {
  ASSERT_EQ(actual.size(), expected.size());
  size_t differing = 0;
  size_t worst = 0;
  double worst_excess = 0.0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double allowed = absolute + relative * std::abs(double{expected[i]});
    const double distance = std::abs(double{actual[i]} - double{expected[i]});
    if (distance <= allowed) continue;
    ++differing;
    const double excess = std::isnan(distance) ? INFINITY : distance / allowed;
    if (excess >= worst_excess) {
      worst = i;
      worst_excess = excess;
    }
  }
  EXPECT_EQ(differing, 0U) << "of " << actual.size() << "; the worst is element " << worst << ": "
                           << actual[worst] << " instead of " << expected[worst];
}

}  // namespace motet::test
