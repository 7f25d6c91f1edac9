// SPDX-License-Identifier: Apache-2.0
#include "motet/base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace motet {
namespace {

TEST(Random, IsAPureFunctionOfSeedStreamAndStep) {
  const Random a(7, 3);
  const Random b(7, 3);
  EXPECT_EQ(a.bits(5), b.bits(5));
  (void)b.bits(6);
  EXPECT_EQ(a.bits(5), b.bits(5));
  std::set<std::array<uint32_t, 4>> distinct;
  for (uint64_t i = 0; i < 100; ++i) {
    distinct.insert(Random(i, 0).bits(0));
    distinct.insert(Random(0, i + 1).bits(0));
    distinct.insert(Random(0, 0).bits(i + 1));
  }
  EXPECT_EQ(distinct.size(), 300U);
}

/// The three known answers of "philox4x32 10" in kat_vectors of the authors' Random123 library.
TEST(Random, AgreesWithItsAuthors) {
  using Words = std::array<uint32_t, 4>;
  EXPECT_EQ(Random(0, 0).bits(0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Random(~uint64_t{0}, ~uint64_t{0}).bits(~uint64_t{0}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Random(0x299f31d0a4093822, 0x0370734413198a2e).bits(0x85a308d3243f6a88),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, IsUniform) {
  const Random random(1, 0);
  constexpr uint64_t kDraws = 100'000;
  double sum = 0.0;
  std::array<int, 10> counts{};
  for (uint64_t step = 0; step < kDraws; ++step) {
    const double value = random.uniform(step);
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
    ++counts[random.below(10, step)];
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);  // five standard errors
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

}  // namespace
}  // namespace motet
