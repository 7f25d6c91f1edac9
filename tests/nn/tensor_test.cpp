// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/tensor.h"

#include <gtest/gtest.h>

#include <cmath>

#include "motet/nn/int8_block.h"

namespace motet::nn {
namespace {

std::vector<float> widen(DType type, std::vector<uint16_t> bits) {
  std::vector<uint8_t> bytes;
  for (const uint16_t half : bits) {
    bytes.push_back(static_cast<uint8_t>(half & 0xFF));
    bytes.push_back(static_cast<uint8_t>(half >> 8));
  }
  return to_floats({.type = type, .shape = {static_cast<int64_t>(bits.size())}, .bytes = bytes});
}

TEST(Tensor, ShapeIsWrittenAsAListAndCounted) {
  EXPECT_EQ(to_string(Shape{2, 3}), "[2, 3]");
  EXPECT_EQ(to_string(Shape{}), "[]");
  EXPECT_EQ(count_of({2, 3}), 6);
  EXPECT_EQ(count_of({}), 1);
  EXPECT_EQ(count_of({4, 0}), 0);
}

TEST(Tensor, HalfFloatsWidenExactly) {
  // 1, -2, largest 65504, smallest normal 2^-14, smallest subnormal 2^-24, minus zero.
  const auto floats = widen(DType::kF16, {0x3C00, 0xC000, 0x7BFF, 0x0400, 0x0001, 0x8000});
  EXPECT_EQ(floats, (std::vector<float>{1.0F, -2.0F, 65504.0F, 0x1p-14F, 0x1p-24F, -0.0F}));
  EXPECT_TRUE(std::signbit(floats[5]));
  EXPECT_TRUE(std::isinf(widen(DType::kF16, {0x7C00})[0]));
  EXPECT_TRUE(std::isnan(widen(DType::kF16, {0x7E00})[0]));
}

TEST(Tensor, BrainFloatsAreTheUpperHalves) {
  EXPECT_EQ(widen(DType::kBF16, {0x3F80, 0xC040, 0x0001}),
            (std::vector<float>{1.0F, -3.0F, 0x1p-133F}));
}

TEST(Tensor, EveryHalfFloatComesBackFromItsFloat) {
  for (uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    if ((bits & 0x7C00U) == 0x7C00U) continue;  // not finite
    EXPECT_EQ(to_f16(from_f16(static_cast<uint16_t>(bits))), bits);
  }
}

TEST(Tensor, FloatsBecomeTheNearestHalfFloatHalfToEven) {
  EXPECT_EQ(to_f16(1.0F + 0x1p-11F), 0x3C00);  // between 1 and 1 + 2^-10: to even
  EXPECT_EQ(to_f16(1.0F + 0x3p-11F), 0x3C02);
  EXPECT_EQ(to_f16(1.0F + 0x1.1p-11F), 0x3C01);
  EXPECT_EQ(to_f16(-0x1.8p-24F), 0x8002);  // subnormal
  EXPECT_EQ(to_f16(0x1.FFFFp-15F), 0x0400);
  EXPECT_EQ(to_f16(1e6F), 0x7BFF);
}

/// A scale is the largest magnitude / 127; 0.5, -1 and 0.1 of 127 steps are 64 (to even), -127, 13.
TEST(Int8Block, EachBlockHasItsOwnScale) {
  std::vector<float> values(64, 0.0F);
  values[0] = 0.5F;
  values[1] = -1.0F;
  values[2] = 0.1F;
  values[40] = 127.0F;
  const auto* from = reinterpret_cast<const uint8_t*>(values.data());
  const HostTensor host{.type = DType::kF32, .shape = {1, 64}, .bytes = {from, 4 * values.size()}};
  const Int8BlockMatrix matrix = to_int8_blocks(host);
  ASSERT_EQ(matrix.bytes.size(), 68U);
  EXPECT_EQ(from_f16(static_cast<uint16_t>(matrix.bytes[34] | matrix.bytes[35] << 8)), 1.0F);
  const auto level = [&](size_t i) { return static_cast<int8_t>(matrix.bytes[i]); };
  EXPECT_EQ(level(2), 64);
  EXPECT_EQ(level(3), -127);
  EXPECT_EQ(level(4), 13);
  EXPECT_EQ(level(36 + 8), 127);
  const std::vector<float> back = to_floats(matrix.view());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(back[i], values[i], i < 32 ? 0.5 / 127 + 5e-4 : 0.0) << i;
  }
  EXPECT_EQ(to_int8_blocks(matrix.view()).bytes, matrix.bytes);
}

TEST(Int8Block, AScaleThatIsNotFiniteIsSeen) {
  std::vector<uint8_t> bytes(68, 1);
  const HostTensor tensor{.type = DType::kI8Block, .shape = {1, 64}, .bytes = bytes};
  EXPECT_EQ(what_is_not_finite(tensor), "");
  bytes[35] = 0x7C;
  EXPECT_EQ(what_is_not_finite(tensor), "the scale of element 32 is not finite");
}

}  // namespace
}  // namespace motet::nn
