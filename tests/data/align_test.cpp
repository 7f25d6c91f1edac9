// SPDX-License-Identifier: Apache-2.0
#include "motet/data/align.h"

#include <gtest/gtest.h>

#include "tests/data/melodies.h"
#include "tests/data/plants.h"
#include "tests/data/settings.h"

namespace motet::data {
namespace {

Tune tune(const Score& score) { return tune_of(score); }

TEST(Align, APieceMatchesItselfWhole) {
  const Match match = align(tune(test::melody(1, 200)), tune(test::melody(1, 200)));
  EXPECT_EQ(match.upper, 1.0);
  EXPECT_EQ(match.lower, 1.0);
  EXPECT_EQ(match.transposition, 0);
  EXPECT_DOUBLE_EQ(match.stretch, 1.0);
}

TEST(Align, NamesTheTranspositionAndTheStretchFromTheFirstToTheSecond) {
  const Score score = test::melody(2, 300);
  const Score moved = test::stretched(transposed(test::cropped(score, 50, 200), 7), 1.5);
  const Match there = align(tune(score), tune(moved));
  EXPECT_EQ(there.transposition, 7);
  EXPECT_NEAR(there.stretch, 1.5, 0.01);
  EXPECT_EQ(there.upper, 1.0);
  const Match back = align(tune(moved), tune(score));
  EXPECT_EQ(back.transposition, 5);
  EXPECT_NEAR(back.stretch, 1 / 1.5, 0.01);
}

TEST(Align, FindsEveryKindOfPlant) {
  for (size_t kind = 0; kind < test::Planter::kKinds.size(); ++kind) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      const Score score = test::melody(seed, 240);
      const Score plant = test::Planter(seed).plant(kind, score);
      const Match match = align(tune(score), tune(plant));
      EXPECT_TRUE(is_copy(match)) << test::Planter::kKinds[kind] << " seed " << seed << ": "
                                  << match.upper << " " << match.lower;
    }
  }
}

TEST(Align, AnotherPieceIsNoCopyAndNoKin) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const Match match = align(tune(test::melody(seed, 240)), tune(test::melody(seed + 1, 240)));
    EXPECT_FALSE(is_copy(match) || is_kin(match)) << seed << ": " << match.upper;
  }
}

/// Two pieces that begin alike, for `shared` of 240 notes, and go on each in its own way.
std::pair<Score, Score> common_opening(size_t shared) {
  Score one = test::melody(5, 240);
  Score two = test::melody(6, 240);
  const Ticks border = one.parts[0].notes[shared].onset;
  const Score opening = test::cropped(one, 0, shared);
  for (size_t part = 0; part < 2; ++part) {
    std::vector<Note> notes = opening.parts[part].notes;
    for (Note note : two.parts[part].notes) {
      note.onset += border;
      notes.push_back(note);
    }
    two.parts[part].notes = notes;
  }
  return {one, two};
}

TEST(Align, ACommonOpeningMakesNoCopy) {
  const auto [one, two] = common_opening(80);
  const Match match = align(tune(one), tune(two));
  EXPECT_GT(match.upper, 0.3);
  EXPECT_FALSE(is_copy(match) || is_kin(match)) << match.upper;
}

TEST(Align, AnotherSettingOfTheSameTuneIsKinButNoCopy) {
  for (const test::SetTune& set : test::set_tunes()) {
    const Score plain = test::setting(set, set.plain_bass, false);
    const Score other = test::setting(set, set.other_bass, true);
    for (const Score& again : {other, test::stretched(transposed(other, -4), 2.0)}) {
      const Match match = align(tune(plain), tune(again));
      EXPECT_TRUE(is_kin(match)) << set.name << ": " << match.upper << " " << match.lower;
      EXPECT_FALSE(is_copy(match)) << set.name << ": " << match.upper << " " << match.lower;
    }
    const Score copy = test::setting(set, set.plain_bass, true);  // a voice more is no new setting
    EXPECT_TRUE(is_copy(align(tune(plain), tune(copy)))) << set.name;
  }
}

TEST(Align, AnotherTuneOfTheSameFamilyIsNoCopy) {
  for (const size_t shared : {100, 120, 140}) {  // of 240: a reel's first part under another second
    const auto [one, two] = common_opening(shared);
    const Match match = align(tune(one), tune(two));
    EXPECT_GT(match.upper, 0.4) << shared;
    EXPECT_FALSE(is_copy(match)) << shared << ": " << match.upper << " " << match.lower;
  }
  const auto tunes = test::set_tunes();
  for (size_t i = 0; i < tunes.size(); ++i) {
    const test::SetTune& one = tunes[i];
    const test::SetTune& two = tunes[(i + 1) % tunes.size()];
    const Match match = align(tune(test::setting(one, one.plain_bass, false)),
                              tune(test::setting(two, two.plain_bass, false)));
    EXPECT_FALSE(is_copy(match) || is_kin(match)) << one.name << " and " << two.name;
  }
}

TEST(Align, AScaleIsNotInEveryPieceThatHasOne) {
  Score scale;
  scale.parts.resize(1);
  for (int64_t i = 0; i < 60; ++i) {
    scale.parts[0].notes.push_back({.onset = Ticks{240 * i},
                                    .duration = Ticks{240},
                                    .pitch = static_cast<uint8_t>(48 + i % 12),
                                    .id = {}});
  }
  Score piece = test::melody(8, 400);
  int64_t at = end_of(piece).value;
  for (uint8_t i = 0; i < 12; ++i, at += 240) {
    piece.parts[0].notes.push_back({.onset = Ticks{at},
                                    .duration = Ticks{240},
                                    .pitch = static_cast<uint8_t>(60 + i),
                                    .id = {}});
  }
  EXPECT_FALSE(is_copy(align(tune(scale), tune(piece))));
  EXPECT_FALSE(is_kin(align(tune(scale), tune(piece))));
}

}  // namespace
}  // namespace motet::data
