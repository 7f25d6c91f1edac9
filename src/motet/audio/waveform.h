// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace motet::audio {

/// A stretch of sound.
struct Waveform {
  int sample_rate_hz = 44'100;
  int channels = 2;
  std::vector<float> samples;  ///< [frames, channels], interleaved; 1 is full scale

  size_t frames() const noexcept { return samples.size() / static_cast<size_t>(channels); }
  double length_seconds() const noexcept {
    return static_cast<double>(frames()) / static_cast<double>(sample_rate_hz);
  }
};

/// The largest absolute sample; 0 for silence and for nothing at all.
float peak_of(const Waveform& sound) noexcept;

}  // namespace motet::audio
