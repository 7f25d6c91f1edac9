// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/sampler.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "motet/base/error.h"
#include "motet/base/random.h"

namespace motet::generate {
namespace {

const std::vector<int32_t> kAll = {0, 1, 2, 3, 4};

std::array<int, 5> histogram(const std::vector<float>& logits, const SamplingConfig& config,
                             const std::vector<int32_t>& heirs = kAll) {
  const Random random(11, 0);
  std::array<int, 5> counts{};
  for (uint64_t i = 0; i < 20'000; ++i) {
    ++counts[static_cast<size_t>(sample(logits, heirs, config, random.uniform(i)))];
  }
  return counts;
}

TEST(Sampler, FollowsTheSoftmax) {
  const std::vector<float> logits = {0.0F, 1.0F, 2.0F, -1.0F, 0.5F};
  const auto counts = histogram(logits, {});
  double total = 0.0;
  for (const float logit : logits) total += std::exp(logit);
  for (size_t id = 0; id < 5; ++id) {
    // Four standard deviations of a binomial count.
    const double p = std::exp(logits[id]) / total;
    EXPECT_NEAR(counts[id], 20'000 * p, 4 * std::sqrt(20'000 * p * (1 - p))) << id;
  }
}

TEST(Sampler, NeverTakesWhatIsNotAllowed) {
  const auto counts =
      histogram({9.0F, 1.0F, 1.0F, 9.0F, 1.0F}, {}, {kForbidden, 1, 2, kForbidden, 4});
  EXPECT_EQ(counts[0] + counts[3], 0);
}

TEST(Sampler, AForbiddenIdLeavesItsProbabilityToItsHeir) {
  // Ids 0 and 1 count for 2: together 3 of 5 equal shares.
  const auto counts = histogram({1.0F, 1.0F, 1.0F, 1.0F, 1.0F}, {}, {2, 2, 2, 3, 4});
  EXPECT_EQ(counts[0] + counts[1], 0);
  EXPECT_NEAR(counts[2], 12'000, 4 * std::sqrt(20'000 * 0.6 * 0.4));
  EXPECT_EQ(sample(std::vector<float>{9, 1, 1, 1, 1}, std::vector<int32_t>{2, 2, 2, 3, 4},
                   {.temperature = 0.0F}, 0.5),
            2);
}

TEST(Sampler, TemperatureZeroTakesTheLikeliestAndTiesGoToTheSmallerId) {
  EXPECT_EQ(sample(std::vector<float>{1, 3, 3, 2, 0}, kAll, {.temperature = 0.0F}, 0.999), 1);
}

TEST(Sampler, TopKKeepsTheKLikeliest) {
  const auto counts = histogram({0.0F, 1.0F, 2.0F, -1.0F, 0.5F}, {.top_k = 2});
  EXPECT_EQ(counts[0] + counts[3] + counts[4], 0);
  EXPECT_GT(counts[1], 0);
}

TEST(Sampler, TopPKeepsTheShortestBeginningThatReachesP) {
  // Probabilities 0.5 0.25 0.125 0.0625 0.0625: the first two reach 0.7.
  const std::vector<float> logits = {std::log(8.0F), std::log(4.0F), std::log(2.0F), 0.0F, 0.0F};
  const auto counts = histogram(logits, {.top_p = 0.7F});
  EXPECT_GT(counts[1], 0);
  EXPECT_EQ(counts[2] + counts[3] + counts[4], 0);
}

TEST(Sampler, MinPLeavesOutWhatIsFarBelowTheBest) {
  const std::vector<float> logits = {std::log(8.0F), std::log(4.0F), std::log(2.0F), 0.0F, 0.0F};
  const auto counts = histogram(logits, {.min_p = 0.3F});
  EXPECT_GT(counts[1], 0);
  EXPECT_EQ(counts[2] + counts[3] + counts[4], 0);
}

TEST(Sampler, ASettingOutOfRangeIsNamed) {
  for (const SamplingConfig& config :
       {SamplingConfig{.temperature = -1.0F}, SamplingConfig{.top_k = -1},
        SamplingConfig{.top_p = 0.0F}, SamplingConfig{.min_p = 1.5F}}) {
    EXPECT_THROW(config.validate(), Error);
  }
}

}  // namespace
}  // namespace motet::generate
