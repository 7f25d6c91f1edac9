// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "motet/score/formats.h"
#include "motet/score/midi.h"
#include "tests/score/midi_bytes.h"

namespace motet {
namespace {

/// A meta event of a type, after so many ticks.
void append_text(Bytes& track, uint8_t delta, uint8_t type, const std::string& text) {
  track.insert(track.end(), {delta, 0xFF, type, static_cast<uint8_t>(text.size())});
  track.insert(track.end(), text.begin(), text.end());
}

void append_note(Bytes& track, uint8_t pitch) {
  track.insert(track.end(), {0, 0x90, pitch, 80, 96, 0x80, pitch, 0});
}

const Bytes kEnd = {0, 0xFF, 0x2F, 0};

Bytes ended(Bytes track) {
  track.insert(track.end(), kEnd.begin(), kEnd.end());
  return track;
}

/// A melody and a bass in half notes; the words have a track of their own.
Bytes karaoke() {
  constexpr uint8_t kText = 1;
  Bytes head;
  append_text(head, 0, kText, "@KMIDI KARAOKE FILE");
  Bytes words;
  for (const char* line : {"@LENGL", "@TAmazing Grace", "@TNewton"})
    append_text(words, 0, kText, line);
  append_text(words, 0, kText, "\\A");
  append_text(words, 96, kText, "ma");
  append_text(words, 96, kText, "zing ");
  append_text(words, 96, kText, "/grace");
  Bytes bass = {0, 0x91, 36, 80, 0x81, 0x40, 0x81, 36, 0};
  Bytes melody;
  for (const int pitch : {60, 62, 64, 65}) append_note(melody, static_cast<uint8_t>(pitch));
  return test::midi_file(1, 96, {ended(head), ended(words), ended(bass), ended(melody)});
}

TEST(MidiKaraoke, WordsAreSungByThePartWhoseNotesTheyMeet) {
  const Reading reading = read_midi(karaoke());
  EXPECT_TRUE(reading.score.markers.empty());
  ASSERT_EQ(reading.score.parts.size(), 2U);
  EXPECT_TRUE(reading.score.parts[0].lyrics.empty());
  std::string words;
  for (const Lyric& lyric : reading.score.parts[1].lyrics) words += lyric.text + " ";
  EXPECT_EQ(words, "A- ma- zing grace ");
}

TEST(MidiKaraoke, ItsHeadNamesThePiece) {
  const Reading reading = read_midi(karaoke());
  EXPECT_EQ(reading.score.title, "Amazing Grace");
  EXPECT_EQ(reading.score.composer, "Newton");
  EXPECT_EQ(reading.mended, std::vector<std::string>{"left out 1 lines of the karaoke head"});
}

TEST(MidiKaraoke, TextWithoutItsHeadIsNoKaraoke) {
  Bytes track;
  append_text(track, 0, 1, "@TNot a title");
  append_note(track, 60);
  const Score score = read_midi(test::midi_file(0, 96, {ended(track)})).score;
  ASSERT_EQ(score.markers.size(), 1U);
  EXPECT_EQ(score.markers[0].text, "@TNot a title");
}

Bytes patterns() {
  Bytes first = {0, 0xFF, 0x51, 3, 0x07, 0xA1, 0x20};
  append_text(first, 0, 3, "Verse");
  append_note(first, 60);
  Bytes second = {0, 0xFF, 0x51, 3, 0x0F, 0x42, 0x40};
  append_note(second, 72);
  return test::midi_file(2, 96, {ended(first), ended(second)});
}

TEST(MidiPatterns, TheTracksOfTypeTwoArePieces) {
  const Book book = read_any(patterns(), "a.mid", Repeats::kWritten);
  ASSERT_EQ(book.pieces.size(), 2U);
  const Score& first = book.pieces[0].reading.score;
  const Score& second = book.pieces[1].reading.score;
  EXPECT_EQ(first.title, "Verse");
  EXPECT_DOUBLE_EQ(first.tempos.at(0).quarters_per_minute, 120);
  EXPECT_DOUBLE_EQ(second.tempos.at(0).quarters_per_minute, 60);
  EXPECT_EQ(second.parts.at(0).notes.at(0).pitch, 72);
}

TEST(MidiPatterns, SideBySideTheySaySo) {
  const Reading reading = read_midi(patterns());
  EXPECT_EQ(reading.score.parts.size(), 2U);
  ASSERT_EQ(reading.mended.size(), 1U);
  EXPECT_EQ(reading.mended[0],
            "the tracks of a file of type 2, which are pieces, stand side by side");
}

}  // namespace
}  // namespace motet
