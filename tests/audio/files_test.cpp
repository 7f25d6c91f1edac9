// SPDX-License-Identifier: Apache-2.0
#include "motet/audio/files.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "motet/base/error.h"
#include "motet/base/random.h"

namespace motet::audio {
namespace {

Waveform noise(int channels, size_t frames) {
  const Random random(5, 0);
  Waveform sound{.sample_rate_hz = 22'050, .channels = channels, .samples = {}};
  for (size_t i = 0; i < frames * static_cast<size_t>(channels); ++i) {
    sound.samples.push_back(static_cast<float>(1.9 * random.uniform(i) - 0.95));
  }
  return sound;
}

TEST(WavFile, KeepsEverySampleToHalfAStep) {
  for (const int channels : {1, 2, 3}) {
    const Waveform sound = noise(channels, 5000);
    const Waveform again = decode_sound(encode_wav(sound), "noise.wav");
    EXPECT_EQ(again.sample_rate_hz, sound.sample_rate_hz);
    EXPECT_EQ(again.channels, channels);
    ASSERT_EQ(again.samples.size(), sound.samples.size());
    float worst = 0.0F;
    for (size_t i = 0; i < sound.samples.size(); ++i) {
      worst = std::max(worst, std::abs(again.samples[i] - sound.samples[i]));
    }
    EXPECT_LE(worst, 0.5F / 32'768.0F);
  }
}

TEST(WavFile, WhatWasReadIsWrittenBackUnchanged) {
  const Bytes first = encode_wav(noise(2, 3000));
  EXPECT_EQ(encode_wav(decode_sound(first, "first.wav")), first);
}

TEST(WavFile, TheSameSoundGivesTheSameBytes) {
  EXPECT_EQ(encode_wav(noise(2, 100)), encode_wav(noise(2, 100)));
}

TEST(WavFile, ClipsRatherThanWrapsAround) {
  const Waveform loud{.sample_rate_hz = 8000, .channels = 1, .samples = {1.5F, -1.5F}};
  const Waveform again = decode_sound(encode_wav(loud), "loud.wav");
  EXPECT_NEAR(again.samples.at(0), 1.0F, 1e-4F);
  EXPECT_EQ(again.samples.at(1), -1.0F);
}

TEST(WavFile, HasTheCanonicalHeaderOf44Bytes) {
  const Bytes bytes = encode_wav(Waveform{.sample_rate_hz = 44'100, .channels = 2, .samples = {}});
  ASSERT_EQ(bytes.size(), 44U);
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 4), "RIFF");
  EXPECT_EQ(bytes[34], 16);  // bits a sample
}

TEST(WavFile, OtherBytesAreRefusedByName) {
  const std::string text = "this is no sound";
  try {
    decode_sound(ByteView(reinterpret_cast<const uint8_t*>(text.data()), text.size()), "a.wav");
    FAIL() << "expected an Error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidFile);
    EXPECT_EQ(std::string(e.what()).rfind("a.wav: expected a sound file", 0), 0U) << e.what();
  }
}

TEST(WavFile, EveryTruncationIsAnErrorOrASound) {
  const Bytes bytes = encode_wav(noise(2, 60));
  for (size_t n = 0; n < bytes.size(); ++n) {
    try {
      const Waveform sound = decode_sound(ByteView(bytes).first(n), "cut.wav");
      EXPECT_LE(sound.frames(), 60U);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInvalidFile) << e.what();
    }
  }
}

TEST(WavFile, AnImpossibleSoundIsRefused) {
  EXPECT_THROW(encode_wav(Waveform{.sample_rate_hz = 8000, .channels = 0, .samples = {}}), Error);
}

TEST(WavFile, GoesThroughADisk) {
  const auto path = std::filesystem::path(testing::TempDir()) / "motet_audio_test.wav";
  const Waveform sound = noise(1, 100);
  write_wav(path, sound);
  EXPECT_EQ(encode_wav(read_wav(path)), encode_wav(sound));
  std::filesystem::remove(path);
}

TEST(Waveform, PeakIsTheLargestDistanceFromSilence) {
  EXPECT_EQ(peak_of({.sample_rate_hz = 8000, .channels = 1, .samples = {0.5F, -0.75F}}), 0.75F);
  EXPECT_EQ(peak_of({}), 0.0F);
}

TEST(Waveform, LengthCountsFramesAndNotSamples) {
  const Waveform sound{.sample_rate_hz = 100, .channels = 2, .samples = std::vector<float>(400)};
  EXPECT_EQ(sound.frames(), 200U);
  EXPECT_EQ(sound.length_seconds(), 2.0);
}

}  // namespace
}  // namespace motet::audio
