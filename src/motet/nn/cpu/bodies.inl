// SPDX-License-Identifier: Apache-2.0
// Every kernel of kernels.h, once, over Vec. No standard library here: see isa_avx512.cpp.

/// Weights are asked for so many floats before they are needed: a matrix-vector product reads eight
/// short rows side by side, which the hardware's own prefetchers follow badly.
constexpr size_t kAhead = 8192;

inline Vec load(const BFloat16* p) {
  return load_bfloat16(reinterpret_cast<const unsigned char*>(p));
}
inline Vec load_first(const BFloat16* p, size_t n) {
  BFloat16 whole[kLanes] = {};
  for (size_t i = 0; i < n; ++i) whole[i] = p[i];
  return load(whole);
}

/// A rows x columns block of linear, in registers: one chain of multiply-adds an element.
template <size_t kRows, size_t kColumns, typename Weight>
inline void block(const Weight* w, size_t w_stride, const float* x, size_t x_stride, float* y,
                  size_t y_stride, size_t m) {
  Vec sums[kRows][kColumns];
#pragma GCC unroll 8
  for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (size_t c = 0; c < kColumns; ++c) sums[r][c] = fill(0.0F);
  }
  const auto step = [&](auto take, size_t ahead) {
    Vec in[kRows];
#pragma GCC unroll 8
    for (size_t r = 0; r < kRows; ++r) in[r] = take(x + r * x_stride);
#pragma GCC unroll 8
    for (size_t c = 0; c < kColumns; ++c) {
      if constexpr (kRows == 1) {
        prefetch(reinterpret_cast<const float*>(w + c * w_stride + ahead));
      }
      const Vec weight = take(w + c * w_stride);
#pragma GCC unroll 8
      for (size_t r = 0; r < kRows; ++r) sums[r][c] = mul_add(weight, in[r], sums[r][c]);
    }
  };
  size_t i = 0;
  for (; i + kLanes <= m; i += kLanes) step([=](const auto* p) { return load(p + i); }, i + kAhead);
  if (i < m) step([=](const auto* p) { return load_first(p + i, m - i); }, i + kAhead);
#pragma GCC unroll 8
  for (size_t r = 0; r < kRows; ++r) {
    float* out = y + r * y_stride;
    size_t c = 0;
#pragma GCC unroll 2
    for (; c + 4 <= kColumns; c += 4) sum_four(&sums[r][c], out + c);
#pragma GCC unroll 4
    for (; c < kColumns; ++c) out[c] = sum(sums[r][c]);
  }
}

float dot(const float* a, const float* b, size_t n) noexcept {
  float y;
  block<1, 1>(a, 0, b, 0, &y, 0, n);
  return y;
}

/// All rows of x against kColumns rows of w.
template <size_t kColumns, typename Weight>
inline void column_block(const Weight* w, size_t w_stride, const float* x, size_t x_stride,
                         size_t rows, float* y, size_t y_stride, size_t m) {
  size_t r = 0;
  for (; r + kRowsAtOnce <= rows; r += kRowsAtOnce) {
    block<kRowsAtOnce, kColumns>(w, w_stride, x + r * x_stride, x_stride, y + r * y_stride,
                                 y_stride, m);
  }
  for (; r < rows; ++r) {
    block<1, kColumns>(w, w_stride, x + r * x_stride, x_stride, y + r * y_stride, y_stride, m);
  }
}

/// So few rows of x at a time that they stay in the second-level cache while w goes by.
constexpr size_t kTileRows = 64;

