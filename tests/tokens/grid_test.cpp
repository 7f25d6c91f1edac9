// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/grid.h"

#include <gtest/gtest.h>

#include "motet/base/error.h"
#include "tests/support/random_score.h"

namespace motet::tokens {
namespace {

Note note(int64_t onset, int64_t duration, uint8_t pitch) {
  return {Ticks{onset}, Ticks{duration}, pitch, 66, 0, kUnspelled, {}};
}

Score one_part(std::vector<Note> notes) {
  Score score;
  score.parts.resize(1);
  score.parts[0].notes = std::move(notes);
  return score;
}

TEST(Grid, RoundsToTheNearestStep) {
  const GridPiece piece = to_grid(one_part({note(9, 471, 60), note(491, 10, 62)}));
  const auto& notes = piece.bars.at(0).cells.at(0).notes;
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[0].position, 0);
  EXPECT_EQ(notes[0].duration, 24);
  EXPECT_EQ(notes[1].position, 25);
  EXPECT_EQ(notes[1].duration, 1) << "no note is shorter than a step";
}

TEST(Grid, FollowsTheMetreAndKeepsOddBars) {
  Score score = one_part({note(0, 480, 60), note(480, 480, 62), note(3360, 480, 64)});
  score.metres = {{Ticks{0}, 1, 4}, {Ticks{480}, 3, 4}};  // an upbeat, then three-four
  const GridPiece piece = to_grid(score);
  ASSERT_EQ(piece.bars.size(), 4U);
  EXPECT_EQ(metres()[static_cast<size_t>(piece.bars[0].metre)], (Metre{1, 4}));
  EXPECT_EQ(metres()[static_cast<size_t>(piece.bars[1].metre)], (Metre{3, 4}));
  EXPECT_EQ(piece.bars[1].cells[0].notes.at(0).pitch, 62);
  EXPECT_EQ(piece.bars[3].cells[0].notes.at(0).position, 0);
}

TEST(Grid, SplitsBarsThatAreTooLong) {
  Score score = one_part({note(0, 480, 60), note(480 * 40, 480, 62)});
  score.metres = {{Ticks{0}, 42, 2}};
  const GridPiece piece = to_grid(score);
  int64_t steps = 0;
  for (const GridBar& bar : piece.bars) {
    EXPECT_LE(metres()[static_cast<size_t>(bar.metre)].steps(), kMaxBarSteps);
    steps += metres()[static_cast<size_t>(bar.metre)].steps();
  }
  EXPECT_GE(steps, 41 * kStepsPerQuarter);
}

TEST(Grid, ALastNoteThatHangsOverABarLineMakesNoBar) {
  EXPECT_EQ(to_grid(one_part({note(0, 1920 + 30, 60)})).bars.size(), 1U);
  EXPECT_EQ(to_grid(one_part({note(0, 1920 + 240, 60)})).bars.size(), 2U);
}

TEST(Grid, ADrumOnTheLastStepEndsWithItsBar) {
  Score score = one_part({note(0, 480, 38), note(1920 - 20, 20, 38)});
  score.parts[0].is_drums = true;
  const GridPiece piece = to_grid(score);
  ASSERT_EQ(piece.bars.size(), 1U);
  const Score back = to_score(piece);
  EXPECT_EQ(bars_of(back).size(), 1U);
  ASSERT_EQ(back.parts.at(0).notes.size(), 2U);
  EXPECT_EQ(back.parts[0].notes[0].duration, Ticks{kDrumSteps});
  EXPECT_EQ(back.parts[0].notes[1].duration, Ticks{1});
  EXPECT_EQ(to_grid(back), piece);
}

TEST(Grid, ARepeatedPitchCutsTheNoteBefore) {
  const GridPiece piece = to_grid(one_part({note(0, 1920, 60), note(480, 480, 60)}));
  EXPECT_EQ(piece.bars[0].cells[0].notes.at(0).duration, 24);
}

TEST(Grid, RefusesWhatHasNoNotesOrTooManyParts) {
  EXPECT_THROW(to_grid(Score{}), Error);
  Score crowd;
  crowd.parts.resize(kMaxParts + 1);
  for (Part& part : crowd.parts) part.notes = {note(0, 480, 60)};
  EXPECT_THROW(to_grid(crowd), Error);
}

TEST(Grid, ToScoreThenToGridIsTheIdentityOnTheGrid) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const GridPiece once = to_grid(test::RandomScore(seed).make());
    EXPECT_EQ(to_grid(to_score(once)), once) << "seed " << seed;
  }
}

TEST(Grid, TransposingBackIsTheIdentity) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    GridPiece piece = to_grid(test::RandomScore(seed).make());
    for (GridBar& bar : piece.bars) {  // keep clear of the ends, where notes fold back
      for (Cell& cell : bar.cells) {
        for (GridNote& n : cell.notes) n.pitch = static_cast<uint8_t>(n.pitch % 64 + 32);
      }
    }
    EXPECT_EQ(transposed(transposed(piece, 5), -5), piece) << "seed " << seed;
  }
}

TEST(Grid, TransposingMovesPitchesChordsAndKeyTogether) {
  Score score = one_part({note(0, 480, 69)});
  score.chords = {{Ticks{0}, "Am"}};
  score.keys = {{Ticks{0}, 0, Mode::kMinor}};
  const GridPiece up = transposed(to_grid(score), 2);
  EXPECT_EQ(up.bars[0].cells[0].notes[0].pitch, 71);
  EXPECT_EQ(chord_text(up.bars[0].harmony[0].chord), "Bm");
  EXPECT_EQ(up.controls.key, 11 + 12);
}

}  // namespace
}  // namespace motet::tokens
