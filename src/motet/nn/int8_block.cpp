// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/int8_block.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace motet::nn {
namespace {

constexpr auto kByteBlock = static_cast<size_t>(kInt8Block);

using ByteBlock = std::array<uint8_t, kByteBlock>;

void append_block(std::vector<uint8_t>& to, uint16_t scale, std::span<const uint8_t> block) {
  to.push_back(static_cast<uint8_t>(scale));
  to.push_back(static_cast<uint8_t>(scale >> 8));
  to.insert(to.end(), block.begin(), block.end());
}

/// The whole number of scales that is nearest to each element. Adding 1.5 * 2^23 rounds.
ByteBlock bytes_of_levels(std::span<const float> block, float scale) {
  constexpr float kShifter = 12582912.0F;
  constexpr float kMost = 127.0F;
  ByteBlock levels{};
  if (scale == 0.0F) return levels;
  for (size_t i = 0; i < kByteBlock; ++i) {
    const float level = std::clamp(block[i] / scale, -kMost, kMost);
    levels[i] = static_cast<uint8_t>(static_cast<int8_t>((level + kShifter) - kShifter));
  }
  return levels;
}

Int8BlockMatrix empty_blocks(const Shape& shape) {
  assert(shape.size() == 2 && shape[1] % kInt8Block == 0);
  Int8BlockMatrix matrix{.rows = shape[0], .columns = shape[1], .bytes = {}};
  matrix.bytes.reserve(static_cast<size_t>(count_of(shape) / kInt8Block * kInt8BlockBytes));
  return matrix;
}

}  // namespace

HostTensor Int8BlockMatrix::view() const {
  return {.type = DType::kI8Block, .shape = {rows, columns}, .bytes = bytes};
}

Int8BlockMatrix to_int8_blocks(const HostTensor& weights) {
  Int8BlockMatrix matrix = empty_blocks(weights.shape);
  if (weights.type == DType::kI8Block) {
    matrix.bytes.assign(weights.bytes.begin(), weights.bytes.end());
    return matrix;
  }
  const std::vector<float> values = to_floats(weights);
  for (size_t begin = 0; begin < values.size(); begin += kByteBlock) {
    const auto block = std::span(values).subspan(begin, kByteBlock);
    float most = 0.0F;
    for (const float each : block) most = std::max(most, std::abs(each));
    const uint16_t scale = to_f16(most / 127.0F);
    append_block(matrix.bytes, scale, bytes_of_levels(block, from_f16(scale)));
  }
  return matrix;
}

Int8BlockMatrix join_int8_blocks(const Shape& shape, std::span<const uint8_t> bytes,
                                 std::span<const float> scales) {
  Int8BlockMatrix matrix = empty_blocks(shape);
  assert(bytes.size() == scales.size() * kByteBlock);
  for (size_t b = 0; b < scales.size(); ++b) {
    append_block(matrix.bytes, to_f16(scales[b]), bytes.subspan(b * kByteBlock, kByteBlock));
  }
  return matrix;
}

}  // namespace motet::nn
