// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/vocabulary.h"

#include <gtest/gtest.h>

#include <set>

#include "motet/base/error.h"
#include "motet/theory/chord.h"

namespace motet::tokens {
namespace {

TEST(Vocabulary, EveryIdHasANameOfItsOwnThatFindsIt) {
  std::set<std::string> names;
  for (TokenId id = 0; id < vocabulary_size(); ++id) {
    EXPECT_TRUE(names.insert(name_of(id)).second) << name_of(id);
    EXPECT_EQ(find_token(name_of(id)), id);
  }
  EXPECT_EQ(find_token("Pitch_128"), std::nullopt);
}

TEST(Vocabulary, MeaningUndoesToken) {
  for (int kind = 0; kind < kKinds; ++kind) {
    for (int value = 0; value < count_of(static_cast<Kind>(kind)); ++value) {
      const auto [found_kind, found_value] = meaning(token(static_cast<Kind>(kind), value));
      EXPECT_EQ(static_cast<int>(found_kind), kind);
      EXPECT_EQ(found_value, value);
    }
  }
}

TEST(Vocabulary, AnIdOutsideIsRefusedWithTheRange) {
  for (const TokenId id : {-1, vocabulary_size()}) {
    try {
      meaning(id);
      FAIL() << id;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      EXPECT_NE(std::string(error.what()).find(std::to_string(id)), std::string::npos);
    }
  }
}

// The shipped weights know the tokens by their ids: these must stay where they are.
TEST(Vocabulary, IdsAreThoseOfVersionOne) {
  EXPECT_EQ(vocabulary_size(), 1431);
  EXPECT_EQ(name_of(0), "Pad");
  EXPECT_EQ(find_token("Style_waltz"), 19);
  EXPECT_EQ(find_token("Pitch_60"), 1114);
  EXPECT_EQ(find_token("Chord_Am7"), 1407);
  EXPECT_EQ(find_token("Chord_N.C."), 1430);
}

TEST(Vocabulary, NamesChordsAsTheoryDoes) {
  for (int root = 0; root < kChordRoots; ++root) {
    for (int quality = 0; quality < kChordQualities; ++quality) {
      const Chord chord{root, static_cast<ChordQuality>(quality)};
      EXPECT_EQ(find_chord(motet::name_of(chord)), root * kChordQualityCount + quality)
          << motet::name_of(chord);
    }
  }
}

TEST(Vocabulary, ABarOfAnySixteenthsCanBeWritten) {
  for (int steps = 6; steps <= kMaxBarSteps; steps += 6) {
    EXPECT_EQ(metres()[static_cast<size_t>(metre_of_length(steps))].steps(), steps);
  }
}

TEST(Vocabulary, TemposAreNearestInRatio) {
  EXPECT_EQ(tempos()[static_cast<size_t>(nearest_tempo(96.0))], 96);
  EXPECT_EQ(tempos()[static_cast<size_t>(nearest_tempo(1.0))], 20);
  EXPECT_EQ(tempos()[static_cast<size_t>(nearest_tempo(5000.0))], 320);
  EXPECT_EQ(tempos()[static_cast<size_t>(nearest_tempo(101.0))], 100);
}

TEST(Vocabulary, ItsOwnDescriptionIsAcceptedAndAnotherIsNot) {
  const std::string text = vocabulary_json();
  EXPECT_NO_THROW(require_vocabulary(text, "tokenizer.json"));
  EXPECT_THROW(require_vocabulary("{}", "tokenizer.json"), Error);
}

TEST(Vocabulary, ChordsAreSpelledAsTheirKeyIs) {
  const auto named = [](const char* text, int fifths) {
    return chord_text(find_chord(text).value(), fifths);
  };
  EXPECT_EQ(named("Ab7", 4), "G#7");  // the dominant of C sharp minor
  EXPECT_EQ(named("C#m", -4), "Dbm");
  EXPECT_EQ(named("B", -6), "Cb");
  EXPECT_EQ(named("F", 7), "E#");
  EXPECT_EQ(named("Eb", 0), "Eb");
  for (int chord = 0; chord <= kNoChord; ++chord) {
    for (int fifths = -7; fifths <= 7; ++fifths) {
      EXPECT_EQ(find_chord(chord_text(chord, fifths)), chord) << chord << " " << fifths;
    }
  }
}

}  // namespace
}  // namespace motet::tokens
