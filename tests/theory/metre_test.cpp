// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/metre.h"

#include <gtest/gtest.h>

#include <map>

#include "motet/score/tempo_map.h"
#include "motet/theory/quantise.h"
#include "tests/theory/passages.h"
#include "tests/theory/performance.h"

namespace motet {
namespace {

using test::passage;

// Eight bars of a waltz, and of a march; the bass beats the bar.
Score waltz() {
  std::string upper;
  std::string lower;
  for (const char* bar : {"C", "C", "G", "G", "C", "F", "G", "C"}) {
    const std::string root = bar;
    const std::string chord = root == "C" ? "[E4,G4]" : root == "G" ? "[F4,B4]" : "[A4,C5]";
    lower += root + "3/1 " + chord + " " + chord + " ";
    upper += root + "5/2 D5/.5 E5 ";
  }
  return passage(3, 4, {upper, lower});
}

Score march() {
  std::string upper;
  std::string lower;
  for (const char* bar : {"C", "F", "G", "C", "A", "D", "G", "C"}) {
    const std::string root = bar;
    lower += root + "2/1 [E4,G4]/1 G2/1 [E4,G4]/1 ";
    upper += root + "5/1.5 E5/.5 D5/1 E5/1 ";
  }
  return passage(4, 4, {upper, lower});
}

// Eight bars of a jig: long and short by turns, twice a bar.
Score jig() {
  std::string upper;
  std::string lower;
  for (const char* bar : {"C", "F", "G", "C", "A", "D", "G", "C"}) {
    const std::string root = bar;
    lower += root + "3/1 [E4,G4]/.5 G3/1 [E4,G4]/.5 ";
    upper += root + "5/1 D5/.5 E5/1 D5/.5 ";
  }
  return passage(6, 8, {upper, lower});
}

std::map<uint32_t, Ticks> onsets_by_id(const Score& score) {
  std::map<uint32_t, Ticks> onsets;
  for (const Part& part : score.parts) {
    for (const Note& note : part.notes) onsets[note.id.value] = note.onset;
  }
  return onsets;
}

TEST(InferMetre, WaltzIsInThreeWithItsDownbeatsOnTheBass) {
  const MetreGuess guess = infer_metre(test::played(waltz(), {.jitter = 0.01, .drift = 0.03}));
  EXPECT_EQ(guess.numerator, 3);
  EXPECT_EQ(guess.denominator, 4);
  ASSERT_GE(guess.beats.size(), 22U);
  EXPECT_EQ(guess.beats[0].in_bar, 0);
  EXPECT_NEAR(guess.beats[0].at.value, 0.2, 0.05);
}

TEST(InferMetre, MarchIsInFour) {
  const MetreGuess guess = infer_metre(test::played(march(), {.jitter = 0.01, .drift = 0.03}));
  EXPECT_EQ(guess.numerator, 4);
  EXPECT_EQ(guess.denominator, 4);
  EXPECT_EQ(guess.beats.at(4).in_bar, guess.beats.at(0).in_bar);
}

TEST(InferMetre, JigIsInTwoTimesThree) {
  for (const test::Playing playing : {test::Playing{.jitter = 0.0, .drift = 0.0}, test::Playing{},
                                      test::Playing{.jitter = 0.02, .drift = 0.06, .seed = 5}}) {
    const MetreGuess guess = infer_metre(test::played(jig(), playing));
    // Two bars may be heard as one of 12/8 where the tempo wanders most.
    EXPECT_TRUE(guess.numerator == 6 || (guess.numerator == 12 && playing.jitter > 0.015));
    EXPECT_EQ(guess.denominator, 8) << playing.jitter;
  }
}

TEST(InferMetre, NotationIsReadByItsQuarters) {
  for (const Score& piece : {waltz(), march(), jig()}) {
    Score bare = piece;
    bare.metres.clear();
    bare.tempos = {{.at = Ticks{0}, .quarters_per_minute = 60.0}};
    const MetreGuess guess = infer_metre(bare);
    EXPECT_EQ(guess.numerator, piece.metres.at(0).numerator);
    EXPECT_EQ(guess.denominator, piece.metres.at(0).denominator);
    EXPECT_NEAR(guess.beats.at(0).at.value, 0.0, 1e-9);
    EXPECT_EQ(guess.beats.at(0).in_bar, 0);
  }
}

TEST(InferMetre, MetreOfTheScoreIsNotRead) {
  Score score = waltz();
  const MetreGuess expected = infer_metre(score);
  score.metres = {{.at = Ticks{0}, .numerator = 7, .denominator = 8}};
  const MetreGuess guess = infer_metre(score);
  EXPECT_EQ(guess.numerator, expected.numerator);
  ASSERT_EQ(guess.beats.size(), expected.beats.size());
}

TEST(InferMetre, BeatsFollowATempoThatDoubles) {
  Score score = waltz();
  score.tempos = {{.at = Ticks{0}, .quarters_per_minute = 100.0}};
  for (int i = 1; i < 24; ++i) {
    score.tempos.push_back({.at = Ticks{i * test::kQuarter}, .quarters_per_minute = 100.0 + 2 * i});
  }
  const MetreGuess guess = infer_metre(score);
  const TempoMap tempo(score);
  size_t hits = 0;
  for (int i = 0; i < 24; ++i) {
    const double at = tempo.to_seconds(Ticks{i * test::kQuarter}).value;
    for (const Beat& beat : guess.beats) hits += std::abs(beat.at.value - at) < 0.05 ? 1 : 0;
  }
  EXPECT_GE(hits, 22U);
}

TEST(InferMetre, BeatsAscendAndCoverTheMusic) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Score score = test::random_music(seed);
    const MetreGuess guess = infer_metre(score);
    ASSERT_GE(guess.beats.size(), 2U);
    const TempoMap tempo(score);
    Ticks last{0};
    for (const Part& part : score.parts) last = std::max(last, part.notes.back().onset);
    EXPECT_GT(guess.beats.back().at.value, tempo.to_seconds(last).value);
    for (size_t i = 1; i < guess.beats.size(); ++i) {
      EXPECT_LT(guess.beats[i - 1].at, guess.beats[i].at);
      EXPECT_LT(guess.beats[i].in_bar, guess.beats_in_bar());
    }
  }
}

