// SPDX-License-Identifier: Apache-2.0
#include "motet/synth/render.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <filesystem>
#include <numbers>
#include <string>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/synth/soundfont.h"
#include "tests/synth/tiny_soundfont.h"

namespace motet::synth {
namespace {

using audio::Waveform;

constexpr int kRate = 44'100;
constexpr uint8_t kOrgan = 19;
constexpr uint8_t kTuba = 58;
constexpr uint8_t kFlute = 73;
constexpr float kNothing = 1e-6F;  // FluidSynth adds 3e-8 against denormals

Note note(int64_t onset, int64_t duration, uint8_t pitch) {
  return {.onset = {onset}, .duration = {duration}, .pitch = pitch, .velocity = 90, .id = {}};
}

/// 480 ticks a quarter at 120 quarters a minute: 960 ticks are a second.
Score score_of(std::vector<Note> notes, uint8_t program = 0) {
  Part part;
  part.program = program;
  part.notes = std::move(notes);
  Score score;
  score.parts.push_back(part);
  return score;
}

float loudest(const Waveform& sound, double from_seconds, double to_seconds) {
  const auto frame = [&](double seconds) {
    return std::min(static_cast<size_t>(seconds * kRate) * 2, sound.samples.size());
  };
  float peak = 0.0F;
  for (size_t i = frame(from_seconds); i < frame(to_seconds); ++i) {
    peak = std::max(peak, std::abs(sound.samples[i]));
  }
  return peak;
}

/// How much of one frequency there is in a second of the left channel.
double strength(const Waveform& sound, double from_seconds, double frequency_hz) {
  std::complex<double> sum = 0.0;
  const auto begin = static_cast<size_t>(from_seconds * kRate);
  for (size_t i = 0; i < kRate / 2; ++i) {
    const double phase = -2.0 * std::numbers::pi * frequency_hz * static_cast<double>(i) / kRate;
    sum += static_cast<double>(sound.samples.at(2 * (begin + i))) * std::polar(1.0, phase);
  }
  return std::abs(sum);
}

class Render : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    soundfont_ = std::filesystem::path(testing::TempDir()) /
                 (std::string("motet_render_") + test->name() + ".sf2");
    write_file(soundfont_, ByteView(test::tiny_soundfont({0, kOrgan, kFlute}, {kTuba})));
  }
  void TearDown() override { std::filesystem::remove(soundfont_); }

  Waveform sound_of(const Score& score) { return render(score, soundfont_, Progress()); }

  std::filesystem::path soundfont_;
};

TEST_F(Render, TheSameScoreGivesTheSameSamples) {
  const Score score = score_of({note(0, 480, 60), note(480, 480, 64)});
  EXPECT_EQ(sound_of(score).samples, sound_of(score).samples);
}

TEST_F(Render, ANoteSoundsWhenItIsDueAndNotBefore) {
  const Waveform sound = sound_of(score_of({note(960, 480, 69)}));
  EXPECT_LT(loudest(sound, 0.0, 0.999), kNothing);
  EXPECT_GT(loudest(sound, 1.0, 1.2), 0.01F);
}

TEST_F(Render, TheTempoMapIsFollowed) {
  Score score = score_of({note(960, 480, 69)});
  score.tempos = {{Ticks{0}, 60.0}};
  const Waveform sound = sound_of(score);
  EXPECT_LT(loudest(sound, 0.0, 1.999), kNothing);
  EXPECT_GT(loudest(sound, 2.0, 2.2), 0.01F);
}

TEST_F(Render, APitchSoundsAtItsFrequency) {
  const Waveform sound = sound_of(score_of({note(0, 1920, 69)}, kFlute));
  EXPECT_GT(strength(sound, 0.5, 440.0), 10 * strength(sound, 0.5, 466.16));
  EXPECT_GT(strength(sound, 0.5, 440.0), 10 * strength(sound, 0.5, 415.30));
}

TEST_F(Render, RingsUntilItIsSilentAndAtMostThreeSeconds) {
  const Waveform sound = sound_of(score_of({note(0, 960, 36)}));
  EXPECT_GT(sound.length_seconds(), 1.0);
  EXPECT_LE(sound.length_seconds(), 4.01);
}

TEST_F(Render, NeverReachesFullScale) {
  std::vector<Note> all;
  for (uint8_t pitch = 30; pitch < 100; ++pitch) {
    all.push_back(note(0, 960, pitch));
    all.back().velocity = 127;
  }
  const float peak = audio::peak_of(sound_of(score_of(all)));
  EXPECT_LT(peak, 0.9F);
  EXPECT_GT(peak, 0.8F);  // turned down to -1 dBFS, no further
}

