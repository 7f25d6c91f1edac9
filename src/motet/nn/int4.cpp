// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/int4.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <span>

namespace motet::nn {
namespace {

constexpr auto kBlockSize = static_cast<size_t>(kInt4Block);
constexpr float kLowestLevel = -8.0F;
constexpr float kHighestLevel = 7.0F;

using Levels = std::array<float, kBlockSize>;

/// Rounded to the nearest bfloat16, half away from zero.
float to_bfloat16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value) + 0x8000U;
  return std::bit_cast<float>(bits & 0xFFFF'0000U);
}

/// The whole number of scales that is nearest to each element. Adding 1.5 * 2^23 rounds.
Levels levels_of(std::span<const float> block, float scale) {
  constexpr float kShifter = 12582912.0F;
  const float factor = 1.0F / scale;
  Levels levels;
  for (size_t i = 0; i < kBlockSize; ++i) {
    const float scaled = std::min(std::max(block[i] * factor, kLowestLevel), kHighestLevel);
    levels[i] = (scaled + kShifter) - kShifter;
  }
  return levels;
}

float error_of(std::span<const float> block, float scale) {
  const Levels levels = levels_of(block, scale);
  std::array<float, 8> sums{};
  for (size_t i = 0; i < kBlockSize; ++i) {
    const float difference = levels[i] * scale - block[i];
    sums[i % 8] += difference * difference;
  }
  float sum = 0.0F;
  for (const float each : sums) sum += each;
  return sum;
}

float best_scale(std::span<const float> block) {
  constexpr int kTries = 33;
  constexpr float kFirst = 5.5F;  // how many scales the largest element is to be
  constexpr float kStep = 0.125F;
  float largest = 0.0F;
  for (const float each : block) {
    if (std::abs(each) > std::abs(largest)) largest = each;
  }
  if (!(std::abs(largest) > 1e-30F)) return 0.0F;
  float best = 0.0F;
  float least_error = INFINITY;
  for (int i = 0; i < kTries; ++i) {
    const float scale = to_bfloat16(largest / (kFirst + kStep * static_cast<float>(i)));
    for (const float signed_scale : {-scale, scale}) {
      const float error = error_of(block, signed_scale);
      if (error < least_error) {
        least_error = error;
        best = signed_scale;
      }
    }
  }
  return best;
}

}  // namespace

HostTensor Int4Matrix::view() const {
  return {.type = DType::kI4, .shape = {rows, columns}, .bytes = bytes, .row_scales = scales};
}

Int4Matrix to_int4(const HostTensor& weights) {
  assert(weights.shape.size() == 2 && weights.shape[1] % kInt4Block == 0);
  Int4Matrix matrix{
      .rows = weights.shape[0], .columns = weights.shape[1], .bytes = {}, .scales = {}};
  if (weights.type == DType::kI4) {
    matrix.bytes.assign(weights.bytes.begin(), weights.bytes.end());
    matrix.scales.assign(weights.row_scales.begin(), weights.row_scales.end());
    return matrix;
  }
  const std::vector<float> values = to_floats(weights);
  matrix.bytes.reserve(values.size() / 2);
  matrix.scales.reserve(values.size() / kBlockSize);
  for (size_t begin = 0; begin < values.size(); begin += kBlockSize) {
    const auto block = std::span(values).subspan(begin, kBlockSize);
    const float scale = best_scale(block);
    const Levels levels = scale == 0.0F ? Levels{} : levels_of(block, scale);
    for (size_t i = 0; i < kBlockSize; i += 2) {
      const int low = static_cast<int>(levels[i]) + 8;
      const int high = static_cast<int>(levels[i + 1]) + 8;
      matrix.bytes.push_back(static_cast<uint8_t>(low | high << 4));
    }
    matrix.scales.push_back(scale);
  }
  return matrix;
}

}  // namespace motet::nn
