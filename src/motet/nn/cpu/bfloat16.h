// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

#include "motet/nn/cpu/kernels.h"

namespace motet::nn::kernels {

inline float widened(BFloat16 half) {
  return std::bit_cast<float>(static_cast<uint32_t>(half.bits) << 16);
}

/// To the nearest, half to even; what is not a number stays so.
inline BFloat16 halved(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  if (x != x) return {static_cast<unsigned short>(bits >> 16 | 0x40U)};
  const uint32_t to_even = 0x7FFFU + (bits >> 16 & 1U);
  return {static_cast<unsigned short>((bits + to_even) >> 16)};
}

}  // namespace motet::nn::kernels