TEST_F(Render, PartsDoNotStealOneAnothersInstrument) {
  const Score flute = score_of({note(0, 960, 69)}, kFlute);
  Score both = flute;
  both.parts.push_back(score_of({note(1920, 960, 33)}, kTuba).parts[0]);
  const Waveform alone = sound_of(flute);
  const Waveform together = sound_of(both);
  for (size_t i = 0; i < kRate; ++i) {  // the first half second: only the flute plays
    ASSERT_NEAR(alone.samples[i], together.samples[i], 1e-6F) << i;
  }
}

TEST_F(Render, DrumsAreDrums) {
  Score drums = score_of({note(0, 480, 38)});
  drums.parts[0].is_drums = true;
  const Score piano = score_of({note(0, 480, 38)});
  EXPECT_NE(sound_of(drums).samples, sound_of(piano).samples);
  EXPECT_GT(audio::peak_of(sound_of(drums)), 0.01F);
}

TEST_F(Render, AKeyStruckAgainIsNotSilencedByItsFirstNotesEnd) {
  // The first note ends in the middle of the second one.
  const Waveform sound = sound_of(score_of({note(0, 1440, 60), note(960, 1920, 60)}, kOrgan));
  EXPECT_GT(loudest(sound, 2.4, 2.9), 0.3F * loudest(sound, 0.4, 0.9));
}

TEST_F(Render, MoreThanSixteenPartsSoundToo) {
  Score score;
  for (int i = 0; i < 40; ++i) {
    score.parts.push_back(score_of({note(i == 39 ? 960 : 0, 240, 60)}).parts[0]);
  }
  EXPECT_GT(loudest(sound_of(score), 1.0, 1.2), 0.001F);
}

TEST_F(Render, TheTenthPartHasItsInstrumentToo) {  // MIDI's tenth channel is the drums'
  Score score;
  for (int i = 0; i < 9; ++i) score.parts.push_back(score_of({note(0, 1, 60)}).parts[0]);
  score.parts.push_back(score_of({note(960, 960, 69)}, kFlute).parts[0]);
  const Waveform alone = sound_of(score_of({note(960, 960, 69)}, kFlute));
  const Waveform tenth = sound_of(score);
  EXPECT_NEAR(strength(tenth, 1.2, 3 * 440.0) / strength(tenth, 1.2, 440.0),
              strength(alone, 1.2, 3 * 440.0) / strength(alone, 1.2, 440.0), 1e-3);
}

TEST_F(Render, APedalThatIsHeldAtTheEndIsLetGo) {
  Score score = score_of({note(0, 480, 60)}, kOrgan);
  score.parts[0].controls = {{.at = Ticks{0}, .number = 64, .value = 127}};
  const Waveform sound = sound_of(score);
  EXPECT_LT(sound.length_seconds(), 3.0);
}

TEST_F(Render, AnEmptyScoreIsAShortSilence) {
  const Waveform sound = sound_of(Score{});
  EXPECT_LT(audio::peak_of(sound), kNothing);
  EXPECT_LT(sound.length_seconds(), 1.0);
}

TEST_F(Render, StopsWhenAskedTo) {
  Progress* channel = nullptr;
  Progress progress([&](const ProgressEvent& event) {
    if (event.done >= 2) channel->request_stop();
  });
  channel = &progress;
  const Waveform sound = render(score_of({note(0, 96'000, 60)}), soundfont_, progress);
  EXPECT_LT(sound.length_seconds(), 7.0);
}

TEST_F(Render, MoreThanAnHourIsRefused) {
  EXPECT_THROW(sound_of(score_of({note(0, 960 * 3601, 60)})), Error);
}

TEST(RenderWithDebiansSoundfont, APianoSounds) {
  try {
    const Waveform sound = render(score_of({note(0, 960, 60)}), find_soundfont(""), Progress());
    EXPECT_GT(loudest(sound, 0.0, 0.5), 0.01F);
    EXPECT_LT(audio::peak_of(sound), 0.9F);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnavailable) throw;
    GTEST_SKIP() << error.what();
  }
}

TEST_F(Render, WhatIsNoSoundfontIsRefusedByName) {
  try {
    render(score_of({note(0, 480, 60)}), __FILE__, Progress());
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    EXPECT_EQ(std::string(error.what()).rfind(__FILE__, 0), 0U) << error.what();
  }
}

}  // namespace
}  // namespace motet::synth
