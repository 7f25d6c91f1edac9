// SPDX-License-Identifier: Apache-2.0
#include "motet/score/score.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "motet/base/error.h"
#include "tests/support/random_score.h"

namespace motet {
namespace {

using test::random_score;

constexpr uint64_t kSeeds = 50;

Score one_note(Ticks onset, Ticks duration) {
  Score score;
  score.parts.emplace_back().notes.push_back({onset, duration, 60, 64, 0, kUnspelled, {}});
  return score;
}

TEST(Score, ResolutionTakenUpAndDownAgainChangesNothing) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Score score = random_score(seed);
    const int finer = score.ticks_per_quarter * 7;
    EXPECT_EQ(with_resolution(with_resolution(score, finer), score.ticks_per_quarter), score);
  }
}

TEST(Score, ResolutionRoundsToTheNearestTickAndKeepsNotesAudible) {
  const Score coarse = with_resolution(one_note(Ticks{19}, Ticks{2}), 24);  // 480 to 24: 20 to 1
  EXPECT_EQ(coarse.parts[0].notes[0].onset, Ticks{1});
  EXPECT_EQ(coarse.parts[0].notes[0].duration, Ticks{1});
}

TEST(Score, TransposedThereAndBackChangesNoNoteAndNoKey) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Score score = random_score(seed);
    for (const int semitones : {-6, -1, 1, 5, 6}) {
      const Score there = transposed(score, semitones);
      const Score back = transposed(there, -semitones);
      ASSERT_TRUE(back.parts == score.parts) << "seed " << seed << " by " << semitones;
      for (size_t i = 0; i < score.keys.size(); ++i) {
        EXPECT_EQ((there.keys[i].fifths - score.keys[i].fifths - 7 * semitones) % 12, 0);
        EXPECT_LE(std::abs(there.keys[i].fifths), 7);
      }
    }
  }
}

TEST(Score, TransposedSpellsChordSymbols) {
  Score score = one_note({}, {1});
  score.chords = {{{}, "C/E"}, {{}, "F#m7"}, {{}, "Bbdim"}, {{}, "N.C."}};
  const Score up = transposed(score, 2);
  EXPECT_EQ(up.chords[0].text, "D/F#");
  EXPECT_EQ(up.chords[1].text, "G#m7");
  EXPECT_EQ(up.chords[2].text, "Cdim");
  EXPECT_EQ(up.chords[3].text, "N.C.");
  EXPECT_EQ(transposed(score, 1).chords[0].text, "Db/F");
}

TEST(Score, TransposedStaysInsideTheKeyboardAndLeavesDrums) {
  Score score = one_note({}, {1});
  score.parts[0].notes[0].pitch = 126;
  EXPECT_EQ(transposed(score, 3).parts[0].notes[0].pitch, 117);
  score.parts[0].is_drums = true;
  EXPECT_EQ(transposed(score, 3), score);
}

TEST(Score, NamesEveryNoteOnce) {
  Score score = random_score(3);
  for (Part& part : score.parts) {
    for (Note& note : part.notes) note.id = {};
  }
  score.parts[0].notes[0].id = {2};
  name_notes(score);
  std::set<uint32_t> ids;
  for (const Part& part : score.parts) {
    for (const Note& note : part.notes) ids.insert(note.id.value);
  }
  EXPECT_EQ(ids.size(), count_notes(score));
  EXPECT_FALSE(ids.contains(0));
  EXPECT_EQ(score.parts[0].notes[0].id.value, 2U);
}

TEST(Score, BarsFollowOneAnotherToTheEnd) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Score score = random_score(seed);
    Ticks at;
    for (const Bar& bar : bars_of(score)) {
      EXPECT_EQ(bar.begin, at);
      at += bar.length;
    }
    EXPECT_GE(at, end_of(score));
  }
}

TEST(Score, AMetreChangeInsideABarCutsItShort) {
  Score score = one_note({}, Ticks{480 * 6});
  score.metres = {{Ticks{}, 4, 4}, {Ticks{480}, 3, 8}};
  const std::vector<Bar> bars = bars_of(score);
  ASSERT_GE(bars.size(), 2U);
  EXPECT_EQ(bars[0].length, Ticks{480});
  EXPECT_EQ(bars[1].length, Ticks{720});
  EXPECT_EQ(bars[1].numerator, 3);
}

TEST(Score, TooManyBarsAreRefused) {
  EXPECT_THROW(bars_of(one_note({}, Ticks{480 * 4 * 11}), 10), Error);
  EXPECT_EQ(bars_of(one_note({}, Ticks{480 * 4 * 10}), 10).size(), 10U);
  EXPECT_TRUE(bars_of(Score()).empty());
}

}  // namespace
}  // namespace motet
