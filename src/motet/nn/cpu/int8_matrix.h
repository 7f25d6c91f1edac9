// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "motet/nn/cpu/kernels.h"
#include "motet/nn/int8.h"

namespace motet::nn {

/// An int8 matrix [N, M], packed once into the panels that kernels::linear_int8 reads in one
/// stream. The bytes begin on a cache line.
class PackedInt8 {
 public:
  explicit PackedInt8(const Int8Matrix& matrix);

  kernels::Int8Panels panels() const noexcept;
  size_t panel_count() const noexcept { return scales_.size() / kernels::kPanelColumns; }
  /// Row n as float32, into y [M].
  void row(int64_t n, float* y) const noexcept;

 private:
  const int8_t* bytes() const noexcept { return storage_.data() + offset_; }

  int64_t rows_;
  int64_t columns_;
  size_t groups_;
  std::vector<int8_t> storage_;
  size_t offset_ = 0;  ///< of the first cache line in storage_
  std::vector<float> scales_;
  std::vector<int> sums_;
};

}  // namespace motet::nn
