// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/rotary.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace motet::nn {
namespace {

constexpr int64_t kHead = 16;

void expect_frequencies(const RopeConfig& config, const std::array<double, kHead / 2>& expected) {
  const std::vector<double> actual = rotary_frequencies(kHead, config);
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t j = 0; j < expected.size(); ++j) {
    EXPECT_NEAR(actual[j] / expected[j], 1.0, 1e-6) << "pair " << j;  // factors are float32
  }
}

TEST(Rotary, PlainFrequenciesAreThePowersOfTheta) {
  std::array<double, kHead / 2> expected{};
  for (size_t j = 0; j < expected.size(); ++j) {
    expected[j] = std::pow(10'000.0, -2.0 * static_cast<double>(j) / kHead);
  }
  expect_frequencies({}, expected);
}

/// The numbers of these three are what Hugging Face transformers 5.23 gives, modeling_rope_utils.
TEST(Rotary, Llama3KeepsTheQuickPairsAndSlowsTheSlowOnes) {
  expect_frequencies(
      {.theta = 500'000.0F,
       .scaling = RopeConfig::Scaling::kLlama3,
       .factor = 8.0F,
       .original_positions = 8192},
      {1.0, 0.19392274474868576, 0.03760603093086393, 0.007292664737217109, 0.0005248461609929547,
       3.428102195952591e-05, 6.647869871181235e-06, 1.2891731721515574e-06});
}

TEST(Rotary, YarnRampsOverThePairsAndSharpensAttention) {
  expect_frequencies(
      {.scaling = RopeConfig::Scaling::kYarn, .factor = 4.0F, .original_positions = 2048},
      {1.0, 0.31622776601683794, 0.1, 0.02569350598886808, 0.00625, 0.001383496476323666, 0.00025,
       7.905694150420948e-05});
  EXPECT_NEAR(yarn_attention_factor(4.0F), 1.138629436111989, 1e-6);
  EXPECT_EQ(yarn_attention_factor(1.0F), 1.0F);
}

TEST(Rotary, LinearDividesEveryFrequency) {
  const auto plain = rotary_frequencies(kHead, {});
  const auto scaled =
      rotary_frequencies(kHead, {.scaling = RopeConfig::Scaling::kLinear, .factor = 4.0F});
  for (size_t j = 0; j < plain.size(); ++j) EXPECT_EQ(scaled[j], plain[j] / 4.0);
}

/// The law of the NTK-aware base: the quickest pair is kept, the slowest slowed by the factor.
TEST(Rotary, NtkKeepsTheFirstPairAndSlowsTheLastByTheFactor) {
  const auto plain = rotary_frequencies(kHead, {});
  const auto scaled =
      rotary_frequencies(kHead, {.scaling = RopeConfig::Scaling::kNtk, .factor = 4.0F});
  EXPECT_EQ(scaled.front(), plain.front());
  EXPECT_NEAR(scaled.back(), plain.back() / 4.0, 1e-12);
}

}  // namespace
}  // namespace motet::nn
