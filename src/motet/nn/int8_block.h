// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "motet/nn/tensor.h"

namespace motet::nn {

constexpr int64_t kInt8Block = 32;       ///< elements of a row that share a scale
constexpr int64_t kInt8BlockBytes = 34;  ///< its scale, a float16; then 32 signed bytes

/// A matrix [N, M] in int8 in blocks, M a multiple of 32: element [n][m] is its byte times the
/// scale of block m/32 of row n. GGUF's Q8_0 is this layout.
struct Int8BlockMatrix {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<uint8_t> bytes;  ///< [N, M/32, 34]

  /// A view for Backend::parameter; valid while this lives and is not changed.
  HostTensor view() const;
};

/// Rounds to the nearest, half to even, each block by its own scale: the largest magnitude / 127,
/// rounded to float16. weights is [N, M] of any type; one that is kI8Block already is copied as it
/// is.
Int8BlockMatrix to_int8_blocks(const HostTensor& weights);

/// Bytes [N, M] and scales [N, M/32], as a safetensors file has them, laid as blocks; a scale that
/// is no float16 is rounded to one.
Int8BlockMatrix join_int8_blocks(const Shape& shape, std::span<const uint8_t> bytes,
                                 std::span<const float> scales);

}  // namespace motet::nn
