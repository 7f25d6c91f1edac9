// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace motet::nn {

/// Rotary frequencies: theta^(-2j/S), and how a checkpoint stretched them for longer sequences.
struct RopeConfig {
  enum class Scaling : uint8_t {
    kNone,
    kLinear,  ///< every frequency / factor. Chen et al., "Position Interpolation", 2023
    kNtk,     ///< theta * factor^(S/(S-2)): slow pairs stretched, quick ones kept. 2023
    kLlama3,  ///< long wavelengths / factor, short ones kept, between them a blend: see rotary.cpp
    kYarn,    ///< the same, blended over pairs. Peng et al., "YaRN", 2023, eq. 22 to 25
  };

  float theta = 10'000.0F;  ///< at least 1
  Scaling scaling = Scaling::kNone;
  float factor = 1.0F;                 ///< above 0
  float low_frequency_factor = 1.0F;   ///< kLlama3: below high_frequency_factor
  float high_frequency_factor = 4.0F;  ///< kLlama3
  int64_t original_positions = 8192;   ///< kLlama3, kYarn: the length before it was stretched
  float beta_fast = 32.0F;             ///< kYarn: pairs that turn more often are kept
  float beta_slow = 1.0F;              ///< kYarn: pairs that turn less often are slowed
  float attention_factor = 1.0F;       ///< cosines and sines are multiplied by it
  auto operator<=>(const RopeConfig&) const = default;
};

/// [S/2]: the angle of pair j at position 1. Only IEEE double addition, multiplication and
/// division, never the machine's libm, so that every computer gets the same bits.
std::vector<double> rotary_frequencies(int64_t head_size, const RopeConfig& config);

/// What YaRN multiplies cosines and sines by where a bundle does not say: 0.1 ln(factor) + 1.
float yarn_attention_factor(float factor);

}  // namespace motet::nn
