// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "tests/score/musicxml_text.h"
#include "tests/score/score_difference.h"
#include "tests/support/random_score.h"

namespace motet {
namespace {

using test::attributes_xml;
using test::difference;
using test::measure_xml;
using test::note_xml;
using test::one_part_xml;
using test::read_xml;

/// Reads, writes and reads again.
void expect_kept(const std::string& xml) {
  const Score score = read_xml(xml).score;
  EXPECT_EQ(difference(score, read_xml(write_musicxml(score)).score), "") << xml;
}

Written head(int64_t at, int64_t duration, uint32_t note, uint8_t pitch = 60) {
  Written written;
  written.at = Ticks{at};
  written.duration = Ticks{duration};
  written.note = {note};
  written.pitch = pitch;
  written.spelling = 0;
  return written;
}

TEST(MusicXmlPage, SeedsOfTheFuzzerAreTheSameAfterWriting) {
  const std::filesystem::path folder =
      std::filesystem::path(MOTET_SOURCE_DIR) / "fuzz/corpus/musicxml";
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    ++files;
    expect_kept(read_text(entry.path()));
  }
  EXPECT_GE(files, 2U);
}

TEST(MusicXmlPage, BarsOfAnyLengthAreTheSameAfterWriting) {
  for (const int first : {1, 3, 4, 7, 11, 501}) {
    for (const int last : {1, 4, 5}) {
      expect_kept(one_part_xml(measure_xml(attributes_xml(4) + note_xml('C', 4, first)) +
                               measure_xml(note_xml('D', 4, 16)) +
                               measure_xml(note_xml('E', 4, last))));
    }
  }
}

TEST(MusicXmlPage, HiddenTimeSignaturesStayHidden) {
  const std::string hidden =
      R"(<attributes><time print-object="no"><beats>2</beats><beat-type>4</beat-type></time>)"
      "</attributes>";
  const std::string xml =
      one_part_xml(measure_xml(attributes_xml(1) + note_xml('C', 4, 4)) +
                   measure_xml(hidden + note_xml('D', 4, 2)) + measure_xml(note_xml('D', 4, 2)));
  expect_kept(xml);
  const std::string text = write_musicxml(read_xml(xml).score);
  EXPECT_NE(text.find("<time print-object=\"no\">"), std::string::npos);
}

TEST(MusicXmlPage, AClefOfASecondStaffMakesOne) {
  const std::string clefs = R"(<clef number="1"><sign>G</sign><line>2</line></clef>)"
                            R"(<clef number="2"><sign>F</sign><line>4</line></clef>)";
  const std::string xml = one_part_xml(measure_xml(attributes_xml(1, clefs) + note_xml('C', 4, 4)));
  EXPECT_EQ(read_xml(xml).score.parts[0].staves, 2);
  expect_kept(xml);
}

TEST(MusicXmlPage, OfTwoClefsAtOnePlaceTheLastIsDrawn) {
  const std::string clefs =
      "<clef><sign>G</sign></clef><clef><sign>C</sign></clef><clef><sign>F</sign></clef>";
  const std::string xml = one_part_xml(measure_xml(attributes_xml(1, clefs) + note_xml('C', 4, 4)));
  const Score score = read_xml(xml).score;
  ASSERT_EQ(score.parts[0].clefs.size(), 1U);
  EXPECT_EQ(score.parts[0].clefs[0].sign, 'F');
  expect_kept(xml);
}

TEST(MusicXmlPage, DegreesOfChordSymbolsComeBack) {
  Score score = read_xml(one_part_xml(measure_xml(attributes_xml(1) + note_xml('C', 4, 4)))).score;
  for (const char* text : {"C", "Am7", "F#m7b5/E", "Bb7(b9)", "C7(b9,#11)", "G(add9)", "D7sus4",
                           "Ebmaj7(no3)", "A69", "N.C.", "E(addb5)", "Cdim7", "Faug", "Gm11"}) {
    score.chords = {{Ticks{0}, text}};
    const Score again = read_xml(write_musicxml(score)).score;
    ASSERT_EQ(again.chords.size(), 1U) << text;
    EXPECT_EQ(again.chords[0].text, text);
  }
}

TEST(MusicXmlPage, HeadsAcrossBarLinesAreCutAndTied) {
  Score score;
  score.ticks_per_quarter = 1;
  Part& part = score.parts.emplace_back();
  part.notes = {{Ticks{2}, Ticks{4}, 60, 64, 0, 0, {1}}};
  part.written = {head(2, 4, 1)};
  const Score again = read_xml(write_musicxml(score)).score;
  EXPECT_EQ(again.parts[0].notes, part.notes);
  ASSERT_EQ(again.parts[0].written.size(), 2U);
  EXPECT_EQ(again.parts[0].written[0].duration, Ticks{2});
  EXPECT_EQ(again.parts[0].written[1].at, Ticks{4});
}

TEST(MusicXmlPage, PartsThatSayNothingOfTheirPageKeepTheirNotes) {
  Score score;
  score.ticks_per_quarter = 2;
  score.parts.resize(2);
  score.parts[0].notes = {{Ticks{0}, Ticks{8}, 60, 64, 0, 0, {1}}};
  score.parts[0].written = {head(0, 8, 1)};
  score.parts[1].notes = {{Ticks{1}, Ticks{3}, 48, 64, 0, 0, {2}}};
  const Score again = read_xml(write_musicxml(score)).score;
  EXPECT_EQ(again.parts[1].notes, score.parts[1].notes);
}

TEST(MusicXmlPage, ASyllableUnderAGraceNoteAloneStaysThere) {
  const std::string grace =
      "<note><grace/><pitch><step>B</step><octave>4</octave></pitch>"
      "<voice>1</voice><lyric><text>a</text></lyric></note>";
  expect_kept(one_part_xml(measure_xml(attributes_xml(1) + grace) +
                           measure_xml(note_xml('C', 4, 4, "<voice>1</voice>"))));
}

TEST(MusicXmlPage, CompressedAndPlainAreTheSameScore) {
  const Score score = test::random_score(3);
  const std::string text = write_musicxml(score);
  EXPECT_EQ(read_musicxml(write_mxl(score)).score, read_xml(text).score);
  EXPECT_EQ(write_mxl(score), write_mxl(score));
}

TEST(MusicXmlPage, WhatWasHeardAndWrittenOnceIsTheSameForEver) {
  for (uint64_t seed = 0; seed < 25; ++seed) {
    const Score score = read_xml(write_musicxml(test::random_score(seed))).score;
    EXPECT_EQ(difference(score, read_xml(write_musicxml(score)).score), "") << "seed " << seed;
  }
}

TEST(MusicXmlPage, NotesKeepTheirNames) {
  Score score = read_xml(one_part_xml(measure_xml(attributes_xml(1) + note_xml('C', 4, 4)))).score;
  score.parts[0].notes[0].id = {77};
  score.parts[0].written[0].note = {77};
  EXPECT_EQ(read_xml(write_musicxml(score)).score.parts[0].notes[0].id, NoteId{77});
}

}  // namespace
}  // namespace motet
