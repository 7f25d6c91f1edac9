// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/tensor.h"

#include <gtest/gtest.h>

#include <cmath>

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

}  // namespace
}  // namespace motet::nn
