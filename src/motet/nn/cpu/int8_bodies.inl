// SPDX-License-Identifier: Apache-2.0
// The int8 kernels of kernels.h, once, over Vec and Ints. No standard library here: see
// isa_avx512.cpp.

float quantize(const float* x, unsigned char* q, size_t n) noexcept {
  Vec chain[4] = {fill(0.0F), fill(0.0F), fill(0.0F), fill(0.0F)};
  size_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
#pragma GCC unroll 4
    for (size_t k = 0; k < 4; ++k) {
      chain[k] = larger(chain[k], magnitude(load(x + i + k * kLanes)));
    }
  }
  for (; i + kLanes <= n; i += kLanes) chain[0] = larger(chain[0], magnitude(load(x + i)));
  if (i < n) chain[0] = larger(chain[0], magnitude(load_first(x + i, n - i)));
  const Vec most = larger(larger(chain[0], chain[1]), larger(chain[2], chain[3]));
  const float greatest_magnitude = largest(most);
  // Below the least normal number a scale would lose its own digits: such a row counts as zeros.
  const bool is_zero = !(greatest_magnitude > 1e-30F);
  const Vec factor = fill(is_zero ? 0.0F : 127.0F / greatest_magnitude);
  const Vec least = fill(-127.0F);
  const Vec top = fill(127.0F);
  const auto scaled = [&](Vec v) { return larger(smaller(mul(v, factor), top), least); };
  for (i = 0; i + 4 * kLanes <= n; i += 4 * kLanes) {
    Vec four[4];
#pragma GCC unroll 4
    for (size_t k = 0; k < 4; ++k) four[k] = scaled(load(x + i + k * kLanes));
    store_four_bytes(q + i, four);
  }
  for (; i + kLanes <= n; i += kLanes) store_bytes(q + i, scaled(load(x + i)));
  if (i < n) store_bytes(q + i, scaled(load_first(x + i, n - i)));
  return is_zero ? 0.0F : greatest_magnitude / 127.0F;
}

template <size_t kValue>
struct Constant {
  static constexpr size_t value = kValue;
};

/// Weights are asked for so many bytes before they are needed (tried: 1,024 to 16,384).
constexpr size_t kBytesAhead = 8192;

/// kRows rows of x, from `row` on, against a panel of 64 columns of w, into kRows rows of y.
template <size_t kRows>
inline void int8_block(const Int8Panels& w, size_t panel, const Int8Rows& x, size_t row, float* y,
                       size_t y_stride, size_t columns) {
  constexpr size_t kVecs = kPanelColumns / kLanes;
  const signed char* weights = w.bytes + panel * w.groups * kPanelColumns * 4;
  const unsigned char* bytes = x.bytes + row * x.stride;
  const auto* ahead =
      w.ahead != nullptr ? static_cast<const signed char*>(w.ahead) : weights + kBytesAhead;
  Ints sums[kRows][kVecs];
#pragma GCC unroll 4
  for (size_t v = 0; v < kVecs; ++v) {
    const Ints first = kUnsignedBytes
                           ? times_minus_128(load_ints(w.sums + panel * kPanelColumns + v * kLanes))
                           : zero_ints();
#pragma GCC unroll 4
    for (size_t r = 0; r < kRows; ++r) sums[r][v] = first;
  }
  for (size_t group = 0; group < w.groups; ++group) {
    if constexpr (kRows <= 2) {
#pragma GCC unroll 4
      for (size_t line = 0; line < 4; ++line) {
        prefetch(reinterpret_cast<const float*>(ahead + 64 * line));
      }
      ahead += kPanelColumns * 4;
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < kRows; ++r) {
      const FourBytes in = four_bytes(bytes + r * x.stride + 4 * group);
#pragma GCC unroll 4
      for (size_t v = 0; v < kVecs; ++v) {
        sums[r][v] = dot_bytes(sums[r][v], weights + v * kLanes * 4, in);
      }
    }
    weights += kPanelColumns * 4;
  }
  for (size_t r = 0; r < kRows; ++r) {
    const Vec row_scale = fill(x.scales[row + r]);
    for (size_t v = 0; v < kVecs && v * kLanes < columns; ++v) {
      const Vec scale = mul(load(w.scales + panel * kPanelColumns + v * kLanes), row_scale);
      const Vec result = mul(to_floats(sums[r][v]), scale);
      float* out = y + r * y_stride + v * kLanes;
      const size_t rest = columns - v * kLanes;
      if (rest >= kLanes) {
        store(out, result);
      } else {
        store_first(out, result, rest);
      }
    }
  }
}

/// Calls block with 4, 2 or 1 rows at a time, as a constant, and the first of them.
template <typename Block>
inline void each_row_block(size_t rows, const Block& block) {
  size_t r = 0;
  for (; r + kByteRowsAtOnce <= rows; r += kByteRowsAtOnce) block(Constant<kByteRowsAtOnce>{}, r);
  if constexpr (kByteRowsAtOnce > 2) {
    for (; r + 2 <= rows; r += 2) block(Constant<2>{}, r);
  }
  for (; r < rows; ++r) block(Constant<1>{}, r);
}

inline size_t columns_of(const Int8Panels& w, size_t panel) {
  const size_t left = w.columns - panel * kPanelColumns;
  return left < kPanelColumns ? left : kPanelColumns;
}

