// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_write.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "motet/base/error.h"
#include "motet/score/abc.h"
#include "tests/support/random_score.h"

namespace motet {
namespace {

Score read_one(const std::string& text) {
  const AbcFile file = read_abc(text, Repeats::kWritten);
  if (file.tunes.size() != 1) {
    ADD_FAILURE() << (file.refused.empty() ? "no tune" : file.refused[0].reason) << "\n" << text;
    return {};
  }
  return file.tunes[0].reading.score;
}

/// Reads a tune, writes it, reads that, and expects the same notes, page, words and bar lines.
void expect_survival(const std::string& music, const std::string& header = "M:4/4\nL:1/4\nK:C\n") {
  const Score once = read_one("X:1\nT:Tune\n" + header + music + "\n");
  const std::string text = write_abc(once);
  const Score again = read_one(text);
  ASSERT_EQ(once.parts.size(), again.parts.size()) << text;
  for (size_t i = 0; i < once.parts.size(); ++i) {
    EXPECT_EQ(once.parts[i].notes, again.parts[i].notes) << text;
    EXPECT_EQ(once.parts[i].written, again.parts[i].written) << text;
    EXPECT_EQ(once.parts[i].lyrics, again.parts[i].lyrics) << text;
    EXPECT_EQ(once.parts[i].directions, again.parts[i].directions) << text;
  }
  EXPECT_EQ(once.chords, again.chords) << text;
  EXPECT_EQ(once.barlines, again.barlines) << text;
  EXPECT_EQ(once.metres, again.metres) << text;
  EXPECT_EQ(once.keys, again.keys) << text;
  EXPECT_EQ(once.tempos, again.tempos) << text;
}

/// The same, of the notes alone and whatever they are named.
void expect_notes_survive(const std::string& tune) {
  Score once = read_one("X:1\nT:T\n" + tune);
  Score again = read_one(write_abc(once));
  ASSERT_EQ(once.parts.size(), again.parts.size());
  for (size_t i = 0; i < once.parts.size(); ++i) {
    for (Note& note : once.parts[i].notes) note.id = {};
    for (Note& note : again.parts[i].notes) note.id = {};
    EXPECT_EQ(once.parts[i].notes, again.parts[i].notes) << write_abc(once);
  }
}

TEST(AbcWrite, NotesTiesAndAccidentalsSurvive) {
  expect_survival("C ^D =d, c'' | ^F F- | F2 _B2 | [CE-G]2 [DEA]2 | __E ^^F z x |");
  expect_survival("^F4- | F2 F2 | =F4 |", "M:4/4\nL:1/4\nK:D\n");
}

TEST(AbcWrite, RhythmSurvives) {
  expect_survival("C>D E<F | (3C/D/E/ (5:4:5C/D/E/F/G/ z/ | C3/2 D5/4 E5/4 | Z | Z2 |");
}

TEST(AbcWrite, RepeatsEndingsAndSignsSurvive) {
  expect_survival("|: C4 |1,3 D4 :|2 E4 :|4 F4 || !segno!G4 | A4 !D.S.! |]");
  expect_survival("G | C4 ::: D4 | E3 :|");
}

TEST(AbcWrite, WordsSurvive) {
  expect_survival("C D- | D F |\nw: A-le * lu-\nw: one_ two~three\n", "M:2/4\nL:1/4\nK:C\n");
}

TEST(AbcWrite, ChordSymbolsAndWordsSurviveWhereverTheyStand) {
  expect_survival("\"Am7\"C2 \"^dolce\"!mf!D2 | !<(!E2 F2 !<)! |");
}

TEST(AbcWrite, VoicesOverlaysClefsAndDecorationsSurvive) {
  expect_survival("V:1\n!trill!c4 & E2 .F2 | {/ab}c4 |\nV:2\n(C,2 D,2) | [V:2 clef=tenor] C4 |\n",
                  "M:4/4\nL:1/4\nV:1 name=\"Oboe\"\nV:2 clef=bass\nK:Eb\n");
}

TEST(AbcWrite, ChangesOfKeyMetreAndTempoSurvive) {
  expect_survival("C4 | [K:Em][M:3/4][Q:1/4=90] F3 | [M:6/8] F3 |",
                  "M:4/4\nL:1/4\nQ:1/4=72\nK:Bbm\n");
  expect_survival("C5 | C2 | [M:none] C7 | C |");
}

TEST(AbcWrite, BarsOfAnotherLengthThanTheirMetreSurvive) {
  expect_survival("C D E F G | C D | G6- | G A |");
  expect_survival("C D E F G | C D E |", "L:1/4\nK:C\n");
  const Score score = read_one("X:1\nT:T\nM:3/4\nL:1/8\nK:C\nABcdef2|abc3def|a2b2c2|]\n");
  ASSERT_EQ(score.metres.size(), 4U);
  EXPECT_EQ(score.metres[0], (MetreChange{{0}, 3, 4, false}));
  EXPECT_EQ(score.metres[1], (MetreChange{{0}, 7, 8, true}));
}

TEST(AbcWrite, NotesThatCrossABarLineOfAnotherVoiceAreCutAndTied) {
  expect_notes_survive("L:1/8\nK:C\nV:1\nd]\nV:2\nA6|^G6-|G2|]\n");
}

TEST(AbcWrite, ANoteThatOutlastsItsChordIsAVoiceOfItsOwn) {
  expect_notes_survive("L:1/4\nK:C\n[CE2] D E F | [E2C-] [CG2] D2 |\n");
  const Score score = read_one("X:1\nT:T\nL:1/4\nK:C\n[CE4-] D E F | E4 |\n");
  ASSERT_EQ(score.parts.at(0).notes.size(), 5U);
  EXPECT_EQ(score.parts[0].notes[1].duration, Ticks{8 * score.ticks_per_quarter});
  EXPECT_EQ(score.parts[0].notes[1].voice, 1);
}

TEST(AbcWrite, EachNoteOfAUnisonKeepsItsOwnTie) {
  expect_survival("[CC]4- | [CC]2 [DD]2 |");
  const Score score = read_one("X:1\nT:T\nL:1/4\nK:C\n[C-C-]4 | [CC]2 |\n");
  ASSERT_EQ(score.parts.at(0).notes.size(), 2U);
  for (const Note& note : score.parts[0].notes) {
    EXPECT_EQ(note.duration, Ticks{6 * score.ticks_per_quarter});
  }
}

TEST(AbcWrite, ATieGoesOnInItsOwnVoiceFirst) {
  expect_notes_survive("L:1/8\nK:C\n[ae3-] A G [aee3] |\n");
}

TEST(AbcWrite, AnAccidentalIsSaidAgainWhereNoTieReaches) {
  expect_notes_survive("L:1/4\nK:C\n[C^G,6] D E F |[K:Bb]\n");
}

TEST(AbcWrite, GraceNotesOfAnyLengthAndNotesOfNoneSurvive) {
  expect_survival("{f90}e4 | g4-|{gc}A4 | E0 F2 G |");
  EXPECT_EQ(read_one("X:1\nT:T\nK:C\nE0\n").parts.at(0).notes[0].duration, Ticks{240});
}

TEST(AbcWrite, LengthsBetweenTwoTicksDoNotAddUp) {
  expect_notes_survive("L:1/8\nK:C\nG/32 A G/32 A G/64 A G/64 A | G/64 B |\n");
  expect_notes_survive("L:1/8\nK:C\n(7GABcdef G/32 & G/64 A (7GABcdef | (5GABcd & G/32 B | G |\n");
}

TEST(AbcWrite, NotesTooShortForATickAreLeftOut) {
  const std::string tune = "L:1/8\nK:C\nG/8<<<$<<<$<<<A G|\n";
  expect_notes_survive(tune);
  const AbcTune read = read_abc("X:1\nT:T\n" + tune).tunes.at(0);
  EXPECT_EQ(count_notes(read.reading.score), 2U);
  const std::vector<std::string> said = {"voice 1: left out 1 notes of less than half a tick"};
  EXPECT_EQ(read.reading.mended, said);
}

TEST(AbcWrite, LengthsThatNoNoteValuesAddUpToSurvive) {
  expect_notes_survive("M:3/4\nL:1/7\nK:C\nA e (3efg|a2 c/3d/3e/3|\n");
  const Part part = read_one("X:1\nT:T\nL:1/8\nK:C\nB/3\n").parts.at(0);
  ASSERT_EQ(part.written.size(), 1U);
  EXPECT_TRUE(part.written[0].has(kUntypedValue));
}

Score piece_of(const std::vector<Written>& heads) {
  Score score;
  score.metres.push_back({{0}, 4, 4});
  Part& part = score.parts.emplace_back();
  for (Written head : heads) {
    head.note = {static_cast<uint32_t>(part.notes.size() + 1)};
    part.notes.push_back(
        {.onset = head.at, .duration = head.duration, .pitch = head.pitch, .id = head.note});
    part.written.push_back(head);
  }
  return score;
}

TEST(AbcWrite, ATieToNothingTakesNoOtherNote) {
  const Score score =
      piece_of({{.at = {0}, .duration = {960}, .note = {}, .value = 1, .marks = kTieOpen},
                {.at = {960}, .duration = {960}, .note = {}, .value = 1}});
  EXPECT_EQ(read_one(write_abc(score)).parts.at(0).notes.size(), 2U);
  EXPECT_EQ(read_one("X:1\nT:T\nK:C\nC2- z2 C2|\n").parts.at(0).notes.size(), 2U);
}

/// A staff in 3/4 beside others in 9/8, say: quarters that last three eighths.
TEST(AbcWrite, HeadsThatLastLongerThanTheyLookKeepTheirLength) {
  const Score score = piece_of({{.at = {0}, .duration = {720}, .note = {}, .value = 2},
                                {.at = {720}, .duration = {720}, .note = {}, .value = 2}});
  const Score again = read_one(write_abc(score));
  EXPECT_EQ(again.parts.at(0).notes.at(1).onset, Ticks{720});
  EXPECT_EQ(again.parts.at(0).notes.at(1).duration, Ticks{720});
}

TEST(AbcWrite, DynamicsWithoutASignAreWords) {
  Score score = piece_of({{.at = {0}, .duration = {1920}, .note = {}, .value = 0}});
  score.parts[0].directions = {{{0}, DirectionKind::kDynamic, "pi\u00f9 "},
                               {{0}, DirectionKind::kDynamic, "f"}};
  const Score again = read_one(write_abc(score));
  ASSERT_EQ(again.parts.at(0).directions.size(), 2U);
  EXPECT_EQ(again.parts[0].directions[0].text, "pi\u00f9 ");
  EXPECT_EQ(again.parts[0].directions[1].kind, DirectionKind::kDynamic);
}

TEST(AbcWrite, MusicWithoutAPageIsEngraved) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Score score = test::random_score(seed);
    const Score again = read_one(write_abc(score));
    EXPECT_GE(again.parts.size(), 1U);
    EXPECT_GE(10 * count_notes(again), 9 * count_notes(score)) << "seed " << seed;
  }
}

TEST(AbcWrite, AGraceNoteThatWaitsTakesNoChordOfAnotherVoiceApart) {
  Score score;
  Part& part = score.parts.emplace_back();
  part.notes = {{.onset = Ticks{0}, .duration = Ticks{480}, .pitch = 60, .id = {1}},
                {.onset = Ticks{0}, .duration = Ticks{480}, .pitch = 64, .id = {2}}};
  Written grace;  // of a voice that has no other note
  grace.marks = kGrace;
  grace.note = {};
  part.written = {grace};
  for (const Note& note : part.notes) {
    Written head;
    head.duration = note.duration;
    head.note = note.id;
    head.pitch = note.pitch;
    head.voice = 1;
    part.written.push_back(head);
  }
  EXPECT_NE(write_abc(score).find("[CE]"), std::string::npos) << write_abc(score);
}

TEST(AbcWrite, AScoreWithoutNotesIsRefused) { EXPECT_THROW(write_abc({}), Error); }

}  // namespace
}  // namespace motet
