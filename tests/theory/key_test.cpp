// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/key.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/theory/music.h"

namespace motet {
namespace {

using test::all_keys;

constexpr Key kAMinor{.tonic = 9, .mode = Mode::kMinor};

TEST(Key, NameIsReadBackAsTheSameKey) {
  for (const Key key : all_keys()) EXPECT_EQ(parse_key(name_of(key)), key) << name_of(key);
}

TEST(Key, SpellsWithFewestAccidentals) {
  EXPECT_EQ(name_of({.tonic = 10, .mode = Mode::kMajor}), "B-flat major");
  EXPECT_EQ(name_of({.tonic = 6, .mode = Mode::kMajor}), "G-flat major");
  EXPECT_EQ(name_of({.tonic = 1, .mode = Mode::kMinor}), "C-sharp minor");
  EXPECT_EQ(name_of({.tonic = 8, .mode = Mode::kMinor}), "G-sharp minor");
}

TEST(Key, ReadsEveryUsualSpelling) {
  for (const char* text : {"A minor", "Am", "a", "a:", "A min", "a MINOR", " A-minor ", "a:aeo"}) {
    EXPECT_EQ(parse_key(text), kAMinor) << text;
  }
  const Key b_flat{.tonic = 10, .mode = Mode::kMajor};
  for (const char* text : {"Bb", "B-flat major", "B-:", "B-", "Bb maj", "B flat", "B\u266D"}) {
    EXPECT_EQ(parse_key(text), b_flat) << text;
  }
  EXPECT_EQ(parse_key("b"), (Key{.tonic = 11, .mode = Mode::kMinor}));
  EXPECT_EQ(parse_key("bb"), (Key{.tonic = 10, .mode = Mode::kMinor}));
  EXPECT_EQ(parse_key("f#"), (Key{.tonic = 6, .mode = Mode::kMinor}));
  EXPECT_EQ(parse_key("C# min"), (Key{.tonic = 1, .mode = Mode::kMinor}));
  EXPECT_EQ(parse_key("Eb maj"), (Key{.tonic = 3, .mode = Mode::kMajor}));
  EXPECT_EQ(parse_key("Cb"), (Key{.tonic = 11, .mode = Mode::kMajor}));
}

TEST(Key, RefusesWhatIsNoKey) {
  for (const char* text : {"", " ", "H minor", "e:phr", "d:dor", "A minr", "none", "Cx", "major"}) {
    EXPECT_FALSE(parse_key(text)) << text;
  }
}

TEST(Key, NearestKeysGuessWhatWasMeant) {
  EXPECT_EQ(nearest_keys("H minr", 1), std::vector<std::string>{"B minor"});
  EXPECT_EQ(nearest_keys("E flatt major", 1), std::vector<std::string>{"E-flat major"});
  EXPECT_EQ(nearest_keys("F# mjor", 1), std::vector<std::string>{"G-flat major"});
  EXPECT_EQ(nearest_keys("A minor", 3).size(), 3U);
  EXPECT_EQ(nearest_keys("A minor", 3).front(), "A minor");
  EXPECT_EQ(nearest_keys("", 100).size(), 24U);
}

TEST(Key, SignatureAndKeyAgree) {
  for (const Key key : all_keys()) {
    EXPECT_GE(fifths_of(key), -6);
    EXPECT_LE(fifths_of(key), 6);
    EXPECT_EQ(key_of_signature(fifths_of(key), key.mode), key) << name_of(key);
  }
  EXPECT_EQ(fifths_of({.tonic = 2, .mode = Mode::kMajor}), 2);
  EXPECT_EQ(fifths_of({.tonic = 6, .mode = Mode::kMajor}), -6);
  EXPECT_EQ(fifths_of(kAMinor), 0);
  EXPECT_EQ(key_of_signature(7, Mode::kMajor), (Key{.tonic = 1, .mode = Mode::kMajor}));
  EXPECT_EQ(key_of_signature(-7, Mode::kMinor), (Key{.tonic = 8, .mode = Mode::kMinor}));
}

TEST(PitchClassProfile, CountsQuartersAndLeavesDrumsOut) {
  Score score = test::score_of({{{60, 64}, 2}, {{72}, 1}});
  score.parts.push_back(test::drums());
  const auto profile = pitch_class_profile(score);
  EXPECT_DOUBLE_EQ(profile[0], 3.0);
  EXPECT_DOUBLE_EQ(profile[4], 2.0);
  EXPECT_DOUBLE_EQ(profile[2], 0.0);
}

TEST(EstimateKey, HearsEveryScale) {
  for (const Key key : all_keys()) {
    EXPECT_EQ(estimate_key(test::scale_in(key)).key, key) << name_of(key);
  }
}

TEST(EstimateKey, HearsEveryCadence) {
  for (const Key key : all_keys()) {
    const KeyEstimate estimate = estimate_key(test::cadence_in(key));
    EXPECT_EQ(estimate.key, key) << name_of(key);
    EXPECT_GT(estimate.correlation, 0.8);
    EXPECT_LE(estimate.correlation, 1.0);
    EXPECT_GT(estimate.margin, 0.0);
  }
}

TEST(EstimateKey, MovesWithTheMusic) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Score score = test::random_music(seed);
    const KeyEstimate before = estimate_key(score);
    if (before.margin < 1e-9) continue;  // a tie may fall either way
    for (int semitones = -11; semitones <= 11; ++semitones) {
      const KeyEstimate after = estimate_key(transposed(score, semitones));
      EXPECT_EQ(after.key.tonic, (before.key.tonic + semitones + 12) % 12) << "seed " << seed;
      EXPECT_EQ(after.key.mode, before.key.mode) << "seed " << seed;
      EXPECT_NEAR(after.correlation, before.correlation, 1e-12);
    }
  }
}

