// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "motet/base/error.h"
#include "motet/score/midi.h"
#include "tests/score/midi_bytes.h"
#include "tests/support/random_score.h"

namespace motet {
namespace {

using test::midi_file;
using test::random_score;

std::string refusal_of(ByteView bytes) {
  try {
    read_midi(bytes);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidFile) << e.what();
    return e.what();
  }
  return "";
}

Bytes as_bytes(std::string_view text) { return {text.begin(), text.end()}; }

TEST(Midi, EveryTruncationIsAnErrorOrAScore) {
  for (uint64_t seed = 0; seed < 4; ++seed) {
    const Bytes bytes = write_midi(random_score(seed));
    const size_t notes = count_notes(random_score(seed));
    for (size_t n = 0; n < bytes.size(); ++n) {
      try {
        const Reading reading = read_midi(ByteView(bytes).first(n));
        EXPECT_LE(count_notes(reading.score), notes);
        EXPECT_FALSE(reading.mended.empty()) << "silence at byte " << n;
      } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::kInvalidFile) << e.what();
      }
    }
  }
}

TEST(Midi, EveryChangedByteIsAnErrorOrAScoreThatSurvives) {
  const Bytes original = write_midi(random_score(11));
  for (size_t n = 0; n < original.size(); ++n) {
    for (const uint8_t flip : Bytes{0x01, 0x80, 0xFF}) {
      Bytes bytes = original;
      bytes[n] = static_cast<uint8_t>(bytes[n] ^ flip);
      try {
        const Score score = read_midi(bytes).score;
        ASSERT_TRUE(read_midi(write_midi(score)).score == score) << "byte " << n;
      } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::kInvalidFile) << e.what();
      }
    }
  }
}

TEST(Midi, ErrorNamesTheByte) {
  EXPECT_EQ(refusal_of(midi_file(1, 96, {{0, 0x90, 60}})),
            "MIDI: byte 25: expected a data byte, found the end");
  EXPECT_EQ(refusal_of(midi_file(1, 96, {{0, 0x90, 0x90, 60}})),
            "MIDI: byte 24: expected a data byte 0x00..0x7F, found 0x90");
  EXPECT_EQ(refusal_of(midi_file(1, 96, {{0, 60, 64}})),
            "MIDI: byte 23: expected a status byte 0x80..0xFF, found 0x3C");
  EXPECT_EQ(refusal_of(midi_file(1, 96, {{0xFF, 0xFF, 0xFF, 0xFF, 0x7F}})),
            "MIDI: byte 22: expected a delta time of at most four bytes, found a longer one");
}

TEST(Midi, AnEmptyFileSaysSo) {
  EXPECT_EQ(refusal_of({}), "MIDI: byte 0: expected \"MThd\", found an empty file");
}

TEST(Midi, AFileOfAnotherKindSaysWhatWasExpectedAndFound) {
  EXPECT_EQ(refusal_of(as_bytes("X:1\nT:A tune")),
            "MIDI: byte 0: expected \"MThd\", found \"X:1.\"");
  EXPECT_EQ(refusal_of(as_bytes("RI")), "MIDI: byte 0: expected \"MThd\", found \"RI\"");
}

TEST(Midi, AHeaderAloneIsNoMusic) {
  const Bytes none = midi_file(1, 96, {});
  EXPECT_EQ(refusal_of(none), "MIDI: byte 14: expected \"MTrk\", found the end");
  EXPECT_EQ(refusal_of(midi_file(1, 0, {{0, 0xFF, 0x2F, 0}})),
            "MIDI: byte 12: expected a division above 0, found 0");
}

TEST(Midi, ALengthOfTwoGigabytesAllocatesNothing) {
  Bytes bytes = midi_file(1, 96, {{0, 0x90, 60, 64, 10, 0x80, 60, 0, 0, 0xFF, 0x2F, 0}});
  bytes[18] = 0x7F;  // the track's length
  const Reading reading = read_midi(bytes);
  EXPECT_EQ(count_notes(reading.score), 1U);
  ASSERT_EQ(reading.mended.size(), 1U);
  EXPECT_EQ(reading.mended[0], "byte 18: the track claims 2130706444 bytes, but 12 are left");
  const Bytes sysex = {0, 0xF0, 0xFF, 0xFF, 0xFF, 0x7F, 0x43};
  EXPECT_EQ(refusal_of(midi_file(1, 96, {sysex})),
            "MIDI: byte 28: expected 268435455 bytes of system exclusive data, found 1");
}

