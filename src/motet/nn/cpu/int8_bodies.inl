// SPDX-License-Identifier: Apache-2.0
// The int8 kernels of kernels.h, once, over Vec and Ints. No standard library here: see
// isa_avx512.cpp.

float quantize(const float* x, unsigned char* q, size_t n) noexcept {
  const auto magnitude = [](Vec v) { return larger(v, sub(fill(0.0F), v)); };
  Vec most = fill(0.0F);
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) most = larger(most, magnitude(load(x + i)));
  if (i < n) most = larger(most, magnitude(load_first(x + i, n - i)));
  const float greatest_magnitude = largest(most);
  // Below the least normal number a scale would lose its own digits: such a row counts as zeros.
  const bool is_zero = !(greatest_magnitude > 1e-30F);
  const Vec factor = fill(is_zero ? 0.0F : 127.0F / greatest_magnitude);
  const Vec least = fill(-127.0F);
  const Vec top = fill(127.0F);
  const auto scaled = [&](Vec v) { return larger(smaller(mul(v, factor), top), least); };
  for (i = 0; i + kLanes <= n; i += kLanes) store_bytes(q + i, scaled(load(x + i)));
  if (i < n) store_bytes(q + i, scaled(load_first(x + i, n - i)));
  return is_zero ? 0.0F : greatest_magnitude / 127.0F;
}

/// Weights are asked for so many bytes before they are needed (tried: 1,024 to 16,384).
constexpr size_t kBytesAhead = 8192;

/// kRows rows of x against a panel of 64 columns of w.
template <size_t kRows>
inline void int8_block(const Int8Panels& w, size_t panel, const Int8Rows& x, size_t row, float* y,
                       size_t y_stride, size_t columns) {
  constexpr size_t kVecs = kPanelColumns / kLanes;
  const signed char* weights = w.bytes + panel * w.groups * kPanelColumns * 4;
  const unsigned char* bytes = x.bytes + row * x.stride;
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
    if constexpr (kRows == 1) {
#pragma GCC unroll 4
      for (size_t line = 0; line < 4; ++line) {
        prefetch(reinterpret_cast<const float*>(weights + kBytesAhead + 64 * line));
      }
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
      float* out = y + (row + r) * y_stride + v * kLanes;
      const size_t rest = columns - v * kLanes;
      if (rest >= kLanes) {
        store(out, result);
      } else {
        store_first(out, result, rest);
      }
    }
  }
}

void linear_int8(const Int8Panels& w, size_t first_panel, size_t end_panel, const Int8Rows& x,
                 float* y, size_t y_stride) noexcept {
  for (size_t panel = first_panel; panel < end_panel; ++panel) {
    const size_t before = panel * kPanelColumns;
    const size_t left = w.columns - before;
    const size_t columns = left < kPanelColumns ? left : kPanelColumns;
    size_t r = 0;
    for (; r + kByteRowsAtOnce <= x.count; r += kByteRowsAtOnce) {
      int8_block<kByteRowsAtOnce>(w, panel, x, r, y + before, y_stride, columns);
    }
    for (; r < x.count; ++r) int8_block<1>(w, panel, x, r, y + before, y_stride, columns);
  }
}

void scores_int8(const Int8Rows& keys, const float* q, size_t q_stride, size_t rows, float* y,
                 size_t y_stride, size_t n) noexcept {
  constexpr size_t kKeysAtOnce = 4;
  for (size_t r = 0; r < rows; ++r) {
    const float* in = q + r * q_stride;
    size_t t = 0;
    for (; t + kKeysAtOnce <= keys.count; t += kKeysAtOnce) {
      Vec sums[kKeysAtOnce] = {fill(0.0F), fill(0.0F), fill(0.0F), fill(0.0F)};
      for (size_t i = 0; i < n; i += kLanes) {
        const Vec part = n - i >= kLanes ? load(in + i) : load_first(in + i, n - i);
#pragma GCC unroll 4
        for (size_t k = 0; k < kKeysAtOnce; ++k) {
          sums[k] = mul_add(load_bytes(keys.bytes + (t + k) * keys.stride + i), part, sums[k]);
        }
      }
      float out[kKeysAtOnce];
      sum_four(sums, out);
      for (size_t k = 0; k < kKeysAtOnce; ++k)
        y[r * y_stride + t + k] = out[k] * keys.scales[t + k];
    }
    for (; t < keys.count; ++t) {
      Vec total = fill(0.0F);
      for (size_t i = 0; i < n; i += kLanes) {
        const Vec part = n - i >= kLanes ? load(in + i) : load_first(in + i, n - i);
        total = mul_add(load_bytes(keys.bytes + t * keys.stride + i), part, total);
      }
      y[r * y_stride + t] = sum(total) * keys.scales[t];
    }
  }
}

void mix_int8(const float* p, const Int8Rows& values, float scale, float* y, size_t n) noexcept {
  for (size_t i = 0; i < n; i += kLanes) {
    Vec chain[4] = {fill(0.0F), fill(0.0F), fill(0.0F), fill(0.0F)};
    const auto step = [&](size_t t, Vec& total) {
      const Vec weight = fill(p[t] * values.scales[t]);
      total = mul_add(weight, load_bytes(values.bytes + t * values.stride + i), total);
    };
    size_t t = 0;
    for (; t + 4 <= values.count; t += 4) {
#pragma GCC unroll 4
      for (size_t k = 0; k < 4; ++k) step(t + k, chain[k]);
    }
#pragma GCC unroll 3
    for (size_t k = 0; k < 3; ++k) {
      if (t + k < values.count) step(t + k, chain[k]);
    }
    const Vec total = mul(fill(scale), add(add(chain[0], chain[1]), add(chain[2], chain[3])));
    if (n - i >= kLanes) {
      store(y + i, total);
    } else {
      store_first(y + i, total, n - i);
    }
  }
}
