// SPDX-License-Identifier: Apache-2.0
#include "motet/score/tempo_map.h"

#include <gtest/gtest.h>

#include "tests/support/random_score.h"

namespace motet {
namespace {

TEST(TempoMap, PlaysAQuarterInHalfASecondWhereNothingIsSaid) {
  const TempoMap map{Score{}};
  EXPECT_DOUBLE_EQ(map.to_seconds(Ticks{480}).value, 0.5);
  EXPECT_EQ(map.to_ticks(Seconds{0.5}), Ticks{480});
  EXPECT_EQ(map.to_ticks(Seconds{-1.0}), Ticks{0});
}

TEST(TempoMap, AddsUpTheSegments) {
  Score score;
  score.tempos = {{Ticks{480}, 60.0}, {Ticks{960}, 240.0}};
  const TempoMap map(score);
  EXPECT_DOUBLE_EQ(map.to_seconds(Ticks{480}).value, 0.5);
  EXPECT_DOUBLE_EQ(map.to_seconds(Ticks{960}).value, 1.5);
  EXPECT_DOUBLE_EQ(map.to_seconds(Ticks{1440}).value, 1.75);
}

TEST(TempoMap, ThereAndBackIsTheSameTick) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Score score = test::random_score(seed);
    const TempoMap map(score);
    for (const Part& part : score.parts) {
      for (const Note& note : part.notes) {
        EXPECT_EQ(map.to_ticks(map.to_seconds(note.onset)), note.onset) << "seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace motet