TEST(Midi, MissingNoteOffsAreMended) {
  const Bytes track = {0, 0x90, 60, 64, 0, 0x90, 64, 64, 96, 0x80, 60, 0, 96, 0xFF, 0x2F, 0};
  const Reading reading = read_midi(midi_file(1, 96, {track}));
  ASSERT_EQ(count_notes(reading.score), 2U);
  EXPECT_EQ(reading.score.parts[0].notes[1].duration, Ticks{192});
  ASSERT_EQ(reading.mended.size(), 1U);
  EXPECT_EQ(reading.mended[0], "track 1: 1 notes had no note-off; ended them with the track");
}

TEST(Midi, StrayNoteOffsAreTold) {
  const Bytes track = {0, 0x90, 60, 64, 96, 0x80, 60, 0, 0, 0x80, 61, 0, 0, 0xFF, 0x2F, 0};
  const Reading reading = read_midi(midi_file(1, 96, {track}));
  ASSERT_EQ(reading.mended.size(), 1U);
  EXPECT_EQ(reading.mended[0], "track 1: left out 1 note-offs without a note");
}

TEST(Midi, ABrokenTrackKeepsWhatCameBefore) {
  const Bytes good = {0, 0x90, 60, 64, 96, 0x80, 60, 0, 0, 0xFF, 0x2F, 0};
  const Bytes broken = {0, 0x91, 62, 64, 96, 0x81, 62, 0, 0, 0x91, 0x91, 0};
  const Reading reading = read_midi(midi_file(1, 96, {broken, good}));
  EXPECT_EQ(reading.score.parts.size(), 2U);
  ASSERT_EQ(reading.mended.size(), 1U);
  EXPECT_EQ(reading.mended[0],
            "MIDI: byte 32: expected a data byte 0x00..0x7F, found 0x91; ended track 1 there");
}

TEST(Midi, ATrackCountThatLiesAndUnknownChunksAreTold) {
  Bytes bytes = midi_file(1, 96, {{0, 0x90, 60, 64, 96, 0x80, 60, 0, 0, 0xFF, 0x2F, 0}});
  bytes[11] = 9;
  bytes.insert(bytes.end(), {'X', 'F', 'I', 'H', 0, 0, 0, 2, 1, 2});
  const Reading reading = read_midi(bytes);
  ASSERT_EQ(reading.mended.size(), 2U);
  EXPECT_EQ(reading.mended[0], "byte 34: left out the chunk \"XFIH\"");
  EXPECT_EQ(reading.mended[1], "byte 14: expected 9 tracks, found 1");
}

const Bytes kOneNote = {0, 0x90, 60, 64, 96, 0x80, 60, 0, 0, 0xFF, 0x2F, 0};

TEST(Midi, ForeignBytesBeforeTheHeaderAreLeftOut) {
  Bytes bytes = as_bytes("From: somebody\r\n\r\n");
  const Bytes file = midi_file(1, 96, {kOneNote});
  bytes.insert(bytes.end(), file.begin(), file.end());
  const Reading reading = read_midi(bytes);
  EXPECT_EQ(count_notes(reading.score), 1U);
  EXPECT_EQ(reading.mended, std::vector<std::string>{"byte 0: left out 18 bytes before \"MThd\""});
}

TEST(Midi, AChunkThatSaysTooLittleIsReadToItsEnd) {
  Bytes bytes = midi_file(1, 96, {kOneNote, kOneNote});
  bytes[21] = 4;  // the first track's length is 12
  const Reading reading = read_midi(bytes);
  EXPECT_EQ(count_notes(reading.score), 2U);
  EXPECT_EQ(reading.mended, std::vector<std::string>{
                                "byte 18: the track claims 4 bytes, but the next one begins after "
                                "12"});
}