TEST(InferMetre, OneNoteHasNoMetre) {
  Score score;
  EXPECT_TRUE(infer_metre(score).beats.empty());
  score.parts.push_back(test::part_of({test::note_of(0, 1, 60)}));
  EXPECT_TRUE(infer_metre(score).beats.empty());
}

TEST(InferMetre, RefusesWhatLastsForDays) {
  Score score;
  score.parts.push_back(test::part_of({test::note_of(0, 1, 60), test::note_of(1e6, 1, 60)}));
  EXPECT_THROW(infer_metre(score), std::exception);
}

TEST(Quantise, PlayedNotesReturnToTheirPlaces) {
  for (const Score& score : {waltz(), march(), test::mozart_k545()}) {
    const Score grid = quantise(test::played(score, {.jitter = 0.012, .drift = 0.04}));
    const auto written = onsets_by_id(score);
    const auto found = onsets_by_id(grid);
    size_t right = 0;
    const Ticks shift = found.at(1) - written.at(1);
    for (const auto& [id, onset] : written) right += found.at(id) - onset == shift ? 1 : 0;
    EXPECT_GE(static_cast<double>(right), 0.95 * static_cast<double>(written.size()));
  }
}

TEST(Quantise, TripletsAreTriplets) {
  std::string upper;
  std::string lower;
  for (int bar = 0; bar < 8; ++bar) {
    upper += "C5/.33333333 E5 G5 C5 E5 G5 C5 E5 G5 E5/1 ";
    lower += "C3/1 G3 E3 G3 ";
  }
  const Score score = passage(4, 4, {upper, lower});
  const Score grid = quantise(test::played(score, {.jitter = 0.008, .drift = 0.02}));
  // Read as 4/4 with triplets or as 12/8, either of which says thirds of a beat.
  const int third = grid.metres.front().denominator == 8 ? 240 : 160;
  size_t thirds = 0;
  for (const Note& note : grid.parts[0].notes) thirds += note.onset.value % third == 0 ? 1 : 0;
  EXPECT_GE(thirds, grid.parts[0].notes.size() * 95 / 100);
}

TEST(Quantise, GridSoundsWhenThePerformanceDid) {
  const Score performance = test::played(waltz());
  const Score grid = quantise(performance);
  const TempoMap before(performance);
  const TempoMap after(grid);
  const auto was = onsets_by_id(performance);
  const auto is = onsets_by_id(grid);
  const double shift = after.to_seconds(is.at(1)).value - before.to_seconds(was.at(1)).value;
  for (const auto& [id, onset] : was) {
    EXPECT_NEAR(after.to_seconds(is.at(id)).value - shift, before.to_seconds(onset).value, 0.09);
  }
}

TEST(Quantise, EveryNoteSurvivesWithItsPitchAndId) {
  const Score performance = test::played(test::random_music(5));
  const Score grid = quantise(performance);
  ASSERT_EQ(count_notes(grid), count_notes(performance));
  for (size_t p = 0; p < grid.parts.size(); ++p) {
    std::multimap<uint32_t, uint8_t> was;
    std::multimap<uint32_t, uint8_t> is;
    for (const Note& note : performance.parts[p].notes) was.emplace(note.id.value, note.pitch);
    for (const Note& note : grid.parts[p].notes) {
      is.emplace(note.id.value, note.pitch);
      EXPECT_GE(note.duration, Ticks{1});
      EXPECT_GE(note.onset, Ticks{0});
    }
    EXPECT_EQ(was.size(), is.size());
  }
}

}  // namespace
}  // namespace motet
