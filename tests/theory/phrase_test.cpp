// SPDX-License-Identifier: Apache-2.0
// Phrases, cadences and form.
#include "motet/theory/phrase.h"

#include <gtest/gtest.h>

#include <set>

#include "motet/theory/form.h"
#include "tests/theory/passages.h"

namespace motet {
namespace {

using test::passage;

std::vector<Cadence> cadences_of(const Score& score) {
  return find_cadences(score, roman_numerals(score));
}

TEST(Melody, IsTheHighestNoteUnlessAHigherOneIsHeld) {
  const std::vector<Note> melody = melody_of(passage(4, 4, {"C5/2 E5/1 r/1", "E4/1 F4 G4 A4"}));
  ASSERT_EQ(melody.size(), 3U);
  EXPECT_EQ(melody[0].pitch, 72);
  EXPECT_EQ(melody[1].pitch, 76);
  EXPECT_EQ(melody[2].pitch, 69);  // alone once the upper voice rests
}

TEST(Phrases, LongNotesAndRestsEndThem) {
  const Score score = passage(4, 4,
                              {"C5/1 D5 E5 F5 G5 F5 E5/2 D5/1 E5 F5 D5 C5/3 r/1 "
                               "G5/1 F5 E5 D5 E5 D5 C5/2 D5/1 E5 D5 B4 C5/4"});
  const std::vector<Phrase> phrases = find_phrases(score);
  ASSERT_GE(phrases.size(), 2U);
  EXPECT_EQ(phrases.front().begin, Ticks{0});
  EXPECT_EQ(phrases.back().end, end_of(score));
  bool cut_at_rest = false;
  for (const Phrase& phrase : phrases) cut_at_rest |= phrase.begin == Ticks{16 * test::kQuarter};
  EXPECT_TRUE(cut_at_rest);
  EXPECT_TRUE(find_phrases(Score{}).empty());
}

TEST(Phrases, StrengthsLieBetweenNothingAndOne) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const std::vector<Note> melody = melody_of(test::random_music(seed));
    const std::vector<double> strengths = boundary_strengths(melody);
    ASSERT_EQ(strengths.size(), melody.size());
    for (const double s : strengths) {
      EXPECT_GE(s, 0.0);
      EXPECT_LE(s, 1.0);
    }
  }
}

TEST(Cadences, FullCloseWithTheTonicOnTopIsPerfect) {
  const Score score =
      passage(4, 4, {"[E4,G4,C5]/4 [F4,A4,D5] [F4,G4,B4] [E4,G4,C5]", "C3/4 F3 G2 C3"});
  const std::vector<Cadence> cadences = cadences_of(score);
  ASSERT_FALSE(cadences.empty());
  EXPECT_EQ(cadences.back().kind, CadenceKind::kPerfectAuthentic);
  EXPECT_EQ(cadences.back().at, Ticks{12 * test::kQuarter});
}

TEST(Cadences, ThirdOnTopIsImperfect) {
  const Score score =
      passage(4, 4, {"[E4,G4,C5]/4 [F4,A4,D5] [G4,B4,F5] [G4,C5,E5]", "C3/4 F3 G2 C3"});
  const std::vector<Cadence> cadences = cadences_of(score);
  ASSERT_FALSE(cadences.empty());
  EXPECT_EQ(cadences.back().kind, CadenceKind::kImperfectAuthentic);
}

TEST(Cadences, DominantThatGoesToTheSixthDegreeIsDeceptive) {
  const Score score =
      passage(4, 4,
              {"[E4,G4,C5]/4 [F4,A4,D5] [F4,G4,B4] [E4,A4,C5] [F4,A4,D5] [F4,G4,B4] [E4,G4,C5]",
               "C3/4 F3 G2 A2 F3 G2 C3"});
  bool deceptive = false;
  for (const Cadence& cadence : cadences_of(score)) {
    deceptive |=
        cadence.kind == CadenceKind::kDeceptive && cadence.at == Ticks{12 * test::kQuarter};
  }
  EXPECT_TRUE(deceptive);
}

TEST(Cadences, PlagalCloseEndsAHymn) {
  const Score score = passage(
      4, 4, {"[E4,G4,C5]/4 [F4,G4,B4] [E4,G4,C5] [F4,A4,C5] [E4,G4,C5]", "C3/4 G2 C3 F3 C3"});
  const std::vector<Cadence> cadences = cadences_of(score);
  ASSERT_FALSE(cadences.empty());
  EXPECT_EQ(cadences.back().kind, CadenceKind::kPlagal);
}

// Eight bars of a tune in 4/4.
std::string tune_a() {
  return "C5/1 E5 G5 E5 D5/2 B4 C5/1 E5 G5 C6 B5/2 G5 A5/1 F5 D5 F5 G5/1 E5 C5 E5 D5/2 B4 C5/4 ";
}
std::string tune_b() {
  return "A4/.5 A4 B4 B4 C5 C5 B4 A4 F#5/4 E5/.5 D5 C5 B4 A4 G#4 F#4 E4 A4/4 "
         "D5/.5 D5 E5 E5 F#5 F#5 E5 D5 B5/4 A5/.5 G5 F#5 E5 D5 C5 B4 A4 G4/4 ";
}

TEST(Form, SongFormIsAaba) {
  const Score score = passage(4, 4, {tune_a() + tune_a() + tune_b() + tune_a()});
  const std::vector<FormSection> sections = find_form(score);
  EXPECT_EQ(form_text(sections), "AABA");
  for (size_t i = 0; i < sections.size(); ++i) {
    EXPECT_EQ(sections[i].begin, 8 * i);
    EXPECT_EQ(sections[i].end, 8 * (i + 1));
  }
}

TEST(Form, SectionsCoverTheBars) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const Score score = test::random_music(seed);
    const std::vector<FormSection> sections = find_form(score);
    ASSERT_FALSE(sections.empty());
    EXPECT_EQ(sections.front().begin, 0U);
    EXPECT_EQ(sections.back().end, bars_of(score).size());
    for (size_t i = 1; i < sections.size(); ++i) {
      EXPECT_EQ(sections[i].begin, sections[i - 1].end);
      EXPECT_FALSE(sections[i].label.empty());
    }
  }
  EXPECT_TRUE(find_form(Score{}).empty());
}

TEST(Form, LongPiecesAreCutToTheirEndAndSectionsComeAgain) {
  constexpr size_t kTimes = 90;  // 2,880 bars: more than are held against all others
  std::string song;
  for (size_t i = 0; i < kTimes; ++i) song += tune_a() + tune_a() + tune_b() + tune_a();
  const std::vector<FormSection> sections = find_form(passage(4, 4, {song}));
  std::set<std::string> labels;
  for (size_t i = 0; i < sections.size(); ++i) {
    EXPECT_EQ(sections[i].begin, i == 0 ? 0 : sections[i - 1].end);
    labels.insert(sections[i].label);
  }
  EXPECT_EQ(sections.back().end, 32 * kTimes);
  EXPECT_LE(labels.size(), 8U);  // what comes again is known again
}

TEST(Form, SimilarityIsSymmetricWithOnesOnTheDiagonal) {
  const auto alike = bar_similarity(passage(4, 4, {tune_a() + tune_b()}));
  ASSERT_EQ(alike.size(), 16U);
  for (size_t i = 0; i < alike.size(); ++i) {
    EXPECT_NEAR(alike[i][i], 1.0, 1e-9);
    for (size_t j = 0; j < alike.size(); ++j) EXPECT_EQ(alike[i][j], alike[j][i]);
  }
}

}  // namespace
}  // namespace motet
