// SPDX-License-Identifier: Apache-2.0
#include "motet/metrics/distribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace motet {
namespace {

TEST(Summarise, AgreesWithHandAndNumpy) {
  const std::vector<double> values = {4.0, 1.0, 3.0, 2.0, 10.0, 4.0};
  const Summary summary = summarise(values);
  EXPECT_EQ(summary.count, 6U);
  EXPECT_DOUBLE_EQ(summary.mean, 4.0);
  EXPECT_DOUBLE_EQ(summary.standard_deviation, std::sqrt((9 + 4 + 1 + 36) / 5.0));
  EXPECT_DOUBLE_EQ(summary.minimum, 1.0);
  EXPECT_DOUBLE_EQ(summary.first_quartile, 2.25);  // numpy.percentile(values, 25)
  EXPECT_DOUBLE_EQ(summary.median, 3.5);
  EXPECT_DOUBLE_EQ(summary.third_quartile, 4.0);
  EXPECT_DOUBLE_EQ(summary.maximum, 10.0);
}

TEST(Summarise, TakesNoneAndOne) {
  EXPECT_EQ(summarise({}).count, 0U);
  const Summary one = summarise(std::vector<double>{7.0});
  EXPECT_EQ(one.mean, 7.0);
  EXPECT_EQ(one.standard_deviation, 0.0);
  EXPECT_EQ(one.third_quartile, 7.0);
}

TEST(OverlapArea, OfASetWithItselfIsOne) {
  const std::vector<double> values = {0.3, 0.5, 0.9, 2.0, 2.1, 7.0};
  EXPECT_NEAR(overlap_area(values, values).value(), 1.0, 1e-6);
}

TEST(OverlapArea, AgreesWithTheIntegralByHand) {
  // {-1, 1} and {1, 3} have bandwidth h = sqrt(2) * 2^-0.2 > 1, so each density has one peak and
  // they cross at 1 only: the overlap is twice the first one's mass above 1, which is
  // P(Z > 0) / 2 + P(Z > 2 / h) / 2.
  const std::vector<double> a = {-1.0, 1.0};
  const std::vector<double> b = {1.0, 3.0};
  const double h = std::sqrt(2.0) * std::pow(2.0, -0.2);
  const double expected = 0.5 + 0.5 * std::erfc(2.0 / h / std::sqrt(2.0));
  EXPECT_NEAR(overlap_area(a, b).value(), expected, 1e-6);
  EXPECT_NEAR(overlap_area(b, a).value(), expected, 1e-6);
}

TEST(OverlapArea, OfSetsFarApartIsZero) {
  const std::vector<double> a = {0.0, 1.0, 2.0};
  const std::vector<double> b = {1000.0, 1001.0, 1002.0};
  EXPECT_EQ(overlap_area(a, b).value(), 0.0);
}

TEST(OverlapArea, TakesSetsWithoutSpreadAsPoints) {
  const std::vector<double> point = {2.0, 2.0, 2.0};
  const std::vector<double> other = {3.0, 3.0};
  const std::vector<double> wide = {1.0, 3.0};
  EXPECT_EQ(overlap_area(point, point), 1.0);
  EXPECT_EQ(overlap_area(point, other), 0.0);
  EXPECT_EQ(overlap_area(point, wide), 0.0);
  EXPECT_FALSE(overlap_area(std::vector<double>{1.0}, wide));
}

}  // namespace
}  // namespace motet
