// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc.h"

#include <gtest/gtest.h>

#include <sstream>
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
  std::ostringstream text;
  Ticks end;
  if (score.parts.empty()) return "";
  for (const Note& note : score.parts[0].notes) {
    if (note.onset > end) text << '@' << note.onset.value / 120 << ' ';
    text << int{note.pitch} << ':' << note.duration.value / 120 << ' ';
    end = std::max(end, note.onset + note.duration);
  }
  return text.str();
}

TEST(Abc, ReadsPitchesOctavesAndLengths) {
  EXPECT_EQ(sounds("C D2 c' c, C,, B/ A// G3/2 F/4 z2 E"),
            "60:4 62:8 84:4 60:4 36:4 71:2 69:1 67:6 65:1 @42 64:4 ");
}

TEST(Abc, AnAccidentalLastsForItsBar) {
  EXPECT_EQ(sounds("^F F f F | F"), "66:4 66:4 78:4 66:4 65:4 ");
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

/// Each syllable as "verse:onset in quarters:text", with '-' where the word goes on, '_' where it
/// lasts.
std::string words(const std::string& music) {
  std::ostringstream text;
  const Score score = tune_of(music).score;
  for (const Lyric& lyric : score.parts.at(0).lyrics) {
    const bool goes_on = lyric.syllabic == Syllabic::kBegin || lyric.syllabic == Syllabic::kMiddle;
    text << int{lyric.verse} << ':' << lyric.at.value / 480 << ':' << lyric.text
         << (goes_on ? "-" : "") << (lyric.is_extended ? "_ " : " ");
  }
  return text.str();
}

TEST(Abc, GivesSyllablesToNotesInEveryVerse) {
  EXPECT_EQ(words("C D | E F |\nw: A-le~lu * _ ia\nw: one | two\n+: three"),
            "1:0:A- 2:0:one 1:1:le lu_ 2:2:two 2:3:three ");
}

TEST(Abc, WordsAreSungToTheVoiceAndNotToItsOverlay) {
  EXPECT_EQ(words("C2 D2 & c4 | E4 |\nw: a b c"), "1:0:a 1:2:b 1:4:c ");
}

TEST(Abc, ReadsChordSymbolsTempoMetreAndTitle) {
  const Score score =
      tune_of("\"Am7\"A2 \"^slowly\"B2 | [M:3/4] \"G\"G3 |", "C:Anon\nM:C\nL:1/4\nQ:1/4=96\nK:Am\n")
          .score;
  EXPECT_EQ(score.title, "Tune");
  EXPECT_EQ(score.composer, "Anon");
  EXPECT_EQ(score.chords, (std::vector<ChordSymbol>{{Ticks{0}, "Am7"}, {Ticks{1920}, "G"}}));
  EXPECT_EQ(score.parts[0].directions,
            (std::vector<Direction>{{Ticks{960}, DirectionKind::kWords, "slowly", 0}}));
  EXPECT_EQ(score.tempos, (std::vector<TempoChange>{{Ticks{0}, 96.0}}));
  EXPECT_EQ(score.metres, (std::vector<MetreChange>{{Ticks{0}, 4, 4}, {Ticks{1920}, 3, 4}}));
}

Score page_of(const std::string& music, const std::string& header = "M:4/4\nL:1/4\nK:C\n") {
  const AbcFile file = read_abc("X:1\n" + header + music + "\n", Repeats::kWritten);
  return file.tunes.empty() ? Score{} : file.tunes[0].reading.score;
}

TEST(Abc, SaysHowNotesStandOnThePage) {
  const Score score = page_of("(3C/D/E/ C>D | (C4-) | C3/2 .E !trill!F3/2 z4 |");
  const std::vector<Written>& page = score.parts.at(0).written;
  ASSERT_EQ(page.size(), 10U);
  EXPECT_EQ(page[0].actual, 3);
  EXPECT_EQ(page[0].value, 3);
  EXPECT_TRUE(page[0].has(kTupletBegin));
  EXPECT_TRUE(page[2].has(kTupletEnd));
  EXPECT_EQ(page[3].dots, 1);
  EXPECT_TRUE(page[5].has(kSlurBegin));
  EXPECT_TRUE(page[5].has(kSlurEnd));
  EXPECT_EQ(page[5].note, page[6].note);  // tied heads are one note
  EXPECT_TRUE(page[7].has(kStaccato));
  EXPECT_TRUE(page[8].has(kTrill));
  EXPECT_TRUE(page[9].has(kRest));
  EXPECT_EQ(page_of("^C _D", "L:1/4\nK:C\n").parts.at(0).notes[0].spelling, 7);
}

TEST(Abc, KeepsRepeatsAndSignsWhereTheyAreNotPlayed) {
  const Score score = page_of("|: C4 |1 D4 :|2 E4 || !segno!F4 | G4 !D.S.! |]");
  std::vector<BarlineKind> kinds;
  for (const Barline& bar : score.barlines) kinds.push_back(bar.kind);
  EXPECT_EQ(kinds, (std::vector<BarlineKind>{BarlineKind::kRepeatBegin, BarlineKind::kEndingBegin,
                                             BarlineKind::kEndingEnd, BarlineKind::kRepeatEnd,
                                             BarlineKind::kEndingBegin, BarlineKind::kEndingEnd,
                                             BarlineKind::kDouble, BarlineKind::kSegno,
                                             BarlineKind::kFinal, BarlineKind::kDalSegno}));
  EXPECT_EQ(count_notes(score), 5U);
}

TEST(Abc, PlaysPartsInTheirOrder) {
  EXPECT_EQ(sounds("P:A\nC4 |\nP:B\n|: D4 :|", "P:ABA\nL:1/4\nK:C\n"), "60:16 62:16 62:16 60:16 ");
}

TEST(Abc, KnowsSymbolsMacrosAndEscapes) {
  const Score score =
      page_of("~g ZC", "T:Caf\\'e &amp; S\\oeur\nU:~=!fermata!\nm:ZC = DE\nL:1/4\nK:C\n");
  EXPECT_EQ(score.title.substr(0, 9), "Caf\u00E9 & S");
  EXPECT_TRUE(score.parts.at(0).written[0].has(kFermata));
  EXPECT_EQ(count_notes(score), 3U);
}

TEST(Abc, AClefMayMoveItsNotesAnOctave) {
  EXPECT_EQ(sounds("C [V:1 clef=treble] C", "L:1/4\nV:1 clef=treble-8\nK:C\n"), "48:4 60:4 ");
  EXPECT_EQ(sounds("F [K:clef=bass] F", "L:1/4\nK:G\n"), "66:4 66:4 ");
}

TEST(Abc, BarsOfAnotherLengthMoveTheBarLines) {
  const Score score = page_of("C4 | C5 | C3 | [M:none] C2 | C4 | C7 |");
  std::vector<int64_t> quarters;
  for (const Bar& bar : bars_of(score)) quarters.push_back(bar.length.value / 480);
  EXPECT_EQ(quarters, (std::vector<int64_t>{4, 5, 3, 2, 4, 7}));
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
  EXPECT_EQ(tune_of("C } D").mended, std::vector<std::string>{"line 6, column 3: left out \"}\""});
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

TEST(Abc, AFewBytesMakeNoMillionsOfNotesOrRests) {
  std::string rests = "X:1\nM:1/128\nK:C\n";
  for (int i = 0; i < 100; ++i) rests += "Z12000|";
  const AbcFile silent = read_abc(rests + "C|\n");
  ASSERT_EQ(silent.refused.size(), 1U);
  EXPECT_EQ(silent.refused[0].reason,
            "ABC: expected at most 1000000 notes and rests in a tune, found more");
  const AbcFile loud = read_abc("X:1\nK:C\n" + std::string(400'001, 'C') + "\n");
  ASSERT_EQ(loud.refused.size(), 1U);
  EXPECT_EQ(loud.refused[0].reason,
            "ABC: line 3, column 400001: expected at most 400000 notes and signs in a tune, found "
            "more");
}

TEST(Abc, InventedDecorationsAreNamedUpToAThousand) {
  std::string music;
  for (int i = 0; i < 1'200; ++i) music += "!mark" + std::to_string(i) + "!";
  const AbcFile file = read_abc("X:1\nK:C\n" + music + "C|\n");
  ASSERT_EQ(file.tunes.size(), 1U);
  EXPECT_EQ(file.tunes[0].unkept.size(), 1'000U);
}

}  // namespace
}  // namespace motet
