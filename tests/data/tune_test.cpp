// SPDX-License-Identifier: Apache-2.0
#include "motet/data/tune.h"

#include <gtest/gtest.h>

#include "motet/base/error.h"
#include "tests/support/random_score.h"

namespace motet::data {
namespace {

Note note_at(int64_t onset, uint8_t pitch) {
  return {.onset = Ticks{onset}, .duration = Ticks{240}, .pitch = pitch, .id = {}};
}

TEST(Tune, IsTheHighestAndTheLowestNoteAtEachOnset) {
  Score score;
  score.parts.resize(2);
  score.parts[0].notes = {note_at(0, 60), note_at(480, 62)};
  score.parts[1].notes = {note_at(0, 48), note_at(0, 72), note_at(960, 50)};
  const Tune tune = tune_of(score);
  EXPECT_EQ(tune.upper, (std::vector<LineNote>{{0, 72}, {480, 62}, {960, 50}}));
  EXPECT_EQ(tune.bass(), (std::vector<LineNote>{{0, 48}, {480, 62}, {960, 50}}));
}

TEST(Tune, LeavesDrumsOutUnlessThereIsNothingElse) {
  Score score;
  score.parts.resize(2);
  score.parts[0].notes = {note_at(0, 60)};
  score.parts[1].notes = {note_at(0, 36), note_at(480, 38)};
  score.parts[1].is_drums = true;
  EXPECT_EQ(tune_of(score).upper.size(), 1U);
  EXPECT_FALSE(tune_of(score).is_drums);
  score.parts[0].notes.clear();
  EXPECT_EQ(tune_of(score).upper.size(), 2U);
  EXPECT_TRUE(tune_of(score).is_drums);
}

TEST(Tune, AStrummedChordIsOneOnset) {
  Score score;
  score.parts.resize(1);
  for (int64_t beat = 0; beat < 8; ++beat) {
    for (int64_t string = 0; string < 3; ++string) {
      score.parts[0].notes.push_back(
          note_at(480 * beat + 7 * string, static_cast<uint8_t>(60 + beat + 4 * string)));
    }
  }
  const Tune tune = tune_of(score);
  ASSERT_EQ(tune.upper.size(), 8U);
  EXPECT_EQ(tune.upper[1], (LineNote{480, 69}));
}

TEST(Tune, SurvivesPacking) {
  EXPECT_EQ(unpack_tune(pack_tune({})), Tune{});
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Tune tune = tune_of(test::random_score(seed));
    EXPECT_EQ(unpack_tune(pack_tune(tune)), tune) << seed;
  }
}

TEST(Tune, EveryTruncationOfItsBytesIsRefused) {
  const Bytes bytes = pack_tune(tune_of(test::random_score(3)));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(unpack_tune(ByteView(bytes).first(size)), Error) << size;
  }
}

}  // namespace
}  // namespace motet::data
