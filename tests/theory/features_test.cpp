// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/features.h"

#include <gtest/gtest.h>

#include "tests/theory/music.h"

namespace motet {
namespace {

using test::kQuarter;

Score quarters(int count) {
  return test::score_of(std::vector<test::Block>(static_cast<size_t>(count), {{60, 64}, 1}));
}

TEST(MainMetre, IsTheOneThatHoldsLongest) {
  Score score = quarters(20);
  score.metres = {{Ticks{0}, 4, 4}, {Ticks{4 * kQuarter}, 3, 4}, {Ticks{16 * kQuarter}, 4, 4}};
  EXPECT_EQ(main_metre(score).numerator, 3);
  EXPECT_EQ(main_metre(score).denominator, 4);
}

TEST(MainMetre, IsFourFourWhenThereIsNone) {
  EXPECT_EQ(main_metre(Score{}).numerator, 4);
  EXPECT_EQ(main_metre(quarters(3)).denominator, 4);
}

TEST(MainMetre, OfAnEmptyScoreIsTheFirstWritten) {
  Score score;
  score.metres = {{Ticks{0}, 6, 8}};
  EXPECT_EQ(main_metre(score).numerator, 6);
}

TEST(MainTempo, IsTheOneThatHoldsLongest) {
  Score score = quarters(10);
  score.tempos = {{Ticks{0}, 60.0}, {Ticks{kQuarter}, 90.0}, {Ticks{8 * kQuarter}, 60.0}};
  EXPECT_EQ(main_tempo(score), 90.0);
  EXPECT_EQ(main_tempo(Score{}), 120.0);
}

TEST(OnsetDensity, CountsAChordOnceAndAveragesOverParts) {
  Score score = quarters(8);
  EXPECT_DOUBLE_EQ(onset_density(score), 1.0);
  score.parts.push_back(test::part_of({test::note_of(0, 8, 60)}));
  score.parts.emplace_back();  // a part without notes counts for nothing
  EXPECT_DOUBLE_EQ(onset_density(score), (8.0 + 1.0) / (2.0 * 8.0));
  EXPECT_EQ(onset_density(Score{}), 0.0);
}

TEST(DensityBin, RisesFromZeroToSevenOverTheRealRange) {
  EXPECT_EQ(density_bin(0.0), 0);
  EXPECT_EQ(density_bin(100.0), kDensityBins - 1);
  for (double density = 0.0; density < 4.0; density += 0.01) {
    EXPECT_LE(density_bin(density), density_bin(density + 0.01));
  }
}

TEST(DensityBin, BordersAreThoseOfTheShippedVocabulary) {
  const std::vector<double> borders = {0.36, 0.60, 0.81, 1.04, 1.30, 1.72, 2.15};
  for (size_t i = 0; i < borders.size(); ++i) {
    EXPECT_EQ(density_bin(borders[i] - 1e-9), static_cast<int>(i));
    EXPECT_EQ(density_bin(borders[i]), static_cast<int>(i) + 1);
  }
}

TEST(EstimateMood, ModeGivesValenceAndPaceGivesArousal) {
  Score score = quarters(16);
  const Key major{.tonic = 0, .mode = Mode::kMajor};
  const Key minor{.tonic = 0, .mode = Mode::kMinor};
  score.tempos = {{Ticks{0}, 60.0}};
  EXPECT_EQ(estimate_mood(score, major), Mood::kCalm);
  EXPECT_EQ(estimate_mood(score, minor), Mood::kSad);
  score.tempos = {{Ticks{0}, 150.0}};
  EXPECT_EQ(estimate_mood(score, major), Mood::kHappy);
  EXPECT_EQ(estimate_mood(score, minor), Mood::kTense);
  EXPECT_EQ(name_of(Mood::kTense), "tense");
}

}  // namespace
}  // namespace motet
