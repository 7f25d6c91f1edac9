// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/cpu/packed.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>

#include "motet/nn/cpu/bfloat16.h"

namespace motet::nn {
namespace {

constexpr auto kBlock = static_cast<size_t>(kInt4Block);
constexpr size_t kNibbleBytes = kernels::kPanelColumns * kBlock / 2;  // of a block

/// The byte of a block in which element k of a column lies, and how far left in it.
struct Nibble {
  size_t byte;
  unsigned shift;
};
Nibble nibble_at(size_t column, size_t k) {
  return {(k / 8 * kernels::kPanelColumns + column) * kernels::kGroup + k % kernels::kGroup,
          k % 8 < 4 ? 0U : 4U};
}

/// The same of a block of bytes.
constexpr size_t kByteScalesAt = kernels::kPanelColumns * kBlock;
size_t byte_at(size_t column, size_t k) {
  return (k / kernels::kGroup * kernels::kPanelColumns + column) * kernels::kGroup +
         k % kernels::kGroup;
}

}  // namespace

PackedMatrix::PackedMatrix(int64_t rows, int64_t columns, size_t bytes_a_panel,
                           WeightMemory& memory)
    : rows_(static_cast<size_t>(rows)),
      columns_(static_cast<size_t>(columns)),
      panels_((rows_ + kernels::kPanelColumns - 1) / kernels::kPanelColumns),
      bytes_(memory.take(panels_ * bytes_a_panel)) {}

PackedInt8::PackedInt8(const Int8Matrix& matrix, WeightMemory& memory)
    : PackedMatrix(matrix.rows, matrix.columns,
                   (static_cast<size_t>(matrix.columns) + kernels::kGroup - 1) / kernels::kGroup *
                       kernels::kGroup * kernels::kPanelColumns,
                   memory),
      groups_((columns_ + kernels::kGroup - 1) / kernels::kGroup),
      scales_(panels_ * kernels::kPanelColumns, 0.0F),
      sums_(scales_.size(), 0) {
  for (size_t n = 0; n < rows_; ++n) {
    const int8_t* from = matrix.bytes.data() + n * columns_;
    uint8_t* panel =
        bytes() + n / kernels::kPanelColumns * groups_ * kernels::kPanelColumns * kernels::kGroup;
    const size_t column = n % kernels::kPanelColumns;
    scales_[n] = matrix.scales[n];
    for (size_t k = 0; k < columns_; ++k) {
      panel[(k / kernels::kGroup * kernels::kPanelColumns + column) * kernels::kGroup +
            k % kernels::kGroup] = static_cast<uint8_t>(from[k]);
      sums_[n] += from[k];
    }
  }
}

kernels::Int8Panels PackedInt8::panels() const noexcept {
  return {.bytes = reinterpret_cast<const signed char*>(bytes()),
          .scales = scales_.data(),
          .sums = sums_.data(),
          .columns = rows_,
          .groups = groups_};
}

void PackedInt8::multiply(const kernels::KernelTable& kernel, size_t first_panel, size_t end_panel,
                          const kernels::Int8Rows& x, float* y) const noexcept {
  kernel.linear_int8(panels(), first_panel, end_panel, x, y, rows_);
}

void PackedInt8::row(int64_t n, float* y) const noexcept {
  const auto row = static_cast<size_t>(n);
  const uint8_t* panel =
      bytes() + row / kernels::kPanelColumns * groups_ * kernels::kPanelColumns * kernels::kGroup;
  const size_t column = row % kernels::kPanelColumns;
  for (size_t k = 0; k < columns_; ++k) {
    const auto byte = static_cast<int8_t>(
        panel[(k / kernels::kGroup * kernels::kPanelColumns + column) * kernels::kGroup +
              k % kernels::kGroup]);
    y[k] = static_cast<float>(byte) * scales_[row];
  }
}

PackedInt4::PackedInt4(const Int4Matrix& matrix, WeightMemory& memory)
    : PackedMatrix(matrix.rows, matrix.columns,
                   static_cast<size_t>(matrix.columns / kInt4Block) * kernels::kInt4BlockBytes,
                   memory),
      blocks_(columns_ / kBlock) {
  assert(columns_ % kBlock == 0);
  for (size_t n = 0; n < rows_; ++n) {
    const size_t column = n % kernels::kPanelColumns;
    uint8_t* block = bytes() + n / kernels::kPanelColumns * blocks_ * kernels::kInt4BlockBytes;
    for (size_t b = 0; b < blocks_; ++b, block += kernels::kInt4BlockBytes) {
      for (size_t k = 0; k < kBlock; ++k) {
        const size_t at = n * columns_ + b * kBlock + k;
        const unsigned value = matrix.bytes[at / 2] >> (at % 2 == 0 ? 0 : 4) & 15U;
        const Nibble place = nibble_at(column, k);
        block[place.byte] |= static_cast<uint8_t>(value << place.shift);
      }
      const uint32_t scale = std::bit_cast<uint32_t>(matrix.scales[n * blocks_ + b]);
      block[kNibbleBytes + 2 * column] = static_cast<uint8_t>(scale >> 16);
      block[kNibbleBytes + 2 * column + 1] = static_cast<uint8_t>(scale >> 24);
    }
  }
}

kernels::Int4Panels PackedInt4::panels() const noexcept {
  return {.bytes = bytes(), .columns = rows_, .blocks = blocks_};
}

void PackedInt4::multiply(const kernels::KernelTable& kernel, size_t first_panel, size_t end_panel,
                          const kernels::Int8Rows& x, float* y) const noexcept {
  kernel.linear_int4(panels(), first_panel, end_panel, x, y, rows_);
}

void PackedInt4::row(int64_t n, float* y) const noexcept {
  const auto row = static_cast<size_t>(n);
  const size_t column = row % kernels::kPanelColumns;
  const uint8_t* block =
      bytes() + row / kernels::kPanelColumns * blocks_ * kernels::kInt4BlockBytes;
  for (size_t b = 0; b < blocks_; ++b, block += kernels::kInt4BlockBytes) {
    const uint8_t* half = block + kNibbleBytes + 2 * column;
    const float scale = std::bit_cast<float>(static_cast<uint32_t>(half[0] | half[1] << 8) << 16);
    for (size_t k = 0; k < kBlock; ++k) {
      const Nibble place = nibble_at(column, k);
      const int nibble = block[place.byte] >> place.shift & 15;
      y[b * kBlock + k] = static_cast<float>(nibble - 8) * scale;
    }
  }
}

PackedInt8Block::PackedInt8Block(const HostTensor& matrix, WeightMemory& memory)
    : PackedMatrix(
          matrix.shape[0], matrix.shape[1],
          static_cast<size_t>(matrix.shape[1] / kInt8Block) * kernels::kInt8BlockPanelBytes,
          memory),
      blocks_(columns_ / kBlock) {
  assert(matrix.type == DType::kI8Block && columns_ % kBlock == 0);
  const uint8_t* from = matrix.bytes.data();
  for (size_t n = 0; n < rows_; ++n) {
    const size_t column = n % kernels::kPanelColumns;
    uint8_t* block = bytes() + n / kernels::kPanelColumns * blocks_ * kernels::kInt8BlockPanelBytes;
    for (size_t b = 0; b < blocks_; ++b, block += kernels::kInt8BlockPanelBytes) {
      std::copy_n(from, 2, block + kByteScalesAt + 2 * column);
      from += 2;
      for (size_t k = 0; k < kBlock; ++k) {
        block[byte_at(column, k)] = static_cast<uint8_t>(*from++ ^ 0x80U);
      }
    }
  }
}

kernels::Int8BlockPanels PackedInt8Block::panels() const noexcept {
  return {.bytes = bytes(), .columns = rows_, .blocks = blocks_};
}

void PackedInt8Block::multiply(const kernels::KernelTable& kernel, size_t first_panel,
                               size_t end_panel, const kernels::Int8Rows& x,
                               float* y) const noexcept {
  kernel.linear_int8_block(panels(), first_panel, end_panel, x, y, rows_);
}

void PackedInt8Block::row(int64_t n, float* y) const noexcept {
  const auto row = static_cast<size_t>(n);
  const size_t column = row % kernels::kPanelColumns;
  const uint8_t* block =
      bytes() + row / kernels::kPanelColumns * blocks_ * kernels::kInt8BlockPanelBytes;
  for (size_t b = 0; b < blocks_; ++b, block += kernels::kInt8BlockPanelBytes) {
    const uint8_t* half = block + kByteScalesAt + 2 * column;
    const float scale = from_f16(static_cast<uint16_t>(half[0] | half[1] << 8));
    for (size_t k = 0; k < kBlock; ++k) {
      y[b * kBlock + k] = static_cast<float>(block[byte_at(column, k)] - 128) * scale;
    }
  }
}

HalvedMatrix::HalvedMatrix(const HostTensor& weights, WeightMemory& memory)
    : bytes(memory.take(static_cast<size_t>(count_of(weights.shape)) * sizeof(kernels::BFloat16))) {
  if (weights.type == DType::kBF16) {
    std::ranges::copy(weights.bytes, bytes.get());
  } else {
    std::ranges::transform(to_floats(weights), reinterpret_cast<kernels::BFloat16*>(bytes.get()),
                           kernels::halved);
  }
}

}  // namespace motet::nn
