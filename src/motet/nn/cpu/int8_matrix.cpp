// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/cpu/int8_matrix.h"

#include <cstdint>

namespace motet::nn {
namespace {}  // namespace

PackedInt8::PackedInt8(const Int8Matrix& matrix)
    : rows_(matrix.rows),
      columns_(matrix.columns),
      groups_((static_cast<size_t>(matrix.columns) + kernels::kGroup - 1) / kernels::kGroup) {
  const auto rows = static_cast<size_t>(rows_);
  const auto width = static_cast<size_t>(columns_);
  const size_t panels = (rows + kernels::kPanelColumns - 1) / kernels::kPanelColumns;
  const size_t padded = panels * kernels::kPanelColumns;
  storage_.assign(padded * groups_ * kernels::kGroup + kernels::kCacheLine, 0);
  const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
  offset_ = (kernels::kCacheLine - address % kernels::kCacheLine) % kernels::kCacheLine;
  scales_.assign(padded, 0.0F);
  sums_.assign(padded, 0);
  for (size_t n = 0; n < rows; ++n) {
    const int8_t* from = matrix.bytes.data() + n * width;
    int8_t* panel = storage_.data() + offset_ +
                    n / kernels::kPanelColumns * groups_ * kernels::kPanelColumns * kernels::kGroup;
    const size_t column = n % kernels::kPanelColumns;
    scales_[n] = matrix.scales[n];
    for (size_t k = 0; k < width; ++k) {
      panel[(k / kernels::kGroup * kernels::kPanelColumns + column) * kernels::kGroup +
            k % kernels::kGroup] = from[k];
      sums_[n] += from[k];
    }
  }
}

kernels::Int8Panels PackedInt8::panels() const noexcept {
  return {.bytes = reinterpret_cast<const signed char*>(bytes()),
          .scales = scales_.data(),
          .sums = sums_.data(),
          .columns = static_cast<size_t>(rows_),
          .groups = groups_};
}

void PackedInt8::row(int64_t n, float* y) const noexcept {
  const auto row = static_cast<size_t>(n);
  const int8_t* panel =
      bytes() + row / kernels::kPanelColumns * groups_ * kernels::kPanelColumns * kernels::kGroup;
  const size_t column = row % kernels::kPanelColumns;
  for (size_t k = 0; k < static_cast<size_t>(columns_); ++k) {
    const int8_t byte =
        panel[(k / kernels::kGroup * kernels::kPanelColumns + column) * kernels::kGroup +
              k % kernels::kGroup];
    y[k] = static_cast<float>(byte) * scales_[row];
  }
}

}  // namespace motet::nn