template <typename Weight>
inline void linear_of(const Weight* w, size_t w_stride, size_t columns, const float* x,
                      size_t x_stride, size_t rows, float* y, size_t y_stride, size_t m) {
  for (size_t from = 0; from < rows; from += kTileRows) {
    const size_t count = rows - from < kTileRows ? rows - from : kTileRows;
    const float* in = x + from * x_stride;
    float* out = y + from * y_stride;
    size_t c = 0;
    if (count == 1) {
      for (; c + kColumnsOfOneRow <= columns; c += kColumnsOfOneRow) {
        block<1, kColumnsOfOneRow>(w + c * w_stride, w_stride, in, 0, out + c, 0, m);
      }
    }
    for (; c + kColumnsAtOnce <= columns; c += kColumnsAtOnce) {
      column_block<kColumnsAtOnce>(w + c * w_stride, w_stride, in, x_stride, count, out + c,
                                   y_stride, m);
    }
    for (; c < columns; ++c) {
      column_block<1>(w + c * w_stride, w_stride, in, x_stride, count, out + c, y_stride, m);
    }
  }
}

void linear(const float* w, size_t w_stride, size_t columns, const float* x, size_t x_stride,
            size_t rows, float* y, size_t y_stride, size_t m) noexcept {
  linear_of(w, w_stride, columns, x, x_stride, rows, y, y_stride, m);
}

void linear_bfloat16(const BFloat16* w, size_t w_stride, size_t columns, const float* x,
                     size_t x_stride, size_t rows, float* y, size_t y_stride, size_t m) noexcept {
  linear_of(w, w_stride, columns, x, x_stride, rows, y, y_stride, m);
}

void add_all(const float* a, const float* b, float* y, size_t n) noexcept {
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, add(load(a + i), load(b + i)));
  if (i < n) {
    const size_t rest = n - i;
    store_first(y + i, add(load_first(a + i, rest), load_first(b + i, rest)), rest);
  }
}

void rms_norm(const float* x, const float* gain, float eps, float* y, size_t n) noexcept {
  const float mean_square = dot(x, x, n) / static_cast<float>(n);
  const Vec scale = fill(1.0F / __builtin_sqrtf(mean_square + eps));
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    store(y + i, mul(mul(load(x + i), scale), load(gain + i)));
  }
  if (i < n) {
    const size_t rest = n - i;
    store_first(y + i, mul(mul(load_first(x + i, rest), scale), load_first(gain + i, rest)), rest);
  }
}

void swiglu(const float* gate, const float* up, float* y, size_t n) noexcept {
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, gated(load(gate + i), load(up + i)));
  if (i < n) {
    const size_t rest = n - i;
    store_first(y + i, gated(load_first(gate + i, rest), load_first(up + i, rest)), rest);
  }
}

inline float total_of(const float* x, size_t n) {
  Vec total = fill(0.0F);
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) total = add(total, load(x + i));
  if (i < n) total = add(total, load_first(x + i, n - i));
  return sum(total);
}

/// The sum of (x[i] - mean)^2.
inline float spread_of(const float* x, float mean, size_t n) {
  const Vec middle = fill(mean);
  Vec total = fill(0.0F);
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Vec d = sub(load(x + i), middle);
    total = mul_add(d, d, total);
  }
  if (i < n) {
    const Vec d = keep_first(sub(load_first(x + i, n - i), middle), n - i);
    total = mul_add(d, d, total);
  }
  return sum(total);
}

void layer_norm(const float* x, const float* gain, const float* bias, float eps, float* y,
                size_t n) noexcept {
  const float mean = total_of(x, n) / static_cast<float>(n);
  const float variance = spread_of(x, mean, n) / static_cast<float>(n);
  const Vec middle = fill(mean);
  const Vec scale = fill(1.0F / __builtin_sqrtf(variance + eps));
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Vec unit = mul(sub(load(x + i), middle), scale);
    store(y + i, mul_add(unit, load(gain + i), load(bias + i)));
  }
  if (i < n) {
    const size_t rest = n - i;
    const Vec unit = mul(sub(load_first(x + i, rest), middle), scale);
    store_first(y + i, mul_add(unit, load_first(gain + i, rest), load_first(bias + i, rest)), rest);
  }
}

