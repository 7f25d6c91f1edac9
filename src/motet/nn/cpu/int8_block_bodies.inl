// SPDX-License-Identifier: Apache-2.0
// The kernel of kernels.h for int8 in blocks, once, over Vec, Ints and Weights. No standard library
// here: see isa_avx512.cpp.

constexpr size_t kByteGroups = 8;                                  // of a block, four k each
constexpr size_t kByteScalesAt = kByteGroups * kPanelColumns * 4;  // in a block

/// Four rows of x against two vectors of columns, or one against four: what the registers hold.
template <size_t kRows, size_t kVecs>
inline void byte_block(const Int8BlockPanels& w, size_t panel, size_t first_vec, const Int8Rows& x,
                       size_t row, float* y, size_t y_stride, size_t columns) {
  const unsigned char* block = w.bytes + panel * w.blocks * kInt8BlockPanelBytes;
  const unsigned char* bytes = x.bytes + row * x.stride;
  const int* block_sums = x.block_sums + row * (x.stride / 32);
  Vec totals[kRows][kVecs];
#pragma GCC unroll 4
  for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kVecs; ++v) totals[r][v] = fill(0.0F);
  }
  for (size_t b = 0; b < w.blocks; ++b) {
    if constexpr (kRows == 1) {
#pragma GCC unroll 34
      for (size_t line = 0; line < kInt8BlockPanelBytes / 64; ++line) {
        prefetch(reinterpret_cast<const float*>(block + kBytesAhead + 64 * line));
      }
    }
    Ints sums[kRows][kVecs];
#pragma GCC unroll 4
    for (size_t r = 0; r < kRows; ++r) {
      const Ints first = first_of_weights(block_sums[r * (x.stride / 32) + b]);
#pragma GCC unroll 4
      for (size_t v = 0; v < kVecs; ++v) sums[r][v] = first;
    }
#pragma GCC unroll 8
    for (size_t group = 0; group < kByteGroups; ++group) {
      Weights weights[kVecs];
#pragma GCC unroll 4
      for (size_t v = 0; v < kVecs; ++v) {
        weights[v] = load_weights(block + (group * kPanelColumns + (first_vec + v) * kLanes) * 4);
      }
#pragma GCC unroll 4
      for (size_t r = 0; r < kRows; ++r) {
        const SignedFour in = signed_four(bytes + r * x.stride + b * 32 + group * 4);
#pragma GCC unroll 4
        for (size_t v = 0; v < kVecs; ++v) {
          sums[r][v] = dot_weights(sums[r][v], weights[v], in);
        }
      }
    }
#pragma GCC unroll 4
    for (size_t v = 0; v < kVecs; ++v) {
      const Vec scale = load_float16(block + kByteScalesAt + (first_vec + v) * kLanes * 2);
#pragma GCC unroll 4
      for (size_t r = 0; r < kRows; ++r) {
        totals[r][v] = mul_add(scale, to_floats(sums[r][v]), totals[r][v]);
      }
    }
    block += kInt8BlockPanelBytes;
  }
  for (size_t r = 0; r < kRows; ++r) {
    const Vec row_scale = fill(x.scales[row + r]);
    for (size_t v = 0; v < kVecs && (first_vec + v) * kLanes < columns; ++v) {
      const size_t at = (first_vec + v) * kLanes;
      const Vec result = mul(totals[r][v], row_scale);
      float* out = y + (row + r) * y_stride + at;
      if (columns - at >= kLanes) {
        store(out, result);
      } else {
        store_first(out, result, columns - at);
      }
    }
  }
}

void linear_int8_block(const Int8BlockPanels& w, size_t first_panel, size_t end_panel,
                       const Int8Rows& x, float* y, size_t y_stride) noexcept {
  for (size_t panel = first_panel; panel < end_panel; ++panel) {
    const size_t before = panel * kPanelColumns;
    const size_t left = w.columns - before;
    const size_t columns = left < kPanelColumns ? left : kPanelColumns;
    size_t r = 0;
    for (; r + kByteRowsAtOnce <= x.count; r += kByteRowsAtOnce) {
      byte_block<kByteRowsAtOnce, 2>(w, panel, 0, x, r, y + before, y_stride, columns);
      byte_block<kByteRowsAtOnce, 2>(w, panel, 2, x, r, y + before, y_stride, columns);
    }
    for (; r < x.count; ++r) {
      byte_block<1, 4>(w, panel, 0, x, r, y + before, y_stride, columns);
    }
  }
}
