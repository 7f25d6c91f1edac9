// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/roman.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/theory/passages.h"

namespace motet {
namespace {

using test::passage;

// "C: I V43 I", without places.
std::string heard(const Score& score, RomanOptions options = {}) {
  std::string text;
  Key key{.tonic = -1, .mode = Mode::kMajor};
  for (const RomanNumeral& numeral : roman_numerals(score, options)) {
    if (!text.empty()) text += " ";
    if (numeral.key != key) text += name_of(numeral.key) + ": ";
    text += figure_of(numeral);
    key = numeral.key;
  }
  return text;
}

// In 4/4, a bass note and a chord above it, each a bar long.
Score blocks(std::string_view upper, std::string_view bass) { return passage(4, 4, {upper, bass}); }

TEST(Roman, MozartsSonataOpensWithTonicAndInvertedDominants) {
  const Score score = test::mozart_k545();
  EXPECT_EQ(heard(score), "C major: I V43 I IV64 I V65 I");
  EXPECT_NE(write_romantext(score, roman_numerals(score))
                .find("m1 C: I\nm2 V43 b3 I\nm3 IV64 b3 I\nm4 V65 b3 I\n"),
            std::string::npos);
}

TEST(Roman, CadentialSixFourBelongsToTheDominant) {
  EXPECT_EQ(heard(blocks("[E4,G4,C5]/4 [D4,A4,C5]/4 [E4,G4,C5]/2 [D4,F4,B4] [E4,G4,C5]/4",
                         "C3/4 F3 G3/2 G2 C3/4")),
            "C major: I ii65 Cad64 V7 I");
}

TEST(Roman, ChromaticChordsOfMinorAreNamed) {
  EXPECT_EQ(heard(blocks("[C5,Eb5,G5]/4 [Ab4,Db5] [G4,B4,D5,F5] [G4,C5,Eb5]", "C3/4 F3 G3 C3")),
            "C minor: i bII6 V7 i");
  EXPECT_EQ(heard(blocks("[C5,Eb5,G5]/4 [C5,Eb5,F#5] [C5,Eb5,G5]/2 [B4,D5,F5] [C5,Eb5]/4",
                         "C3/4 Ab2 G2 C3")),
            "C minor: i Ger65 Cad64 V7 i");
  EXPECT_EQ(heard(blocks("[Eb4,G4,C5]/4 [C5,D5,F#5] [B4,D5,G5] [C5,Eb5,G5]", "C3/4 Ab2 G2 C3")),
            "C minor: i Fr43 V i");
}

TEST(Roman, ItalianSixthInMajorLeadsToTheDominant) {
  EXPECT_EQ(heard(blocks("[E4,G4,C5]/4 [C5,F#5] [B4,D5,G5] [C5,E5,G5]", "C3/4 Ab2 G2 C3")),
            "C major: I It6 V I");
}

TEST(Roman, AppliedChordsNameTheirTarget) {
  EXPECT_EQ(heard(blocks("[E4,G4,C5]/4 [E4,G4,C#5] [F4,A4,D5] [F#4,A4,C5] [F4,G4,B4] [E4,G4,C5]",
                         "C3/4 A2 D3 D3 G2 C3")),
            "C major: I V7/ii ii V7/V V7 I");
  EXPECT_EQ(heard(blocks("[E4,G4,C5]/4 [D4,F4,B4] [C4,E4,A4] [A3,C4,Eb4] [G3,D4,F4] [G3,C4,E4]",
                         "C3/4 G#2 A2 F#2 B2 C3")),
            "C major: I viio7/vi vi viio7/V V65 I");
}

TEST(Roman, ChordsBorrowedFromMinorStayInMajor) {
  EXPECT_EQ(heard(blocks("[E4,G4,C5]/4 [F4,Ab4,C5] [E4,G4,C5] [Eb4,Ab4,C5] [D4,G4,B4] [E4,G4,C5]",
                         "C3/4 F3 C3 Ab2 G2 C3")),
            "C major: I iv I bVI V I");
}

TEST(Roman, CircleOfFifthsInMinorStaysInMinor) {
  EXPECT_EQ(heard(blocks("[A4,C5,E5]/2 [A4,D5,F5] [G4,B4,D5] [G4,C5,E5] [F4,A4,C5] [F4,B4,D5] "
                         "[E4,G#4,B4] [E4,A4,C5]",
                         "A3/2 D3 G3 C3 F3 B2 E3 A2")),
            "A minor: i iv VII III VI iio V i");
}

TEST(Roman, PassageThatClosesOnTheDominantModulatesThere) {
  const Score score = test::chorale_to_the_dominant();
  const std::vector<KeySpan> keys = local_keys(score);
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(name_of(keys[0].key), "C major");
  EXPECT_EQ(name_of(keys[1].key), "G major");
  EXPECT_GE(keys[1].begin, Ticks{8 * test::kQuarter});
  EXPECT_LE(keys[1].begin, Ticks{16 * test::kQuarter});
}

TEST(Roman, ChordsOnEveryBeatDoNotMeltIntoSevenths) {
  EXPECT_EQ(heard(passage(4, 4,
                          {"C5/1 C5 C5 C5 | C5 B4 A4/2", "E4/1 G4 A4 G4 | A4 E4 E4/2",
                           "A3/1 C4 C4 C4 | D4 G#3 C4/2", "A2/1 E3 F3 E3 | D3 E3 A2/2"})),
            "A minor: i III6 VI III6 iv V i");
}

TEST(Roman, ShortPhraseThatClosesOnTheSixthDegreeIsInThatKey) {
  const Score score = passage(4, 4,
                              {"C5/1 D5 E5 C5 | D5 C5 B4/2 | C5/1 B4 A4 B4 | C5 B4 A4/2 | "
                               "B4/1 C5 D5 E5 | D5/2 C5",
                               "G4/1 G4 G4 A4 | A4 A4 G4/2 | A4/1 G#4 E4 G#4 | A4 G#4 E4/2 | "
                               "G4/1 G4 G4 A4 | G4 F4/1 E4/2",
                               "E4/1 B3 C4 E4 | F4 E4 D4/2 | E4/1 E4 C4 D4 | E4 D4 C4/2 | "
                               "D4/1 C4 B3 C4 | B3/2 G3",
                               "C3/1 G2 C3 A2 | F3 F#3 G3/2 | A3/1 E3 A2 E3 | A3 E3 A2/2 | "
                               "G3/1 E3 G2 A2 | G2/2 C3"});
  const std::vector<KeySpan> keys = local_keys(score);
  ASSERT_EQ(keys.size(), 3U);
  EXPECT_EQ(name_of(keys[1].key), "A minor");
  EXPECT_EQ(keys[1].begin, Ticks{8 * test::kQuarter});
  EXPECT_EQ(keys[1].end, Ticks{16 * test::kQuarter});
  EXPECT_EQ(name_of(keys[2].key), "C major");
}

TEST(Roman, SeventhThatJoinsLaterIsNamedWhereItJoins) {
  EXPECT_EQ(heard(passage(4, 4,
                          {"E5/3 E5/1 D5/3 D5/1 C5/4", "G4/3 G4/1 G4/3 F4/1 E4/4", "C4/4 B3 C4",
                           "C3/4 G3 C3"})),
            "C major: I V V7 I");
}

TEST(Roman, QuartersOfTwoTwoCarryChordsAsThoseOfFourFour) {
  const auto music = [](int numerator, int denominator) {
    return passage(numerator, denominator,
                   {"C5/1 B4 C5 E5 | D5 C5 B4/2 | C5/1 F5 E5 D5 | E5 D5 C5/2",
                    "G4/1 G4 G4 C5 | A4 A4 G4/2 | G4/1 C5 C5 B4 | C5 B4 G4/2",
                    "E4/1 D4 E4 G4 | F4 E4 D4/2 | E4/1 A4 G4 G4 | G4 F4 E4/2",
                    "C4/1 G3 C3 C4 | D3 F#3 G3/2 | C3/1 F3 C3 G3 | C3 G3 C3/2"});
  };
  EXPECT_EQ(heard(music(2, 2)), heard(music(4, 4)));
}

TEST(Roman, MelodyThatGoesOnAloneIsNoBass) {
  EXPECT_EQ(heard(blocks("[E4,G4,E5]/2 [F4,A4,F5] [E4,G4,E5]/4 [F4,B4,D5] C6/1 G5 E6 C6 "
                         "[F4,D5,B5]/4 [E4,C5]",
                         "C3/2 F3 C3/4 G3 r G3 C3")),
            "C major: I IV I V7 I V7 I");
}

TEST(Roman, WaltzBassIsOneChordABar) {
  EXPECT_EQ(heard(passage(3, 4,
                          {"E5/3 G5/2 E5/1 D5/3 F5/2 D5/1 C5/3",
                           "C3/1 [E4,G4] [E4,G4] G2 [E4,G4] [E4,G4] G2 [F4,B4] [F4,B4] "
                           "D3 [F4,B4] [F4,B4] C3 [E4,G4] [E4,G4]"})),
            "C major: I V7 I");
}

TEST(Roman, TwelveBarBluesIsInTheKeyOfItsFirstChord) {
  // A dominant seventh a bar: I I I I IV IV I I V IV I I.
  const std::string one = "[E4,Bb4]/2 [E4,G4,Bb4]/2 ";
  const std::string four = "[Eb4,A4]/2 [Eb4,A4,C5]/2 ";
  const std::string five = "[F4,B4]/2 [F4,B4,D5]/2 ";
  const std::string c = "C3/1 E3 G3 A3 ";
  const std::string f = "F2/1 A2 C3 D3 ";
  const std::string upper =
      one + one + one + one + four + four + one + one + five + four + one + one;
  const Score blues =
      passage(4, 4, {upper, c + c + c + c + f + f + c + c + "G2/1 B2 D3 E3 " + f + c + c});
  for (const KeySpan& span : local_keys(blues)) EXPECT_EQ(name_of(span.key), "C major");
}

TEST(Roman, FiguresAreTheSameInEveryKey) {
  const Score home = test::chorale_to_the_dominant();
  const std::vector<RomanNumeral> expected = roman_numerals(home);
  for (int up = 1; up < 12; ++up) {
    const std::vector<RomanNumeral> found = roman_numerals(transposed(home, up));
    ASSERT_EQ(found.size(), expected.size()) << up;
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(figure_of(found[i]), figure_of(expected[i])) << up;
      EXPECT_EQ(found[i].key.tonic, (expected[i].key.tonic + up) % 12) << up;
      EXPECT_EQ(found[i].root, (expected[i].root + up) % 12) << up;
    }
  }
}

TEST(Roman, SpansCoverTheMusicWithoutGaps) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Score score = test::random_music(seed);
    const std::vector<RomanNumeral> numerals = roman_numerals(score);
    ASSERT_FALSE(numerals.empty());
    EXPECT_EQ(numerals.back().end, end_of(score));
    for (size_t i = 0; i < numerals.size(); ++i) {
      EXPECT_LT(numerals[i].begin, numerals[i].end);
      if (i > 0) {
        EXPECT_EQ(numerals[i].begin, numerals[i - 1].end);
      }
      EXPECT_GE(numerals[i].inversion, 0);
      EXPECT_LE(numerals[i].inversion, 3);
    }
  }
}

