// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "motet/nn/tensor.h"

namespace motet::nn {

/// Elements of a row that share a scale.
constexpr int64_t kInt4Block = 32;

/// A matrix [N, M] in int4, M a multiple of 32: element [n][m] is
/// (nibble [n][m] - 8) * scales[n * M/32 + m/32]; two nibbles a byte, the earlier one low.
struct Int4Matrix {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<uint8_t> bytes;  ///< [N, M/2]
  std::vector<float> scales;   ///< [N, M/32]; each is a bfloat16, and may be negative

  /// A view for Backend::parameter; valid while this lives and is not changed.
  HostTensor view() const;
};

/// The scale of each block is the one, of 66 tried, whose rounding error is least; the largest
/// element may take either end of -8..7. weights is [N, M] of any type; one that is I4 already is
/// copied as it is.
Int4Matrix to_int4(const HostTensor& weights);

}  // namespace motet::nn
