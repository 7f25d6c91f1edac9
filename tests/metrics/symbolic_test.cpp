// SPDX-License-Identifier: Apache-2.0
#include "motet/metrics/symbolic.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/theory/music.h"

namespace motet {
namespace {

using test::note_of;

// The excerpt of MusPy's own test of its metrics (tests/test_metrics.py at 2e1dc66): 24 steps a
// quarter, bars of 36 steps. The expected values below are that test's.
Score muspy_excerpt() {
  Score score;
  score.ticks_per_quarter = 24;
  score.metres = {{Ticks{0}, 3, 8}};
  score.parts.emplace_back();
  const std::vector<std::array<int, 3>> notes = {{0, 76, 6},  {6, 75, 6},  {12, 76, 6},
                                                 {18, 75, 6}, {24, 76, 6}, {30, 71, 6},
                                                 {36, 74, 6}, {42, 72, 6}, {48, 69, 6}};
  for (const auto& [onset, pitch, duration] : notes) {
    Note note;
    note.onset = Ticks{onset};
    note.duration = Ticks{duration};
    note.pitch = static_cast<uint8_t>(pitch);
    score.parts[0].notes.push_back(note);
  }
  return score;
}

TEST(SymbolicMetrics, AgreeWithMuspyOnItsOwnExcerpt) {
  const Score score = muspy_excerpt();
  EXPECT_NEAR(pitch_class_entropy(score).value(), 2.4193819456463714, 1e-12);
  EXPECT_DOUBLE_EQ(polyphony(score).value(), 1.0);
  EXPECT_DOUBLE_EQ(scale_consistency(score).value(), 7.0 / 9.0);
  EXPECT_DOUBLE_EQ(groove_consistency(score).value(), 11.0 / 12.0);
  EXPECT_DOUBLE_EQ(empty_bar_rate(score).value(), 0.0);
  EXPECT_DOUBLE_EQ(pitch_range(score).value(), 7.0);
}

TEST(PitchClassEntropy, CountsNotesNotTheirLengths) {
  // Two C, one E, one G, of which one lasts long: 0.5 * 1 + 2 * 0.25 * 2 = 1.5 bits.
  const Score score = test::score_of({{{60, 72}, 1}, {{64}, 7}, {{67}, 1}});
  EXPECT_DOUBLE_EQ(pitch_class_entropy(score).value(), 1.5);
}

TEST(PitchClassEntropy, OfTheChromaticScaleIsLogTwelve) {
  std::vector<test::Block> blocks;
  for (int pitch = 60; pitch < 72; ++pitch) blocks.push_back({{pitch}, 1});
  const Score score = test::score_of(blocks);
  EXPECT_NEAR(pitch_class_entropy(score).value(), std::log2(12.0), 1e-12);
  EXPECT_DOUBLE_EQ(scale_consistency(score).value(), 7.0 / 12.0);
}

TEST(Polyphony, AveragesOverSoundingTimeOnly) {
  Score score;
  // One pitch for two quarters, three for one quarter, then a rest: (2 * 1 + 1 * 3) / 3.
  score.parts.push_back(test::part_of({note_of(0, 3, 60), note_of(2, 1, 64), note_of(2, 1, 67)}));
  score.parts.push_back(test::part_of({note_of(8, 1, 60)}));
  EXPECT_DOUBLE_EQ(polyphony(score).value(), (2.0 + 3.0 + 1.0) / 4.0);
}

TEST(Polyphony, HearsAUnisonOfTwoPartsAsOnePitch) {
  Score score;
  score.parts.push_back(test::part_of({note_of(0, 2, 60)}));
  score.parts.push_back(test::part_of({note_of(1, 2, 60)}));
  EXPECT_DOUBLE_EQ(polyphony(score).value(), 1.0);
}

TEST(GrooveConsistency, IsOneWhenEveryBarHasTheSameRhythm) {
  const Score score = test::score_of(std::vector<test::Block>(16, {{60}, 1}));
  EXPECT_DOUBLE_EQ(groove_consistency(score).value(), 1.0);
}

TEST(GrooveConsistency, NeedsTwoBarsOfOneLength) {
  EXPECT_FALSE(groove_consistency(test::score_of({{{60}, 4}})));
  Score score = test::score_of({{{60}, 4}, {{60}, 3}});
  score.metres = {{Ticks{0}, 4, 4}, {Ticks{4 * test::kQuarter}, 3, 4}};
  EXPECT_FALSE(groove_consistency(score));
}

TEST(GrooveConsistency, CountsOnsetsOfDrums) {
  Score score = test::score_of({{{60}, 4}, {{60}, 4}});
  score.parts.push_back(test::part_of({note_of(1, 1, 38)}));
  score.parts.back().is_drums = true;
  EXPECT_DOUBLE_EQ(groove_consistency(score).value(), 1.0 - 1.0 / 96.0);
}

TEST(EmptyBarRate, CountsBarsWhereNothingSounds) {
  Score score;
  // Bars of four quarters: sounding, held over, empty, sounding.
  score.parts.push_back(test::part_of({note_of(0, 5, 60), note_of(13, 1, 60)}));
  EXPECT_DOUBLE_EQ(empty_bar_rate(score).value(), 0.25);
  score.parts.push_back(test::part_of({note_of(8, 4, 38)}));
  score.parts.back().is_drums = true;
  EXPECT_DOUBLE_EQ(empty_bar_rate(score).value(), 0.0);
}

TEST(EmptyBarRate, LetsANoteEndOnTheBarLine) {
  Score score;
  score.parts.push_back(test::part_of({note_of(0, 4, 60), note_of(8, 1, 60)}));
  EXPECT_DOUBLE_EQ(empty_bar_rate(score).value(), 1.0 / 3.0);
}

TEST(Density, CountsNotesAndDistinctOnsets) {
  Score score = test::score_of({{{60, 64, 67}, 2}, {{60, 64}, 4}});  // six quarters, two bars
  score.parts.push_back(test::drums());                              // on the first onset
  EXPECT_DOUBLE_EQ(notes_per_quarter(score), 1.0);
  EXPECT_DOUBLE_EQ(notes_per_bar(score), 3.0);
  EXPECT_DOUBLE_EQ(onsets_per_quarter(score), 2.0 / 6.0);
  EXPECT_DOUBLE_EQ(onsets_per_bar(score), 1.0);
}

TEST(SymbolicMetrics, HaveNoMeaningForSilence) {
  for (const NamedMetric& metric : symbolic_metrics(Score{})) {
    EXPECT_EQ(metric.value.value_or(0.0), 0.0) << metric.name;
  }
  EXPECT_FALSE(pitch_class_entropy(Score{}));
  Score drums;
  drums.parts.push_back(test::drums());
  EXPECT_FALSE(pitch_range(drums));
  EXPECT_FALSE(polyphony(drums));
  EXPECT_FALSE(scale_consistency(drums));
  EXPECT_EQ(empty_bar_rate(drums), 0.0);
}

TEST(SymbolicMetrics, DoNotChangeWithTheKey) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Score score = test::random_music(seed);
    const auto before = symbolic_metrics(score);
    const auto after = symbolic_metrics(transposed(score, 4));
    for (size_t i = 0; i < before.size(); ++i) {
      EXPECT_NEAR(after[i].value.value(), before[i].value.value(), 1e-12) << before[i].name;
    }
  }
}

}  // namespace
}  // namespace motet