TEST(Roman, LongPiecesAreReadToTheirEndLikeTheirBeginning) {
  // More slices than the search remembers.
  std::string upper;
  std::string lower;
  constexpr int kTimes = 300;
  for (int i = 0; i < kTimes; ++i) {
    upper +=
        "[E4,G4,C5]/1 [F4,A4,C5] [F4,G4,B4] [E4,G4,C5] [F4,A4,D5] [E4,G4,C5] [F4,G4,B4] "
        "[E4,G4,C5] ";
    lower += "C3/1 F3 G3 C3 F3 G3 G2 C3 ";
  }
  const std::vector<RomanNumeral> numerals = roman_numerals(blocks(upper, lower));
  ASSERT_EQ(numerals.back().end, Ticks{8 * kTimes * test::kQuarter});
  for (size_t i = 1; i < numerals.size(); ++i) {
    EXPECT_EQ(numerals[i - 1].end, numerals[i].begin);
    EXPECT_EQ(name_of(numerals[i].key), "C major");
  }
  // Two bars in the middle, where rows were written over, and the same two near the end.
  const auto figures = [&numerals](int bar) {
    std::string text;
    for (const RomanNumeral& each : numerals) {
      const int64_t at = each.begin.value / (4 * test::kQuarter);
      if (at == bar || at == bar + 1) text += figure_of(each) + " ";
    }
    return text;
  };
  EXPECT_EQ(figures(100), figures(580));
  EXPECT_EQ(figures(512), figures(580));
}

