// SPDX-License-Identifier: Apache-2.0
#include "motet/data/fingerprint.h"

#include <gtest/gtest.h>

#include "tests/data/melodies.h"

namespace motet::data {
namespace {

Fingerprint taken(const Score& score) { return fingerprint_of(tune_of(score)); }

TEST(Fingerprint, NeitherKeyNorTempoNorInstrumentNorVelocityChangesIt) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Score score = test::melody(seed, 150);
    const Fingerprint before = taken(score);
    EXPECT_FALSE(before.hashes.empty());
    for (int semitones = -11; semitones <= 11; ++semitones) {
      EXPECT_EQ(taken(transposed(score, semitones)), before) << semitones;
    }
    EXPECT_EQ(taken(test::stretched(score, 2.0)), before);
    EXPECT_EQ(taken(test::stretched(score, 0.5)), before);
    EXPECT_EQ(taken(test::stretched(score, 1.5)), before);
    Score other = score;
    other.tempos = {{Ticks{0}, 200.0}};
    other.parts[0].program = 73;
    for (Note& note : other.parts[0].notes) note.velocity = 99;
    EXPECT_EQ(taken(other), before);
  }
}

TEST(Fingerprint, APartOfAPieceIsTheSameMusic) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Score score = test::melody(seed, 3000);
    const Fingerprint whole = taken(score);
    EXPECT_LE(whole.hashes.size(), kMaxHashes);
    EXPECT_TRUE(is_same_music(whole, taken(test::cropped(score, 500, 1600)))) << seed;
  }
}

TEST(Fingerprint, AnotherMelodyIsNotTheSameMusic) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    EXPECT_FALSE(is_same_music(taken(test::melody(seed, 200)), taken(test::melody(seed + 1, 200))));
  }
}

TEST(Fingerprint, SurvivesItsText) {
  EXPECT_EQ(parse_fingerprint(to_text(Fingerprint{})), Fingerprint{});
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Fingerprint fingerprint = taken(test::melody(seed, 20 + 200 * static_cast<int>(seed)));
    EXPECT_EQ(parse_fingerprint(to_text(fingerprint)), fingerprint);
  }
}

TEST(Fingerprint, WhatIsNoFingerprintIsNotRead) {
  for (const char* text : {"", "-", "0", "32-", "1-00000001", "0-0000000", "0-0000000g", "x-",
                           "0-0000000200000001", "0-0000000100000001", "300-", "0- 0000001"}) {
    EXPECT_FALSE(parse_fingerprint(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace motet::data
