// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "motet/nn/tensor.h"

namespace motet::nn {

/// A matrix [N, M] in int8 with a scale a row: element [n][m] is bytes[n * M + m] * scales[n].
struct Int8Matrix {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<int8_t> bytes;  ///< -127..127
  std::vector<float> scales;  ///< max |row| / 127; 0 for a row of zeros

  /// A view for Backend::parameter; valid while this lives and is not changed.
  HostTensor view() const;
};

/// Rounds to the nearest, half to even, each row by its own scale. weights is [N, M] of any type;
/// one that is I8 already is copied as it is.
/// source  symmetric absmax quantisation: Dettmers et al., "LLM.int8()", 2022, section 2.1
Int8Matrix to_int8(const HostTensor& weights);

}  // namespace motet::nn
