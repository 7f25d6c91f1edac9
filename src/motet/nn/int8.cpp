// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/int8.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace motet::nn {

HostTensor Int8Matrix::view() const {
  return {.type = DType::kI8,
          .shape = {rows, columns},
          .bytes = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
          .row_scales = scales};
}

Int8Matrix to_int8(const HostTensor& weights) {
  assert(weights.shape.size() == 2);
  constexpr float kMost = 127.0F;
  constexpr float kLeast = 1e-30F;  // below it a scale would lose its own digits
  Int8Matrix matrix{
      .rows = weights.shape[0], .columns = weights.shape[1], .bytes = {}, .scales = {}};
  const auto width = static_cast<size_t>(matrix.columns);
  if (weights.type == DType::kI8) {
    const auto* first = reinterpret_cast<const int8_t*>(weights.bytes.data());
    matrix.bytes.assign(first, first + weights.bytes.size());
    matrix.scales.assign(weights.row_scales.begin(), weights.row_scales.end());
    return matrix;
  }
  const std::vector<float> values = to_floats(weights);
  matrix.bytes.reserve(values.size());
  for (size_t begin = 0; begin < values.size(); begin += width) {
    float most = 0.0F;
    for (size_t i = 0; i < width; ++i) most = std::max(most, std::abs(values[begin + i]));
    const float scale = most > kLeast ? most / kMost : 0.0F;
    matrix.scales.push_back(scale);
    for (size_t i = 0; i < width; ++i) {
      const float scaled = scale == 0.0F ? 0.0F : std::nearbyint(values[begin + i] / scale);
      matrix.bytes.push_back(static_cast<int8_t>(std::clamp(scaled, -kMost, kMost)));
    }
  }
  return matrix;
}

}  // namespace motet::nn