TEST(Roman, SilenceAndDrumsHaveNoHarmony) {
  EXPECT_TRUE(roman_numerals(Score{}).empty());
  Score score;
  score.parts.push_back(test::drums());
  EXPECT_TRUE(roman_numerals(score).empty());
}

TEST(Roman, SignatureThatTheNotesDenyIsNotBelieved) {
  Score score = transposed(test::mozart_k545(), 3);
  score.keys = {{.at = Ticks{0}, .fifths = 0, .mode = Mode::kMajor}};
  EXPECT_EQ(heard(score), "E-flat major: I V43 I IV64 I V65 I");
}

TEST(Roman, UpbeatIsBarZeroCountedFromItsEnd) {
  Score score = passage(4, 4, {"[E4,G4,C5]/1 [D4,G4,B4]/4 [E4,G4,C5]/4", "C3/1 G2/4 C3/4"});
  score.metres = {{.at = Ticks{0}, .numerator = 1, .denominator = 4, .is_hidden = true},
                  {.at = Ticks{test::kQuarter}, .numerator = 4, .denominator = 4}};
  const std::string text = write_romantext(score, roman_numerals(score));
  EXPECT_NE(text.find("\nm1 V\nm2 I\n"), std::string::npos) << text;
  EXPECT_NE(text.find("m0 b4 C: I\n"), std::string::npos) << text;
}

TEST(Roman, FigureSpellsQualityInversionAndTarget) {
  RomanNumeral numeral;
  numeral.degree = 7;
  numeral.quality = ChordQuality::kDiminished7;
  numeral.kind = NumeralKind::kApplied;
  numeral.applied_to = 2;
  numeral.inversion = 1;
  EXPECT_EQ(figure_of(numeral), "viio65/ii");
  EXPECT_EQ(target_of(numeral), "ii");
  numeral = RomanNumeral{};
  numeral.key.mode = Mode::kMinor;
  numeral.degree = 2;
  numeral.quality = ChordQuality::kHalfDiminished7;
  EXPECT_EQ(figure_of(numeral), "ii\u00F87");
  numeral.quality = ChordQuality::kMajor;
  numeral.alteration = -1;
  numeral.inversion = 1;
  EXPECT_EQ(figure_of(numeral), "bII6");
}

}  // namespace
}  // namespace motet