TEST(Midi, AChunkThatSaysTooMuchHidesNoTrack) {
  Bytes bytes = midi_file(1, 96, {kOneNote, kOneNote});
  bytes[21] = 30;
  const Reading reading = read_midi(bytes);
  EXPECT_EQ(count_notes(reading.score), 2U);
  EXPECT_FALSE(reading.mended.empty());
}

TEST(Midi, RunningStatusGoesOnAfterMetaEvents) {
  const Bytes track = {0, 0x90, 60, 64, 0, 0xFF, 0x01, 1, 'x', 48, 60, 0, 0, 0xFF, 0x2F, 0};
  const Reading reading = read_midi(midi_file(1, 96, {track}));
  ASSERT_EQ(count_notes(reading.score), 1U);
  EXPECT_EQ(reading.score.parts[0].notes[0].duration, Ticks{48});
}

TEST(Midi, OverlappingNotesOfOnePitchEndInTheOrderOfTheirBeginnings) {
  const Bytes track = {0,  0x90, 60, 64, 10, 60, 65, 10, 60, 66,   10,   0x80,
                       60, 0,    10, 60, 0,  10, 60, 0,  0,  0xFF, 0x2F, 0};
  const Reading reading = read_midi(midi_file(1, 96, {track}));
  EXPECT_TRUE(reading.mended.empty());
  const std::vector<Note>& notes = reading.score.parts.at(0).notes;
  ASSERT_EQ(notes.size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(notes[i].duration, Ticks{30});
    EXPECT_EQ(notes[i].velocity, 64 + i);
  }
  EXPECT_EQ(read_midi(write_midi(reading.score)).score, reading.score);
}

TEST(Midi, OverlappingNotesWithoutEndsAreMended) {
  const Bytes track = {0, 0x90, 60, 64, 10, 60, 65, 10, 60, 0, 10, 0xFF, 0x2F, 0};
  const Reading reading = read_midi(midi_file(1, 96, {track}));
  const std::vector<Note>& notes = reading.score.parts.at(0).notes;
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[0].duration, Ticks{20});
  EXPECT_EQ(notes[1].duration, Ticks{20});
  EXPECT_EQ(reading.mended.size(), 1U);
}

TEST(Midi, APortInTheMiddleOfATrackTearsNoPartApart) {
  const Bytes track = {0, 0x90, 60, 64, 96, 0x80, 60, 0, 0, 0xFF, 0x21, 1, 7,
                       0, 0x90, 62, 64, 96, 0x80, 62, 0, 0, 0xFF, 0x2F, 0};
  const Score score = read_midi(midi_file(1, 96, {track})).score;
  EXPECT_EQ(score.parts.size(), 1U);
  EXPECT_EQ(read_midi(write_midi(score)).score, score);
}

TEST(Midi, ImpossibleTempoMetreAndKeyAreLeftOutAndTold) {
  const Bytes track = {0,    0xFF, 0x51, 3,  0,    0,    0,    0, 0xFF, 0x58, 4,
                       4,    9,    24,   8,  0,    0xFF, 0x59, 2, 8,    0,    0,
                       0x90, 60,   64,   96, 0x80, 60,   0,    0, 0xFF, 0x2F, 0};
  const Reading reading = read_midi(midi_file(1, 96, {track}));
  EXPECT_EQ(reading.mended.size(), 3U);
  EXPECT_TRUE(reading.score.tempos.empty());
  EXPECT_TRUE(reading.score.metres.empty());
  EXPECT_TRUE(reading.score.keys.empty());
}

TEST(Midi, TimeBeyondAllMusicIsRefused) {
  Bytes track;
  for (int i = 0; i < 5000; ++i) {
    track.insert(track.end(), {0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0x01, 0});
  }
  track.insert(track.end(), {0, 0x90, 60, 64, 96, 0x80, 60, 0, 0, 0xFF, 0x2F, 0});
  EXPECT_NE(refusal_of(midi_file(1, 96, {track})).find("2^40 ticks"), std::string::npos);
}

}  // namespace
}  // namespace motet
