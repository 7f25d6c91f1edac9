// SPDX-License-Identifier: Apache-2.0
#include "motet/score/midi.h"

#include <gtest/gtest.h>

#include <string>

#include "motet/base/error.h"
#include "tests/score/midi_bytes.h"
#include "tests/support/random_score.h"

namespace motet {
namespace {

using test::channel_event;
using test::midi_file;
using test::random_score;

TEST(Midi, WrittenAndReadIsTheSameScore) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const Score score = random_score(seed);
    const Reading reading = read_midi(write_midi(score));
    ASSERT_TRUE(reading.score == score) << "seed " << seed;
    ASSERT_TRUE(reading.mended.empty()) << "seed " << seed << ": " << reading.mended.front();
  }
}

TEST(Midi, TheSameScoreGivesTheSameBytes) {
  EXPECT_EQ(write_midi(random_score(1)), write_midi(random_score(1)));
}

TEST(Midi, KeepsAPauseLongerThanADeltaTimeCanSay) {
  Score score;
  Part& part = score.parts.emplace_back();
  part.notes.push_back({Ticks{3'000'000'000}, Ticks{5}, 60, 64, 0, kUnspelled, {1}});
  EXPECT_EQ(read_midi(write_midi(score)).score, score);
}

TEST(Midi, MorePartsThanChannelsKeepTheirNotesAndPrograms) {
  Score score;
  for (int i = 0; i < 40; ++i) {
    Part& part = score.parts.emplace_back();
    part.name = "Part " + std::to_string(i);
    part.program = static_cast<uint8_t>(i);
    part.is_drums = i == 20;
    part.notes.push_back(
        {Ticks{i}, Ticks{10}, static_cast<uint8_t>(40 + i), 64, 0, kUnspelled, {}});
  }
  name_notes(score);
  EXPECT_EQ(read_midi(write_midi(score)).score, score);
}

TEST(Midi, PartsOfOneProgramShareAChannelBeyondTheFifteenth) {
  Score score;
  for (int i = 0; i < 17; ++i) {
    Part& part = score.parts.emplace_back();
    part.program = static_cast<uint8_t>(i % 15);
    part.notes.push_back({Ticks{}, Ticks{10}, 60, 64, 0, kUnspelled, {}});
  }
  const Bytes bytes = write_midi(score);
  std::array<int, 16> note_ons{};
  for (size_t i = 0; i + 2 < bytes.size(); ++i) {
    if ((bytes[i] & 0xF0) == 0x90 && bytes[i + 1] == 60) ++note_ons[bytes[i] & 0x0F];
  }
  EXPECT_EQ(note_ons[9], 0);
  EXPECT_EQ(note_ons[0], 2);  // programs 0 and 1 came twice
  EXPECT_EQ(note_ons[1], 2);
  EXPECT_EQ(note_ons[15], 1);
}

TEST(Midi, RunningStatusHoldsUntilTheNextStatus) {
  const Bytes track = {0, 0x90, 60, 64, 10, 60, 0, 0, 62, 64, 10, 62, 0, 0, 0xFF, 0x2F, 0};
  const Score score = read_midi(midi_file(0, 480, {track})).score;
  ASSERT_EQ(count_notes(score), 2U);
  EXPECT_EQ(score.parts[0].notes[1].onset, Ticks{10});
  EXPECT_EQ(score.parts[0].notes[1].pitch, 62);
}

TEST(Midi, NoteOnWithVelocityZeroIsANoteOff) {
  const Bytes track = {0, 0x90, 60, 64, 96, 0x90, 60, 0, 0, 0xFF, 0x2F, 0};
  const Score score = read_midi(midi_file(1, 96, {track})).score;
  ASSERT_EQ(count_notes(score), 1U);
  EXPECT_EQ(score.parts[0].notes[0].duration, Ticks{96});
}

TEST(Midi, OfOverlappingNotesOfOnePitchTheFirstEndsFirst) {
  const Bytes track = {0,  0x90, 60, 1,    10, 0x90, 60, 2,    10,   0x80,
                       60, 0,    10, 0x80, 60, 0,    0,  0xFF, 0x2F, 0};
  const Score score = read_midi(midi_file(1, 96, {track})).score;
  ASSERT_EQ(count_notes(score), 2U);
  EXPECT_EQ(score.parts[0].notes[0].duration, Ticks{20});
  EXPECT_EQ(score.parts[0].notes[0].velocity, 1);
  EXPECT_EQ(score.parts[0].notes[1].duration, Ticks{20});
}

TEST(Midi, TypeZeroGivesAPartForEveryChannel) {
  const Bytes track = {0,    0xC1, 40, 0, 0x91, 60, 64, 0, 0x90, 48, 64, 0, 0x99, 36,   64, 48,
                       0x81, 60,   0,  0, 0x80, 48, 0,  0, 0x89, 36, 0,  0, 0xFF, 0x2F, 0};
  const Score score = read_midi(midi_file(0, 96, {track})).score;
  ASSERT_EQ(score.parts.size(), 3U);
  EXPECT_EQ(score.parts[0].program, 0);
  EXPECT_EQ(score.parts[1].program, 40);
  EXPECT_TRUE(score.parts[2].is_drums);
}

TEST(Midi, TypeTwoTracksStandSideBySide) {
  const Bytes track = {0, 0x90, 60, 64, 96, 0x80, 60, 0, 0, 0xFF, 0x2F, 0};
  const Score score = read_midi(midi_file(2, 96, {track, track})).score;
  ASSERT_EQ(score.parts.size(), 2U);
  EXPECT_EQ(score.parts[0].notes[0].onset, score.parts[1].notes[0].onset);
}

TEST(Midi, AProgramInAnotherTrackCountsForTheChannel) {
  const Bytes setup = {0, 0xC3, 73, 0, 0xFF, 0x2F, 0};
  const Bytes notes = {0, 0x93, 60, 64, 96, 0x83, 60, 0, 0, 0xFF, 0x2F, 0};
  EXPECT_EQ(read_midi(midi_file(1, 96, {setup, notes})).score.parts[0].program, 73);
}

TEST(Midi, OfProgramsInOtherTracksTheLatestBeforeTheFirstNoteCounts) {
  const Bytes early = {0, 0xC3, 73, 0, 0xFF, 0x2F, 0};
  const Bytes late = {10, 0xC3, 40, 0, 0xFF, 0x2F, 0};
  const Bytes too_late = {90, 0xC3, 6, 0, 0xFF, 0x2F, 0};
  const Bytes notes = {20, 0x93, 60, 64, 96, 0x83, 60, 0, 0, 0xFF, 0x2F, 0};
  const Bytes file = midi_file(1, 96, {too_late, late, early, notes, late, early});
  const Score score = read_midi(file).score;
  EXPECT_EQ(score.parts.at(0).program, 40);
}

TEST(Midi, SplitSystemExclusiveSurvives) {
  const Bytes track = {0,    0xF0, 3,  0x43, 0x12, 0x00, 10, 0xF7, 2,    0x43, 0xF7, 0,
                       0x90, 60,   64, 96,   0x80, 60,   0,  0,    0xFF, 0x2F, 0};
  const Score score = read_midi(midi_file(1, 96, {track})).score;
  const std::vector<RawEvent> expected = {{Ticks{0}, 0xF0, 0, {0x43, 0x12, 0x00}},
                                          {Ticks{10}, 0xF7, 0, {0x43, 0xF7}}};
  EXPECT_EQ(score.parts[0].raw, expected);
  EXPECT_EQ(read_midi(write_midi(score)).score, score);
}

TEST(Midi, EveryMetaEventSurvives) {
  for (int type = 0; type < 128; ++type) {
    if (type == 0x2F) continue;  // the end of the track is no event of the music
    Bytes track = {0, 0xFF, static_cast<uint8_t>(type), 5, 4, 2, 24, 8, 0};
    for (const uint8_t byte : channel_event(0x90, 60, 64)) track.push_back(byte);
    track.insert(track.end(), {96, 0x80, 60, 0, 0, 0xFF, 0x2F, 0});
    const Reading reading = read_midi(midi_file(1, 96, {track}));
    const Score& score = reading.score;
    const size_t kept = score.markers.size() + score.tempos.size() + score.metres.size() +
                        score.keys.size() + score.parts[0].lyrics.size() +
                        score.parts[0].raw.size() + (score.parts[0].name.empty() ? 0 : 1);
    EXPECT_EQ(kept + reading.mended.size(), 1U) << "type " << type;
    EXPECT_EQ(read_midi(write_midi(score)).score, score) << "type " << type;
  }
}

TEST(Midi, SmpteDivisionBecomesTicksAt120) {
  struct Case {
    int frames, ticks, expected_per_quarter;
    double tempo;
    int64_t factor;
  };
  for (const Case& c :
       {Case{25, 40, 500, 120.0, 1}, Case{24, 80, 960, 120.0, 1}, Case{30, 100, 1500, 120.0, 1},
        Case{25, 1, 25, 120.0, 2}, Case{29, 100, 1500, 120.0 / 1.001, 1}}) {
    const int division = (256 - c.frames) << 8 | c.ticks;
    const Bytes track = {0, 0x90, 60, 64, 100, 0x80, 60, 0, 0, 0xFF, 0x2F, 0};
    const Score score = read_midi(midi_file(1, division, {track})).score;
    EXPECT_EQ(score.ticks_per_quarter, c.expected_per_quarter);
    ASSERT_EQ(score.tempos.size(), 1U);
    EXPECT_DOUBLE_EQ(score.tempos[0].quarters_per_minute, c.tempo);
    EXPECT_EQ(score.parts[0].notes[0].duration.value, 100 * c.factor);
  }
}

TEST(Midi, LatinLettersBecomeUtf8) {
  const Bytes track = {0,  0xFF, 3,  4,    'L', 'i', 'e', 0xE9, 0,    0x90,
                       60, 64,   96, 0x80, 60,  0,   0,   0xFF, 0x2F, 0};
  EXPECT_EQ(read_midi(midi_file(1, 96, {track})).score.parts[0].name, "Lie\u00E9");
}

TEST(Midi, ARiffFileIsUnwrapped) {
  const Score score = random_score(5);
  const Bytes inner = write_midi(score);
  Bytes bytes = {'R', 'I', 'F', 'F', 0, 0, 0,   0,   'R', 'M', 'I', 'D', 'L', 'I',
                 'S', 'T', 3,   0,   0, 0, 'a', 'b', 'c', 0,   'd', 'a', 't', 'a'};
  for (int shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<uint8_t>(inner.size() >> shift));
  }
  bytes.insert(bytes.end(), inner.begin(), inner.end());
  EXPECT_EQ(read_midi(bytes).score, score);
}

TEST(Midi, ABankIsChosenBeforeItsProgram) {
  Score score;
  Part& part = score.parts.emplace_back();
  part.program = 5;
  part.controls.push_back({Ticks{0}, ControlKind::kController, 0, 1});
  part.notes.push_back({Ticks{0}, Ticks{10}, 60, 64, 0, kUnspelled, {1}});
  const Bytes bytes = write_midi(score);
  const std::string text(bytes.begin(), bytes.end());
  EXPECT_LT(text.find(std::string("\xB0\x00\x01", 3)), text.find("\xC0\x05"));
  EXPECT_EQ(read_midi(bytes).score, score);
}

}  // namespace
}  // namespace motet