TEST(EstimateKey, FinalBassDecidesBetweenRelativeKeys) {
  // A minor and C major chords in such shares that the same pitch classes fit both keys alike.
  std::vector<test::Block> in_c = {{{57, 60, 64}, 6}, {{60, 64, 67}, 5}, {{45}, 1}, {{48}, 1}};
  std::vector<test::Block> in_a = in_c;
  std::swap(in_a[2], in_a[3]);
  EXPECT_EQ(estimate_key(test::score_of(in_c)).key, (Key{.tonic = 0, .mode = Mode::kMajor}));
  EXPECT_EQ(estimate_key(test::score_of(in_a)).key, kAMinor);
}

TEST(EstimateKey, SaysNothingOfSilenceOrDrums) {
  Score drums;
  drums.parts.push_back(test::drums());
  for (const Score& score : {Score{}, drums}) {
    EXPECT_EQ(estimate_key(score).correlation, 0.0);
    EXPECT_EQ(estimate_key(score).margin, 0.0);
  }
  std::array<double, 12> even{};
  even.fill(3.0);
  EXPECT_EQ(estimate_key(even).margin, 0.0);
}

TEST(FindKey, FindsScalesAndCadencesInAllKeys) {
  for (const Key key : all_keys()) {
    EXPECT_EQ(find_key(test::scale_in(key)).key, key) << name_of(key);
    EXPECT_EQ(find_key(test::cadence_in(key)).key, key) << name_of(key);
  }
}

TEST(FindKey, SignatureDecidesOnlyWhenAsked) {
  // C, D, E, G, A: as much G major as C major, but for what the signature says.
  Score score = test::score_of({{{62}}, {{64}}, {{67}}, {{69}}, {{60}}, {{67}}, {{62}}});
  score.keys = {{.at = Ticks{0}, .fifths = 0}};
  const KeyEstimate signed_c = find_key(score, {.use_signature = true});
  score.keys = {{.at = Ticks{0}, .fifths = 1}};
  EXPECT_NE(find_key(score, {.use_signature = true}).key, signed_c.key);
  EXPECT_EQ(find_key(score).key, find_key(Score(score)).key);
}

TEST(FindKey, SilenceIsCMajorWithoutCorrelation) {
  EXPECT_EQ(find_key(Score{}).key, Key{});
  EXPECT_EQ(find_key(Score{}).correlation, 0.0);
}

}  // namespace
}  // namespace motet
