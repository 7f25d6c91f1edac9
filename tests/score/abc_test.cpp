// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc.h"

#include <gtest/gtest.h>

#include <string>

#include "motet/base/error.h"

namespace motet {
namespace {

Reading tune_of(const std::string& music, const std::string& header = "M:4/4\nL:1/4\nK:C\n") {
  const AbcFile file = read_abc("X:1\nT:Tune\n" + header + music + "\n");
  if (file.tunes.size() != 1) {
    ADD_FAILURE() << (file.refused.empty() ? "no tune" : file.refused[0].reason);
    return {};
  }
  return file.tunes[0].reading;
}

/// Pitches with lengths in sixteenths, and '@' with the onset where there is a gap before.
std::string sounds(const std::string& music, const std::string& header = "M:4/4\nL:1/4\nK:C\n") {
  const Score score = tune_of(music, header).score;
  std::string text;
  Ticks end;
  if (score.parts.empty()) return text;
  for (const Note& note : score.parts[0].notes) {
    if (note.onset > end) text += "@" + std::to_string(note.onset.value / 120) + " ";
    text += std::to_string(note.pitch) + ":" + std::to_string(note.duration.value / 120) + " ";
    end = std::max(end, note.onset + note.duration);
  }
  return text;
}

TEST(Abc, ReadsPitchesOctavesAndLengths) {
  EXPECT_EQ(sounds("C D2 c' c, C,, B/ A// G3/2 F/4 z2 E"),
            "60:4 62:8 84:4 60:4 36:4 71:2 69:1 67:6 65:1 @42 64:4 ");
}

TEST(Abc, AnAccidentalLastsForItsBar) {
  EXPECT_EQ(sounds("^F F f F | F"), "66:4 66:4 77:4 66:4 65:4 ");
  EXPECT_EQ(sounds("F =F F | F", "L:1/4\nK:G\n"), "66:4 65:4 65:4 66:4 ");
  EXPECT_EQ(sounds("^^C __E _B"), "62:4 62:4 70:4 ");
}

TEST(Abc, KnowsKeysAndModes) {
  const auto key = [](const std::string& field) {
    const Score score = tune_of("C4", "L:1/4\nK:" + field + "\n").score;
    return score.keys.empty() ? "none"
                              : std::to_string(score.keys[0].fifths) +
                                    (score.keys[0].mode == Mode::kMinor ? "m" : "");
  };
  EXPECT_EQ(key("G"), "1");
  EXPECT_EQ(key("Am"), "0m");
  EXPECT_EQ(key("F#m"), "3m");
  EXPECT_EQ(key("Bb major"), "-2");
  EXPECT_EQ(key("D mix"), "1");
  EXPECT_EQ(key("E Dorian"), "2m");
  EXPECT_EQ(key("Ebmin clef=bass"), "-6m");
  EXPECT_EQ(key("none"), "none");
  EXPECT_EQ(sounds("F G", "L:1/4\nK:D ^g =f\n"), "65:4 68:4 ");
}

TEST(Abc, PlaysTupletsInTheTimeTheyTake) {
  EXPECT_EQ(sounds("(3C2D2E2 F2 (3:2:2G4A2"), "60:5 62:5 64:5 65:8 67:10 69:5 ");
  const Score score = tune_of("(3CDE (5CDEFG C2").score;
  EXPECT_EQ(score.parts[0].notes[3].onset, Ticks{960});
  EXPECT_EQ(score.parts[0].notes[8].onset, Ticks{1920});
}

TEST(Abc, DotsPairsOfNotes) { EXPECT_EQ(sounds("C>D E<F G>>A"), "60:6 62:2 64:2 65:6 67:7 69:1 "); }

TEST(Abc, TiesJoinNotesAcrossBarsAndInsideChords) {
  EXPECT_EQ(sounds("C4- | C2 D2"), "60:24 62:8 ");
  EXPECT_EQ(sounds("[CE-G]2 [DEA]2"), "60:8 64:16 67:8 62:8 69:8 ");
  EXPECT_EQ(sounds("^F4- | F2 F2"), "66:24 65:8 ");  // the tie carries its accidental, no further
  EXPECT_EQ(sounds("[CE]4- | [CE]4"), "60:32 64:32 ");
}

TEST(Abc, UnfoldsRepeatsAndEndings) {
  EXPECT_EQ(sounds("|: C4 :| D4 |"), "60:16 60:16 62:16 ");
  EXPECT_EQ(sounds("C4 :| D4 |"), "60:16 60:16 62:16 ");
  EXPECT_EQ(sounds("|: C4 |1 D4 :|2 E4 || F4 |"), "60:16 62:16 60:16 64:16 65:16 ");
  EXPECT_EQ(sounds("|: C4 | [1 D4 :| [2 E4 |]"), "60:16 62:16 60:16 64:16 ");
  EXPECT_EQ(sounds("|: C4 |1,3 D4 :|2 E4 :|4 F4 |]"),
            "60:16 62:16 60:16 64:16 60:16 62:16 60:16 65:16 ");
  EXPECT_EQ(sounds("|: C4 :: D4 :|"), "60:16 60:16 62:16 62:16 ");
}

TEST(Abc, VoicesBecomePartsSideBySide) {
  const std::string header = "M:4/4\nL:1/4\nV:A name=\"Alto\"\nV:B\nK:C\n";
  const Score score = tune_of("[V:A] C4 | D4 |\n[V:B] E,4 | F,4 |\nV:A\nE4 |", header).score;
  ASSERT_EQ(score.parts.size(), 2U);
  EXPECT_EQ(score.parts[0].name, "Alto");
  EXPECT_EQ(score.parts[0].notes[2].onset, Ticks{3840});
  EXPECT_EQ(score.parts[1].notes[1].pitch, 53);
}

TEST(Abc, AnOverlayBeginsWithItsBar) {
  const Score score = tune_of("c4 | c4 & E2 F2 | d4 |").score;
  const std::vector<Note>& notes = score.parts[0].notes;
  ASSERT_EQ(notes.size(), 5U);
  EXPECT_EQ(notes[1].onset, notes[2].onset);
  EXPECT_EQ(notes[3].onset, Ticks{2880});
  EXPECT_EQ(notes[4].onset, Ticks{3840});
}

TEST(Abc, GraceNotesTakeAQuarterOfTheirNote) {
  const Score score = tune_of("{cd}C4").score;
  ASSERT_EQ(score.parts[0].notes.size(), 3U);
  EXPECT_EQ(score.parts[0].notes[1].onset, Ticks{240});
  EXPECT_EQ(score.parts[0].notes[2].onset, Ticks{480});
  EXPECT_EQ(score.parts[0].notes[2].duration, Ticks{1440});
}

TEST(Abc, GivesSyllablesToNotes) {
  const Score score = tune_of("C D | E F |\nw: A-le~lu * _ ia\nw: second verse is not kept").score;
  const std::vector<Lyric> expected = {{.at = Ticks{0}, .text = "A-"},
                                       {.at = Ticks{480}, .text = "le lu"}};
  EXPECT_EQ(score.parts[0].lyrics, expected);
}

TEST(Abc, ReadsChordSymbolsTempoMetreAndTitle) {
  const Score score =
      tune_of("\"Am7\"A2 \"^slowly\"B2 | [M:3/4] \"G\"G3 |", "C:Anon\nM:C\nL:1/4\nQ:1/4=96\nK:Am\n")
          .score;
  EXPECT_EQ(score.title, "Tune");
  EXPECT_EQ(score.composer, "Anon");
  EXPECT_EQ(score.chords, (std::vector<ChordSymbol>{{Ticks{0}, "Am7"}, {Ticks{1920}, "G"}}));
  EXPECT_EQ(score.markers, (std::vector<TextEvent>{{Ticks{960}, "slowly"}}));
  EXPECT_EQ(score.tempos, (std::vector<TempoChange>{{Ticks{0}, 96.0}}));
  EXPECT_EQ(score.metres, (std::vector<MetreChange>{{Ticks{0}, 4, 4}, {Ticks{1920}, 3, 4}}));
}

TEST(Abc, AnUpbeatIsAShortFirstBar) {
  const Score score = tune_of("G | C4 | D4 |").score;
  const std::vector<Bar> bars = bars_of(score);
  ASSERT_EQ(bars.size(), 3U);
  EXPECT_EQ(bars[0].length, Ticks{480});
  EXPECT_EQ(bars[1].length, Ticks{1920});
}

TEST(Abc, WithoutAUnitLengthTheMetreDecides) {
  EXPECT_EQ(sounds("C", "M:4/4\nK:C\n"), "60:2 ");
  EXPECT_EQ(sounds("C", "M:2/4\nK:C\n"), "60:1 ");
  EXPECT_EQ(sounds("C", "K:C\n"), "60:2 ");
}

TEST(Abc, ReadsEveryTuneAndRefusesWithTheLine) {
  const AbcFile file = read_abc("X:7\nK:C\nC\n\nfree text\n\nX:8\nT:no key\nC\n\nX:9\nK:C\nz\n");
  ASSERT_EQ(file.tunes.size(), 1U);
  EXPECT_EQ(file.tunes[0].number, 7);
  ASSERT_EQ(file.refused.size(), 2U);
  EXPECT_EQ(file.refused[0].reason, "ABC: line 10: expected a K: field, found the tune's end");
  EXPECT_EQ(file.refused[1].line, 11U);
  EXPECT_EQ(file.refused[1].reason, "ABC: line 11: expected a note in the tune, found none");
}

TEST(Abc, SaysWhatItLeftOut) {
  EXPECT_EQ(read_abc("X:1\nK:C\nC ^ D\n").refused.at(0).reason,
            "ABC: line 3, column 3: expected a note after an accidental");
  EXPECT_EQ(tune_of("C } D").mended, std::vector<std::string>{"line 6: left out \"}\""});
}

TEST(Abc, TextWithoutATuneIsRefused) {
  try {
    read_abc("MThd");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidFile);
    EXPECT_STREQ(e.what(), "ABC: line 1: expected a tune, which begins with X:, found none");
  }
}

TEST(Abc, HostileRepeatsAndLengthsEnd) {
  std::string repeats = "|: C ";
  for (int i = 0; i < 20'000; ++i) repeats += "[2 D ";
  EXPECT_EQ(read_abc("X:1\nK:C\n" + repeats + "\n").tunes.size(), 1U);
  std::string long_tune = "|: ";
  for (int i = 0; i < 30'000; ++i) long_tune += "C ";
  EXPECT_EQ(read_abc("X:1\nK:C\n" + long_tune + "|1-60 D :|\n").refused.size(), 1U);
  EXPECT_EQ(read_abc("X:1\nK:C\nC999999\n").refused.size(), 1U);
  EXPECT_EQ(read_abc("X:1\nK:C\nC''''''''''\n").refused.size(), 1U);
}

}  // namespace
}  // namespace motet
