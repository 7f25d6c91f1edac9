// SPDX-License-Identifier: Apache-2.0
// What the standard 2.1 says and the hymnal of the corpus does not need.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "motet/score/abc.h"
#include "motet/score/abc_write.h"

namespace motet {
namespace {

std::string pitches_of(const Score& score) {
  std::string text;
  for (const Note& note : score.parts.at(0).notes) text += std::to_string(note.pitch) + ' ';
  return text;
}

std::string pitches(const std::string& music, const std::string& header = "L:1/4\nK:C\n") {
  return pitches_of(read_abc("X:1\n" + header + music + "\n").tunes.at(0).reading.score);
}

TEST(AbcStandard, AnAccidentalReachesAllOctavesOfItsBar) {
  EXPECT_EQ(pitches("^C c C, | c"), "61 73 49 72 ");
  EXPECT_EQ(pitches("^C =c C | C"), "61 72 60 60 ");
}

TEST(AbcStandard, ADirectiveSaysHowFarAnAccidentalReaches) {
  EXPECT_EQ(pitches("^C c C", "%%propagate-accidentals octave\nL:1/4\nK:C\n"), "61 72 61 ");
  EXPECT_EQ(pitches("^C c C", "I:propagate-accidentals not\nL:1/4\nK:C\n"), "61 72 60 ");
}

TEST(AbcStandard, WhatIsWrittenIsTheSameHoweverFarAccidentalsReach) {
  const Score score = read_abc("X:1\nL:1/4\nK:C\n^C =c ^c' =C | c\n").tunes.at(0).reading.score;
  const std::string text = write_abc(score);
  for (const std::string reach : {"octave", "pitch"}) {
    const std::string changed = "%%propagate-accidentals " + reach + "\n\n" + text;
    EXPECT_EQ(pitches_of(read_abc(changed).tunes.at(0).reading.score), "61 72 85 60 72 ") << text;
  }
}

TEST(AbcStandard, TheHeadOfTheFileHoldsForEveryTune) {
  const AbcFile file = read_abc(
      "%abc-2.1\nM:3/4\nL:1/16\nC:Anon\n\nX:1\nT:A\nK:C\nCDE\n\nX:2\nM:4/4\nC:Me\nL:1/4\nK:C\nC\n");
  ASSERT_EQ(file.tunes.size(), 2U);
  const Score& first = file.tunes[0].reading.score;
  EXPECT_EQ(first.composer, "Anon");
  ASSERT_FALSE(first.metres.empty());
  EXPECT_EQ(first.metres[0].numerator, 3);
  EXPECT_EQ(first.parts.at(0).notes[1].onset, Ticks{120});
  EXPECT_EQ(file.tunes[1].reading.score.composer, "Me");
  EXPECT_EQ(file.tunes[1].reading.score.parts.at(0).notes[0].duration, Ticks{480});
}

TEST(AbcStandard, FreeTextBeforeTheTunesIsNoHead) {
  const AbcFile file = read_abc("These are tunes.\nL:1/16\n\nX:1\nK:C\nC\n");
  EXPECT_EQ(file.tunes.at(0).reading.score.parts.at(0).notes[0].duration, Ticks{240});
}

TEST(AbcStandard, AnOldTempoCountsUnitLengths) {
  const auto tempo = [](const std::string& field) {
    const std::string text = "X:1\nM:6/8\nL:1/8\nQ:" + field + "\nK:C\nC3\n";
    return read_abc(text).tunes.at(0).reading.score.tempos.at(0).quarters_per_minute;
  };
  EXPECT_DOUBLE_EQ(tempo("C3=40"), 60.0);
  EXPECT_DOUBLE_EQ(tempo("C=100"), 50.0);
  EXPECT_DOUBLE_EQ(tempo("\"Slow\" 3/8=40"), 60.0);
}

TEST(AbcStandard, ThePipesSoundWithFAndCSharp) {
  EXPECT_EQ(pitches("A c f g", "L:1/4\nK:HP\n"), "69 73 78 79 ");
}

TEST(AbcStandard, AMacroMayStandForEveryPitch) {
  EXPECT_EQ(pitches("~G2 ~c2 ~B,", "L:1/8\nm:~n2 = nomn\nK:C\n"), "67 69 65 67 72 74 71 72 59 ");
  EXPECT_EQ(pitches("tb, G", "L:1/8\nm:tn = (3o!trill!nh\nK:C\n"), "72 71 60 67 ");
}

TEST(AbcStandard, ADirectiveMovesWhatIsHeard) {
  EXPECT_EQ(pitches("C ^F", "%%MIDI transpose -12\nL:1/4\nK:C\n"), "48 54 ");
  EXPECT_EQ(pitches("C\n%%MIDI transpose 2\nC"), "60 62 ");
}

TEST(AbcStandard, AnotherInstrumentBeginsWhereItIsNamed) {
  for (const std::string line : {"%%MIDI program 40", "I:MIDI program 40", "[I:MIDI=program 40]"}) {
    const Score score = read_abc("X:1\nL:1/4\n%%MIDI program 73\nK:C\nC4|\n" + line + "\nD4|\n")
                            .tunes[0]
                            .reading.score;
    const Part& part = score.parts.at(0);
    EXPECT_EQ(part.program, 73) << line;
    ASSERT_EQ(part.controls.size(), 1U) << line;
    EXPECT_EQ(part.controls[0].kind, ControlKind::kProgram);
    EXPECT_EQ(part.controls[0].value, 40);
    EXPECT_EQ(part.controls[0].at, Ticks{4 * 480});
  }
}

TEST(AbcStandard, DirectivesThatChangeTheSoundAreNotDroppedInSilence) {
  const AbcFile file =
      read_abc("X:1\n%%MIDI gchord fzcz\n%%percmap C 36\n%%staffsep 2\nK:C shift=CD\nC\n");
  EXPECT_EQ(file.tunes.at(0).unkept,
            (std::vector<std::string>{"%%MIDI gchord", "%%percmap", "property shift="}));
}

}  // namespace
}  // namespace motet
