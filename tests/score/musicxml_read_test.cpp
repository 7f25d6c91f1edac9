// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "tests/score/musicxml_text.h"

namespace motet {
namespace {

using test::attributes_xml;
using test::measure_xml;
using test::note_xml;
using test::one_part_xml;
using test::read_xml;
using test::says;

TEST(MusicXmlRead, NotesFollowOneAnotherAndChordsSoundTogether) {
  const Reading reading = read_xml(
      one_part_xml(measure_xml(attributes_xml(2) + note_xml('C', 4, 2) + note_xml('D', 4, 1) +
                               note_xml('F', 4, 1, "", "<chord/>") + note_xml('E', 4, 5))));
  ASSERT_EQ(reading.score.parts.size(), 1U);
  const std::vector<Note>& notes = reading.score.parts[0].notes;
  ASSERT_EQ(notes.size(), 4U);
  EXPECT_EQ(reading.score.ticks_per_quarter, 2);
  EXPECT_EQ(notes[0].pitch, 60);
  EXPECT_EQ(notes[1].onset, Ticks{2});
  EXPECT_EQ(notes[2].onset, Ticks{2});
  EXPECT_EQ(notes[2].pitch, 65);
  EXPECT_EQ(notes[3].onset, Ticks{3});
  EXPECT_EQ(notes[3].duration, Ticks{5});
  EXPECT_TRUE(reading.mended.empty());
}

TEST(MusicXmlRead, DivisionsOfAllPartsFitTheResolution) {
  const Score score = read_xml(one_part_xml(measure_xml(attributes_xml(4) + note_xml('C', 4, 16)) +
                                            measure_xml("<attributes><divisions>6</divisions>"
                                                        "</attributes>" +
                                                        note_xml('D', 4, 24))))
                          .score;
  EXPECT_EQ(score.ticks_per_quarter, 12);
  EXPECT_EQ(score.parts[0].notes[1].onset, Ticks{48});
  EXPECT_EQ(score.parts[0].notes[1].duration, Ticks{48});
}

TEST(MusicXmlRead, DivisionsBeyondMidiAreReducedToWhatIsUsed) {
  const Reading reading = read_xml(one_part_xml(measure_xml(
      attributes_xml(720'720) + note_xml('C', 4, 720'720 * 3) + note_xml('D', 4, 720'720 / 3))));
  EXPECT_EQ(reading.score.ticks_per_quarter, 3);
  EXPECT_EQ(reading.score.parts[0].notes[1].duration, Ticks{1});
  EXPECT_TRUE(reading.mended.empty());
}

TEST(MusicXmlRead, PlacesThatNoResolutionHoldsAreRoundedAndSaid) {
  const Reading reading = read_xml(one_part_xml(measure_xml(
      attributes_xml(1'000'003) + note_xml('C', 4, 500'000) + note_xml('D', 4, 3'500'012))));
  EXPECT_EQ(reading.score.ticks_per_quarter, 30240);
  EXPECT_EQ(reading.score.parts[0].notes[1].onset, Ticks{15120});
  EXPECT_TRUE(says(reading.mended, "between two ticks"));
}

TEST(MusicXmlRead, TiedHeadsAreOneNote) {
  const std::string start = R"(<tie type="start"/>)";
  const std::string stop = R"(<tie type="stop"/>)";
  const Part part =
      read_xml(one_part_xml(measure_xml(attributes_xml(1) + note_xml('C', 4, 4, start)) +
                            measure_xml(note_xml('C', 4, 2, stop + start) +
                                        note_xml('C', 4, 1, stop) + note_xml('C', 4, 1))))
          .score.parts[0];
  ASSERT_EQ(part.notes.size(), 2U);
  EXPECT_EQ(part.notes[0].duration, Ticks{7});
  ASSERT_EQ(part.written.size(), 4U);
  EXPECT_EQ(part.written[0].note, part.notes[0].id);
  EXPECT_EQ(part.written[2].note, part.notes[0].id);
  EXPECT_EQ(part.written[3].note, part.notes[1].id);
}

TEST(MusicXmlRead, TieThatBeginsNowhereIsSaid) {
  const Reading reading = read_xml(
      one_part_xml(measure_xml(attributes_xml(1) + note_xml('C', 4, 4, R"(<tie type="stop"/>)"))));
  EXPECT_EQ(count_notes(reading.score), 1U);
  EXPECT_TRUE(says(reading.mended, "measure 1 of part P1: a tie"));
}

TEST(MusicXmlRead, VoicesGoBackAndForward) {
  const Part part = read_xml(one_part_xml(measure_xml(attributes_xml(1) +
                                                      note_xml('C', 5, 4, "<voice>1</voice>") +
                                                      "<backup><duration>4</duration></backup>"
                                                      "<forward><duration>1</duration></forward>" +
                                                      note_xml('C', 4, 3, "<voice>2</voice>"))))
                        .score.parts[0];
  ASSERT_EQ(part.notes.size(), 2U);
  EXPECT_EQ(part.notes[1].onset, Ticks{1});
  EXPECT_EQ(part.notes[1].voice, 1);
}

TEST(MusicXmlRead, UpbeatMovesTheBarLinesWithoutASign) {
  const Score score = read_xml(one_part_xml(measure_xml(attributes_xml(1) + note_xml('C', 4, 1)) +
                                            measure_xml(note_xml('D', 4, 4))))
                          .score;
  const std::vector<Bar> bars = bars_of(score);
  ASSERT_EQ(bars.size(), 2U);
  EXPECT_EQ(bars[0].length, Ticks{1});
  EXPECT_EQ(bars[1].begin, Ticks{1});
  EXPECT_EQ(bars[1].length, Ticks{4});
  EXPECT_FALSE(score.metres[0].is_hidden);
  EXPECT_TRUE(score.metres[1].is_hidden);
}

TEST(MusicXmlRead, CadenzaIsOneLongBar) {
  const Score score = read_xml(one_part_xml(measure_xml(attributes_xml(1) + note_xml('C', 4, 11)) +
                                            measure_xml(note_xml('D', 4, 4))))
                          .score;
  const std::vector<Bar> bars = bars_of(score);
  ASSERT_EQ(bars.size(), 2U);
  EXPECT_EQ(bars[0].length, Ticks{11});
  EXPECT_EQ(bars[1].length, Ticks{4});
}

TEST(MusicXmlRead, TransposingInstrumentsSoundAsTheyDo) {
  const Score score =
      read_xml(
          one_part_xml(measure_xml(attributes_xml(1,
                                                  "<key><fifths>2</fifths></key><transpose>"
                                                  "<diatonic>-1</diatonic><chromatic>-2</chromatic>"
                                                  "</transpose>") +
                                   note_xml('D', 5, 4))))
          .score;
  const Part& part = score.parts[0];
  EXPECT_EQ(part.notes[0].pitch, 72);
  EXPECT_EQ(part.notes[0].spelling, 0);  // C
  EXPECT_EQ(part.transposition, (Transposition{-2, -1}));
  ASSERT_EQ(score.keys.size(), 1U);
  EXPECT_EQ(score.keys[0].fifths, 0);
}

TEST(MusicXmlRead, GraceNotesTakeNoTimeAndAreNotPlayed) {
  const Part part =
      read_xml(one_part_xml(measure_xml(
                   attributes_xml(1) +
                   R"(<note><grace slash="yes"/><pitch><step>B</step><octave>4</octave></pitch>)"
                   "<type>eighth</type></note>" +
                   note_xml('C', 5, 4))))
          .score.parts[0];
  EXPECT_EQ(part.notes.size(), 1U);
  ASSERT_EQ(part.written.size(), 2U);
  EXPECT_TRUE(part.written[0].has(kGrace));
  EXPECT_TRUE(part.written[0].has(kSlashed));
  EXPECT_EQ(part.written[0].duration, Ticks{0});
  EXPECT_EQ(part.written[0].note.value, 0U);
}

TEST(MusicXmlRead, TupletsKeepTheirValuesAndBrackets) {
  const std::string triplet =
      "<type>eighth</type><time-modification><actual-notes>3</actual-notes>"
      "<normal-notes>2</normal-notes></time-modification>";
  const std::string begin = R"(<notations><tuplet type="start"/></notations>)";
  const std::string end = R"(<notations><tuplet type="stop"/></notations>)";
  const Part part =
      read_xml(one_part_xml(measure_xml(attributes_xml(3) + note_xml('C', 4, 1, triplet + begin) +
                                        note_xml('D', 4, 1, triplet) +
                                        note_xml('E', 4, 1, triplet + end) + note_xml('F', 4, 9))))
          .score.parts[0];
  ASSERT_EQ(part.written.size(), 4U);
  EXPECT_EQ(part.written[1].value, 3);
  EXPECT_EQ(part.written[1].actual, 3);
  EXPECT_EQ(part.written[1].normal, 2);
  EXPECT_TRUE(part.written[0].has(kTupletBegin));
  EXPECT_TRUE(part.written[2].has(kTupletEnd));
  EXPECT_TRUE(part.written[3].has(kUntypedValue));
  EXPECT_EQ(part.written[3].value, 1);
  EXPECT_EQ(part.written[3].dots, 1);
}

TEST(MusicXmlRead, LyricsKeepVerseHyphensAndLines) {
  const std::string verses =
      R"(<lyric number="1"><syllabic>begin</syllabic><text>A</text></lyric>)"
      R"(<lyric number="2"><syllabic>single</syllabic><text>te</text><elision/><text>e</text>)"
      "<extend/></lyric>";
  const Part part =
      read_xml(one_part_xml(measure_xml(attributes_xml(1) + note_xml('C', 4, 4, verses))))
          .score.parts[0];
  ASSERT_EQ(part.lyrics.size(), 2U);
  EXPECT_EQ(part.lyrics[0].text, "A");
  EXPECT_EQ(part.lyrics[0].syllabic, Syllabic::kBegin);
  EXPECT_EQ(part.lyrics[1].text, "te\u203Fe");
  EXPECT_EQ(part.lyrics[1].verse, 2);
  EXPECT_TRUE(part.lyrics[1].is_extended);
}

TEST(MusicXmlRead, ChordSymbolsBecomeLeadSheetNames) {
  const std::string chord =
      "<harmony><root><root-step>F</root-step><root-alter>1</root-alter></root>"
      "<kind text=\"min7\">minor-seventh</kind>"
      "<degree><degree-value>5</degree-value><degree-alter>-1</degree-alter>"
      "<degree-type>alter</degree-type></degree></harmony>"
      "<harmony><root><root-step>C</root-step></root><kind>dominant</kind>"
      "<bass><bass-step>B</bass-step><bass-alter>-1</bass-alter></bass>"
      "<degree><degree-value>9</degree-value><degree-alter>1</degree-alter>"
      "<degree-type>add</degree-type></degree><offset>2</offset></harmony>";
  const Score score =
      read_xml(one_part_xml(measure_xml(attributes_xml(1) + chord + note_xml('C', 4, 4)))).score;
  ASSERT_EQ(score.chords.size(), 2U);
  EXPECT_EQ(score.chords[0].text, "F#m7b5");
  EXPECT_EQ(score.chords[1].text, "C7(#9)/Bb");
  EXPECT_EQ(score.chords[1].at, Ticks{2});
}

TEST(MusicXmlRead, SoundAndMetronomeGiveTheTempo) {
  const std::string mark =
      "<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/>"
      "<per-minute>60</per-minute></metronome></direction-type></direction>";
  const Score score =
      read_xml(one_part_xml(measure_xml(attributes_xml(1) + mark + note_xml('C', 4, 4)) +
                            measure_xml(R"(<sound tempo="72.5"/>)" + note_xml('C', 4, 4))))
          .score;
  ASSERT_EQ(score.tempos.size(), 2U);
  EXPECT_DOUBLE_EQ(score.tempos[0].quarters_per_minute, 90);
  EXPECT_DOUBLE_EQ(score.tempos[1].quarters_per_minute, 72.5);
}

TEST(MusicXmlRead, RepeatsEndingsAndJumpsStandAtTheirBarLines) {
  const std::string measures =
      measure_xml(attributes_xml(1) +
                  R"(<barline location="left"><repeat direction="forward"/></barline>)" +
                  note_xml('C', 4, 4)) +
      measure_xml(R"(<barline location="left"><ending number="1, 2" type="start"/></barline>)" +
                  note_xml('D', 4, 4) +
                  R"(<barline location="right"><ending number="1, 2" type="stop"/>)"
                  R"(<repeat direction="backward" times="3"/></barline>)") +
      measure_xml(
          "<direction><direction-type><words>D.C. al Fine</words></direction-type>"
          R"(<sound dacapo="yes"/></direction>)" +
          note_xml('E', 4, 4));
  const std::vector<Barline> lines = read_xml(one_part_xml(measures)).score.barlines;
  const std::vector<Barline> expected = {
      {Ticks{0}, BarlineKind::kRepeatBegin, "", 2},
      {Ticks{4}, BarlineKind::kEndingBegin, "1,2", 2},
      {Ticks{8}, BarlineKind::kRepeatEnd, "", 3},
      {Ticks{8}, BarlineKind::kEndingEnd, "1,2", 2},
      {Ticks{12}, BarlineKind::kDaCapo, "D.C. al Fine", 2},
  };
  EXPECT_EQ(lines, expected);
}

TEST(MusicXmlRead, DrumsAreTheKeysOfTheirInstruments) {
  const std::string listed =
      R"(<score-instrument id="P1-I1"><instrument-name>Snare</instrument-name></score-instrument>)"
      R"(<midi-instrument id="P1-I1"><midi-channel>10</midi-channel>)"
      "<midi-unpitched>41</midi-unpitched></midi-instrument>";
  const std::string stroke =
      "<note><unpitched><display-step>C</display-step><display-octave>5</display-octave>"
      R"(</unpitched><duration>4</duration><instrument id="P1-I1"/></note>)";
  const Part part =
      read_xml(one_part_xml(measure_xml(attributes_xml(1) + stroke), listed)).score.parts[0];
  EXPECT_TRUE(part.is_drums);
  EXPECT_EQ(part.notes[0].pitch, 40);
  EXPECT_EQ(part.notes[0].spelling, kUnspelled);
}

TEST(MusicXmlRead, TimewiseIsThePartwiseScore) {
  const std::string head =
      R"(<part-list><score-part id="A"><part-name>A</part-name></score-part>)"
      R"(<score-part id="B"><part-name>B</part-name></score-part></part-list>)";
  const std::string a1 = attributes_xml(1) + note_xml('C', 5, 4);
  const std::string a2 = note_xml('D', 5, 4);
  const std::string b1 = attributes_xml(2) + note_xml('C', 3, 8);
  const std::string b2 = note_xml('G', 3, 8);
  const std::string partwise = "<score-partwise>" + head + "<part id=\"A\">" + measure_xml(a1) +
                               measure_xml(a2) + "</part><part id=\"B\">" + measure_xml(b1) +
                               measure_xml(b2) + "</part></score-partwise>";
  const std::string timewise =
      "<score-timewise>" + head +
      measure_xml("<part id=\"A\">" + a1 + "</part><part id=\"B\">" + b1 + "</part>") +
      measure_xml("<part id=\"A\">" + a2 + "</part><part id=\"B\">" + b2 + "</part>") +
      "</score-timewise>";
  EXPECT_EQ(read_xml(timewise).score, read_xml(partwise).score);
  EXPECT_EQ(count_notes(read_xml(timewise).score), 4U);
}

TEST(MusicXmlRead, WhatAScoreCannotHoldIsSaidOnceAKindWithItsCount) {
  const std::string odd = "<notations><technical><fingering>1</fingering></technical></notations>";
  const Reading reading = read_xml(one_part_xml(
      measure_xml(attributes_xml(1) + note_xml('C', 4, 2, odd) + note_xml('D', 4, 2, odd))));
  ASSERT_EQ(reading.mended.size(), 1U);
  EXPECT_EQ(
      reading.mended[0],
      "MusicXML: measure 1 of part P1: <fingering> was left out (2 times; this is the first)");
}

}  // namespace
}  // namespace motet