/// (1 + tanh u) / 2 is 1 / (1 + e^(-2u)).
inline Vec bent(Vec x) {
  constexpr float kTwiceRoot = 1.59576912F;  // 2 sqrt(2 / pi)
  const Vec cubic = mul_add(mul(mul(x, x), x), fill(0.044715F), x);
  const Vec e = exponential(sub(fill(0.0F), mul(cubic, fill(kTwiceRoot))));
  return div(x, add(fill(1.0F), e));
}

void gelu(const float* x, float* y, size_t n) noexcept {
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, bent(load(x + i)));
  if (i < n) store_first(y + i, bent(load_first(x + i, n - i)), n - i);
}

void rope(const float* x, const float* cosine, const float* sine, float* y, size_t half) noexcept {
  size_t i = 0;
  for (; i + kLanes <= half; i += kLanes) {
    const Vec a = load(x + i);
    const Vec b = load(x + half + i);
    const Vec c = load(cosine + i);
    const Vec s = load(sine + i);
    store(y + i, neg_mul_add(b, s, mul(a, c)));
    store(y + half + i, mul_add(a, s, mul(b, c)));
  }
  if (i < half) {
    const size_t rest = half - i;
    const Vec a = load_first(x + i, rest);
    const Vec b = load_first(x + half + i, rest);
    const Vec c = load_first(cosine + i, rest);
    const Vec s = load_first(sine + i, rest);
    store_first(y + i, neg_mul_add(b, s, mul(a, c)), rest);
    store_first(y + half + i, mul_add(a, s, mul(b, c)), rest);
  }
}

inline float greatest(const float* x, size_t n) {
  Vec most = fill(x[0]);
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) most = larger(most, load(x + i));
  float best = largest(most);
  for (; i < n; ++i) best = best > x[i] ? best : x[i];
  return best;
}

float soften(float* x, float scale, size_t n) noexcept {
  const Vec most = fill(greatest(x, n));
  const Vec factor = fill(scale);
  Vec total = fill(0.0F);
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Vec e = exponential(mul(sub(load(x + i), most), factor));
    store(x + i, e);
    total = add(total, e);
  }
  if (i < n) {
    const size_t rest = n - i;
    const Vec e = exponential(mul(sub(load_first(x + i, rest), most), factor));
    store_first(x + i, e, rest);
    total = add(total, keep_first(e, rest));
  }
  return sum(total);
}

/// One vector of mix: `take` loads it from a row of v.
template <typename Value, typename Take>
inline Vec mix_vector(const float* p, const Value* v, size_t stride, size_t length, Take take) {
  Vec chain[4] = {fill(0.0F), fill(0.0F), fill(0.0F), fill(0.0F)};
  size_t t = 0;
  for (; t + 4 <= length; t += 4) {
#pragma GCC unroll 4
    for (size_t k = 0; k < 4; ++k) {
      chain[k] = mul_add(fill(p[t + k]), take(v + (t + k) * stride), chain[k]);
    }
  }
#pragma GCC unroll 3
  for (size_t k = 0; k < 3; ++k) {
    if (t + k < length) chain[k] = mul_add(fill(p[t + k]), take(v + (t + k) * stride), chain[k]);
  }
  return add(add(chain[0], chain[1]), add(chain[2], chain[3]));
}

template <typename Value>
inline void mix_of(const float* p, const Value* v, size_t stride, size_t length, float* y,
                   size_t n) {
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const auto take = [=](const Value* row) { return load(row + i); };
    store(y + i, add(load(y + i), mix_vector(p, v, stride, length, take)));
  }
  if (i < n) {
    const size_t rest = n - i;
    const auto take = [=](const Value* row) { return load_first(row + i, rest); };
    const Vec before = load_first(y + i, rest);
    store_first(y + i, add(before, mix_vector(p, v, stride, length, take)), rest);
  }
}

void mix(const float* p, const float* v, size_t stride, size_t length, float* y,
         size_t n) noexcept {
  mix_of(p, v, stride, length, y, n);
}

void mix_bfloat16(const float* p, const BFloat16* v, size_t stride, size_t length, float* y,
                  size_t n) noexcept {
  mix_of(p, v, stride, length, y, n);
}