void linear_int8(const Int8Panels& w, size_t first_panel, size_t end_panel, const Int8Rows& x,
                 float* y, size_t y_stride) noexcept {
  for (size_t panel = first_panel; panel < end_panel; ++panel) {
    each_row_block(x.count, [&](auto rows, size_t r) {
      float* out = y + r * y_stride + panel * kPanelColumns;
      int8_block<decltype(rows)::value>(w, panel, x, r, out, y_stride, columns_of(w, panel));
    });
  }
}

void gated_int8(const Int8Panels& gate, const Int8Panels& up, size_t first_panel, size_t end_panel,
                const Int8Rows& x, float* y, size_t y_stride) noexcept {
  for (size_t panel = first_panel; panel < end_panel; ++panel) {
    const size_t columns = columns_of(gate, panel);
    each_row_block(x.count, [&](auto rows, size_t r) {
      constexpr size_t kRows = decltype(rows)::value;
      float gates[kRows * kPanelColumns];
      float ups[kRows * kPanelColumns];
      int8_block<kRows>(gate, panel, x, r, gates, kPanelColumns, kPanelColumns);
      int8_block<kRows>(up, panel, x, r, ups, kPanelColumns, kPanelColumns);
      for (size_t i = 0; i < kRows; ++i) {
        float* out = y + (r + i) * y_stride + panel * kPanelColumns;
        for (size_t c = 0; c < columns; c += kLanes) {
          const size_t at = i * kPanelColumns + c;
          const Vec result = gated(load(gates + at), load(ups + at));
          if (columns - c >= kLanes) {
            store(out + c, result);
          } else {
            store_first(out + c, result, columns - c);
          }
        }
      }
    });
  }
}

constexpr size_t kPagePositions = 64;

/// A row of weights as counts 0..127, and what one count is worth.
inline float count_weights(const float* p, const float* scales, unsigned char* counts) {
  Vec products[kPagePositions / kLanes];
  Vec most = fill(0.0F);
#pragma GCC unroll 4
  for (size_t v = 0; v < kPagePositions / kLanes; ++v) {
    products[v] = mul(load(p + v * kLanes), load(scales + v * kLanes));
    most = larger(most, products[v]);
  }
  const float greatest_product = largest(most);
  const bool is_zero = !(greatest_product > 1e-30F);
  const Vec factor = fill(is_zero ? 0.0F : 127.0F / greatest_product);
  const Vec top = fill(127.0F);
#pragma GCC unroll 4
  for (size_t v = 0; v < kPagePositions / kLanes; ++v) {
    store_counts(counts + v * kLanes, smaller(mul(products[v], factor), top));
  }
  return is_zero ? 0.0F : greatest_product / 127.0F;
}

/// kVecs vectors of columns of kRows rows.
template <size_t kRows, size_t kVecs>
inline void mix_block(const unsigned char* counts, const float* scales, const signed char* bytes,
                      const signed char* ahead, size_t row_bytes, size_t groups, float* y,
                      size_t y_stride) {
  Ints sums[kRows][kVecs];
#pragma GCC unroll 4
  for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kVecs; ++v) sums[r][v] = zero_ints();
  }
  for (size_t group = 0; group < groups; ++group) {
    if (kRows == 1 && ahead != nullptr) {
#pragma GCC unroll 4
      for (size_t v = 0; v < kVecs; ++v) {
        prefetch(reinterpret_cast<const float*>(ahead + v * kLanes * 4));
      }
      ahead += row_bytes;
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < kRows; ++r) {
      const FourBytes in = four_counts(counts + r * kPagePositions + 4 * group);
#pragma GCC unroll 4
      for (size_t v = 0; v < kVecs; ++v) {
        sums[r][v] = dot_bytes(sums[r][v], bytes + v * kLanes * 4, in);
      }
    }
    bytes += row_bytes;
  }
#pragma GCC unroll 4
  for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kVecs; ++v) {
      float* out = y + r * y_stride + v * kLanes;
      store(out, mul_add(fill(scales[r]), to_floats(sums[r][v]), load(out)));
    }
  }
}

template <size_t kRows>
inline void mix_rows(const float* p, size_t p_stride, const Int8Values& values, float* y,
                     size_t y_stride, size_t n) {
  constexpr size_t kVecs = 4;
  unsigned char counts[kRows * kPagePositions];
  float scales[kRows];
  for (size_t r = 0; r < kRows; ++r) {
    scales[r] = count_weights(p + r * p_stride, values.scales, counts + r * kPagePositions);
  }
  const size_t columns = value_columns(n);
  const size_t groups = (values.count + 3) / 4;
  const auto* next = static_cast<const signed char*>(values.ahead);
  const auto ahead = [=](size_t column) { return next != nullptr ? next + column * 4 : nullptr; };
  size_t c = 0;
  for (; c + kVecs * kLanes <= columns; c += kVecs * kLanes) {
    mix_block<kRows, kVecs>(counts, scales, values.bytes + c * 4, ahead(c), columns * 4, groups,
                            y + c, y_stride);
  }
  for (; c < columns; c += kLanes) {
    mix_block<kRows, 1>(counts, scales, values.bytes + c * 4, ahead(c), columns * 4, groups, y + c,
                        y_stride);
  }
}

void mix_int8(const float* p, size_t p_stride, size_t rows, const Int8Values& values, float* y,
              size_t y_stride, size_t n) noexcept {
  size_t r = 0;
  for (; r + kByteRowsAtOnce <= rows; r += kByteRowsAtOnce) {
    mix_rows<kByteRowsAtOnce>(p + r * p_stride, p_stride, values, y + r * y_stride, y_stride, n);
  }
  for (; r < rows; ++r) {
    mix_rows<1>(p + r * p_stride, p_stride, values, y + r * y_stride, y_stride, n);
  }
}
