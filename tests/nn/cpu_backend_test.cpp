// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/cpu/cpu_backend.h"

#include <gtest/gtest.h>

#include <cmath>

#include "motet/base/error.h"
#include "tests/support/expect_close.h"
#include "tests/support/random_floats.h"

namespace motet::nn {
namespace {

using test::expect_close;
using test::random_floats;

class CpuBackendTest : public testing::Test {
 protected:
  Tensor tensor(const std::vector<float>& floats, Shape shape) {
    const std::span bytes(reinterpret_cast<const uint8_t*>(floats.data()), floats.size() * 4);
    return backend_.parameter({.type = DType::kF32, .shape = std::move(shape), .bytes = bytes});
  }
  Tensor random(Shape shape, uint64_t seed) {
    const auto count = static_cast<size_t>(count_of(shape));
    return tensor(random_floats(count, seed), std::move(shape));
  }

  ThreadPool pool_{2};
  CpuBackend backend_{pool_};
};

TEST_F(CpuBackendTest, LinearMultipliesByTheTranspose) {
  const Tensor w = tensor({1, 2, 3, 4, 5, 6}, {3, 2});
  const Tensor x = tensor({10, 1, 0, 1}, {1, 2, 2});
  const Tensor y = backend_.linear(w, x);
  EXPECT_EQ(y.shape, (Shape{1, 2, 3}));
  EXPECT_EQ(backend_.to_host(y), (std::vector<float>{12, 34, 56, 2, 4, 6}));
}

TEST_F(CpuBackendTest, EmbedRefusesAnIdOutsideTheVocabulary) {
  const Tensor table = tensor({1, 2, 3, 4}, {2, 2});
  const std::vector<int32_t> good{1, 0};
  EXPECT_EQ(backend_.to_host(backend_.embed(table, backend_.indices(good, 1, 2))),
            (std::vector<float>{3, 4, 1, 2}));
  for (const int32_t id : {2, -1}) {
    const std::vector<int32_t> bad{id};
    EXPECT_THROW(backend_.embed(table, backend_.indices(bad, 1, 1)), Error);
  }
}

/// At distance zero the rotation is none; S = 2 turns one pair by the position itself.
TEST_F(CpuBackendTest, RopeTurnsAPairByItsPosition) {
  const Tensor x = tensor({1, 0, 1, 0, 1, 0}, {1, 3, 2});
  const auto y = backend_.to_host(backend_.rope(x, 2, {.theta = 10'000.0F}, 5));
  for (int t = 0; t < 3; ++t) {
    EXPECT_NEAR(y[2 * t], std::cos(5 + t), 1e-7);
    EXPECT_NEAR(y[2 * t + 1], std::sin(5 + t), 1e-7);
  }
}

TEST_F(CpuBackendTest, RopeIsExactFarOut) {
  constexpr int64_t kHead = 8;
  std::vector<float> ones(kHead, 0.0F);
  std::fill_n(ones.begin(), kHead / 2, 1.0F);
  for (const int64_t position : {1, 1000, 1'000'000}) {
    const auto y = backend_.to_host(
        backend_.rope(tensor(ones, {1, 1, kHead}), kHead, {.theta = 500'000.0F}, position));
    for (int j = 0; j < kHead / 2; ++j) {
      const double angle =
          static_cast<double>(position) * std::pow(500'000.0, -2.0 * j / double{kHead});
      EXPECT_NEAR(y[j], std::cos(angle), 1e-7) << position << " " << j;
      EXPECT_NEAR(y[j + kHead / 2], std::sin(angle), 1e-7) << position << " " << j;
    }
  }
}

/// LLaMA 3.1's rule at its three cases, by hand: a wave of many turns is kept, one of less than a
/// turn is slowed, and one that turns twice within the old length is a third of the way between.
TEST_F(CpuBackendTest, RopeStretchesLongWavesOnly) {
  constexpr double kTwoPi = 6.283185307179586;
  const Tensor x = tensor({1, 0}, {1, 1, 2});
  const auto angle_of = [&](int64_t original) {  // S = 2: the only frequency is 1
    const RopeConfig config{.scaling = RopeConfig::Scaling::kLlama3,
                            .factor = 8.0F,
                            .low_frequency_factor = 1.0F,
                            .high_frequency_factor = 4.0F,
                            .original_positions = original};
    const auto y = backend_.to_host(backend_.rope(x, 2, config, 1));
    return std::atan2(double{y[1]}, double{y[0]});
  };
  EXPECT_NEAR(angle_of(1000), 1.0, 1e-6);
  EXPECT_NEAR(angle_of(5), 1.0 / 8.0, 1e-6);
  const double share = (13.0 / kTwoPi - 1.0) / 3.0;
  EXPECT_NEAR(angle_of(13), (1.0 - share) / 8.0 + share, 1e-6);
}

TEST_F(CpuBackendTest, BiasIsAddedToEveryRow) {
  const Tensor y = backend_.add_bias(tensor({1, 2, 3, 4}, {1, 2, 2}), tensor({10, 20}, {2}));
  EXPECT_EQ(backend_.to_host(y), (std::vector<float>{11, 22, 13, 24}));
}

/// The law that rotary positions exist for: a product depends on the distance alone.
TEST_F(CpuBackendTest, RopeProductsDependOnTheDistanceAlone) {
  constexpr int64_t kHead = 16;
  const Tensor q = random({1, 1, kHead}, 1);
  const Tensor k = random({1, 1, kHead}, 2);
  const auto product = [&](int64_t at_q, int64_t at_k) {
    const auto a = backend_.to_host(backend_.rope(q, kHead, {.theta = 10'000.0F}, at_q));
    const auto b = backend_.to_host(backend_.rope(k, kHead, {.theta = 10'000.0F}, at_k));
    return kernels::reference().dot(a.data(), b.data(), kHead);
  };
  EXPECT_NEAR(product(9, 4), product(1005, 1000), 2e-6);
  EXPECT_NEAR(product(0, 0), product(777, 777), 2e-6);
  EXPECT_GT(std::abs(product(9, 4) - product(9, 5)), 1e-3);
}

/// Two positions, one head of size two, weights by hand: softmax of (0, ln 3) is (1/4, 3/4).
TEST_F(CpuBackendTest, AttentionOfAHandComputedCase) {
  const float q = static_cast<float>(std::sqrt(2.0) * std::log(3.0));
  const Tensor y = backend_.attention(
      tensor({q, 0, q, 0}, {1, 2, 2}), tensor({0, 0, 1, 0}, {1, 2, 2}),
      tensor({4, 8, 0, 4}, {1, 2, 2}), {.heads = 1, .kv_heads = 1, .head_size = 2}, nullptr, 0);
  expect_close(backend_.to_host(y), std::vector<float>{4, 8, 1, 5}, 1e-6, 0.0);
}

TEST_F(CpuBackendTest, GroupedQueriesEqualRepeatedHeads) {
  constexpr int64_t kLength = 21;
  constexpr int64_t kHead = 6;
  const Tensor q = random({2, kLength, 4 * kHead}, 1);
  const Tensor k = random({2, kLength, 2 * kHead}, 2);
  const Tensor v = random({2, kLength, 2 * kHead}, 3);
  const auto repeated = [&](const Tensor& x) {
    const auto from = backend_.to_host(x);
    std::vector<float> to;
    for (size_t i = 0; i < from.size(); i += kHead) {
      for (int copy = 0; copy < 2; ++copy) {
        to.insert(to.end(), from.begin() + static_cast<int64_t>(i),
                  from.begin() + static_cast<int64_t>(i) + kHead);
      }
    }
    return tensor(to, {2, kLength, 4 * kHead});
  };
  const Tensor grouped =
      backend_.attention(q, k, v, {.heads = 4, .kv_heads = 2, .head_size = kHead}, nullptr, 0);
  const Tensor full = backend_.attention(
      q, repeated(k), repeated(v), {.heads = 4, .kv_heads = 4, .head_size = kHead}, nullptr, 0);
  EXPECT_EQ(backend_.to_host(grouped), backend_.to_host(full));
}

TEST_F(CpuBackendTest, CopiedCachesDoNotDisturbEachOther) {
  const AttentionShape shape{.heads = 1, .kv_heads = 1, .head_size = 4};
  const Tensor first = random({1, 3, 4}, 1);
  const Tensor a = random({1, 1, 4}, 2);
  const Tensor b = random({1, 1, 4}, 3);
  const auto extend = [&](KvLayer& layer, const Tensor& x, int64_t position) {
    return backend_.to_host(backend_.attention(x, x, x, shape, &layer, position));
  };
  KvLayer alone;
  extend(alone, first, 0);
  extend(alone, a, 3);
  const auto expected = extend(alone, b, 4);

  KvLayer one;
  extend(one, first, 0);
  KvLayer copy = one;
  extend(one, a, 3);
  extend(copy, b, 3);  // must not lie where `one` keeps its fourth position
  EXPECT_EQ(extend(one, b, 4), expected);
  EXPECT_NE(extend(copy, b, 4), expected);
}

TEST_F(CpuBackendTest, LastTakesTheLastPositionOfEachSequence) {
  const Tensor y = backend_.last(tensor({1, 2, 3, 4, 5, 6, 7, 8}, {2, 2, 2}));
  EXPECT_EQ(y.shape, (Shape{2, 1, 2}));
  EXPECT_EQ(backend_.to_host(y), (std::vector<float>{3, 4, 7, 8}));
}

}  // namespace
}  // namespace motet::nn
