// SPDX-License-Identifier: Apache-2.0
// The int4 kernel of kernels.h, once, over Vec, Ints and Nibbles. No standard library here: see
// isa_avx512.cpp.

constexpr size_t kInt4Lines = 4;                       // of a block
constexpr size_t kLineBytes = kPanelColumns * 4;       // of nibbles
constexpr size_t kScalesAt = kInt4Lines * kLineBytes;  // in a block

/// Four rows of x against two vectors of columns, or one against four: what the registers hold.
template <size_t kRows, size_t kVecs>
inline void int4_block(const Int4Panels& w, size_t panel, size_t first_vec, const Int8Rows& x,
                       size_t row, float* y, size_t y_stride, size_t columns) {
  const unsigned char* block = w.bytes + panel * w.blocks * kInt4BlockBytes;
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
#pragma GCC unroll 18
      for (size_t line = 0; line < kInt4BlockBytes / 64; ++line) {
        prefetch(reinterpret_cast<const float*>(block + kBytesAhead + 64 * line));
      }
    }
    Ints sums[kRows][kVecs];
#pragma GCC unroll 4
    for (size_t r = 0; r < kRows; ++r) {
      const Ints first = fill_ints(-8 * block_sums[r * (x.stride / 32) + b]);
#pragma GCC unroll 4
      for (size_t v = 0; v < kVecs; ++v) sums[r][v] = first;
    }
#pragma GCC unroll 4
    for (size_t line = 0; line < kInt4Lines; ++line) {
      Nibbles low[kVecs];
      Nibbles high[kVecs];
#pragma GCC unroll 4
      for (size_t v = 0; v < kVecs; ++v) {
        const unsigned char* both = block + line * kLineBytes + (first_vec + v) * kLanes * 4;
        low[v] = low_nibbles(both);
        high[v] = high_nibbles(both);
      }
#pragma GCC unroll 4
      for (size_t r = 0; r < kRows; ++r) {
        const unsigned char* in = bytes + r * x.stride + b * 32 + line * 8;
        const SignedFour first = signed_four(in);
        const SignedFour second = signed_four(in + 4);
#pragma GCC unroll 4
        for (size_t v = 0; v < kVecs; ++v) {
          sums[r][v] = dot_nibbles(dot_nibbles(sums[r][v], low[v], first), high[v], second);
        }
      }
    }
#pragma GCC unroll 4
    for (size_t v = 0; v < kVecs; ++v) {
      const Vec scale = load_bfloat16(block + kScalesAt + (first_vec + v) * kLanes * 2);
#pragma GCC unroll 4
      for (size_t r = 0; r < kRows; ++r) {
        totals[r][v] = mul_add(scale, to_floats(sums[r][v]), totals[r][v]);
      }
    }
    block += kInt4BlockBytes;
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

void linear_int4(const Int4Panels& w, size_t first_panel, size_t end_panel, const Int8Rows& x,
                 float* y, size_t y_stride) noexcept {
  for (size_t panel = first_panel; panel < end_panel; ++panel) {
    const size_t before = panel * kPanelColumns;
    const size_t left = w.columns - before;
    const size_t columns = left < kPanelColumns ? left : kPanelColumns;
    size_t r = 0;
    for (; r + kByteRowsAtOnce <= x.count; r += kByteRowsAtOnce) {
      int4_block<kByteRowsAtOnce, 2>(w, panel, 0, x, r, y + before, y_stride, columns);
      int4_block<kByteRowsAtOnce, 2>(w, panel, 2, x, r, y + before, y_stride, columns);
    }
    for (; r < x.count; ++r) {
      int4_block<1, 4>(w, panel, 0, x, r, y + before, y_stride, columns);
    }
  }
}
