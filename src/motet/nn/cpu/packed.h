// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "motet/nn/cpu/kernels.h"
#include "motet/nn/cpu/weight_memory.h"
#include "motet/nn/int4.h"
#include "motet/nn/int8.h"
#include "motet/nn/int8_block.h"
#include "motet/nn/tensor.h"

namespace motet::nn {

/// A matrix [N, M] of small integers, packed once into panels of 64 rows that a kernel reads in one
/// stream. The bytes begin on a cache line.
class PackedMatrix : public Storage {
 public:
  size_t panel_count() const noexcept { return panels_; }
  /// y[r][n] for the rows n of some panels; y is [x.count, N].
  virtual void multiply(const kernels::KernelTable& kernel, size_t first_panel, size_t end_panel,
                        const kernels::Int8Rows& x, float* y) const noexcept = 0;
  /// Whether multiply() reads x.block_sums.
  virtual bool wants_block_sums() const noexcept = 0;
  /// Row n as float32, into y [M].
  virtual void row(int64_t n, float* y) const noexcept = 0;

 protected:
  PackedMatrix(int64_t rows, int64_t columns, size_t bytes_a_panel, WeightMemory& memory);
  uint8_t* bytes() noexcept { return bytes_.get(); }
  const uint8_t* bytes() const noexcept { return bytes_.get(); }

  size_t rows_;
  size_t columns_;
  size_t panels_;

 private:
  std::shared_ptr<uint8_t> bytes_;
};

/// With a scale a row.
class PackedInt8 final : public PackedMatrix {
 public:
  PackedInt8(const Int8Matrix& matrix, WeightMemory& memory);

  kernels::Int8Panels panels() const noexcept;
  void multiply(const kernels::KernelTable& kernel, size_t first_panel, size_t end_panel,
                const kernels::Int8Rows& x, float* y) const noexcept override;
  bool wants_block_sums() const noexcept override { return false; }
  void row(int64_t n, float* y) const noexcept override;

 private:
  size_t groups_;
  std::vector<float> scales_;
  std::vector<int> sums_;
};

/// With a scale for each 32 elements of a row.
class PackedInt4 final : public PackedMatrix {
 public:
  PackedInt4(const Int4Matrix& matrix, WeightMemory& memory);

  kernels::Int4Panels panels() const noexcept;
  void multiply(const kernels::KernelTable& kernel, size_t first_panel, size_t end_panel,
                const kernels::Int8Rows& x, float* y) const noexcept override;
  bool wants_block_sums() const noexcept override { return true; }
  void row(int64_t n, float* y) const noexcept override;

 private:
  size_t blocks_;
};

/// int8 with a scale for each 32 elements of a row.
class PackedInt8Block final : public PackedMatrix {
 public:
  /// matrix: a view of type kI8Block.
  PackedInt8Block(const HostTensor& matrix, WeightMemory& memory);

  kernels::Int8BlockPanels panels() const noexcept;
  void multiply(const kernels::KernelTable& kernel, size_t first_panel, size_t end_panel,
                const kernels::Int8Rows& x, float* y) const noexcept override;
  bool wants_block_sums() const noexcept override { return true; }
  void row(int64_t n, float* y) const noexcept override;

 private:
  size_t blocks_;
};

/// A matrix [N, M] of bfloat16, row-major: half of the memory of float32, and the same products.
struct HalvedMatrix final : Storage {
  /// Rounds what is not bfloat16 already.
  HalvedMatrix(const HostTensor& weights, WeightMemory& memory);

  const kernels::BFloat16* data() const noexcept {
    return reinterpret_cast<const kernels::BFloat16*>(bytes.get());
  }

  std::shared_ptr<uint8_t> bytes;
};

}  // namespace motet::nn
