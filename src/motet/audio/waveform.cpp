// SPDX-License-Identifier: Apache-2.0
#include "motet/audio/waveform.h"

#include <algorithm>
#include <cmath>

namespace motet::audio {

float peak_of(const Waveform& sound) noexcept {
  float peak = 0.0F;
  for (const float sample : sound.samples) peak = std::max(peak, std::abs(sample));
  return peak;
}

}  // namespace motet::audio
