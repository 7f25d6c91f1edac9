// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/torch/train_kernels.h"

#include <cmath>
#include <cstring>

// One source, three machine codes, chosen by the loader. Without the attribute (other compilers,
// other machines, sanitizers, which dislike the loader's early call) the plain code remains.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MOTET_EVERY_LEVEL \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4"), optimize("O3")))
#else
#define MOTET_EVERY_LEVEL
#endif
#define MOTET_INLINE inline __attribute__((always_inline))

namespace motet::nn::train_kernels {
namespace {

constexpr size_t kLanes = 16;

MOTET_INLINE float load(float value) { return value; }

MOTET_INLINE float load(uint16_t bits) {
  const uint32_t word = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &word, sizeof value);
  return value;
}

MOTET_INLINE void store(float* at, float value) { *at = value; }

/// Rounds to nearest, ties to even. A quiet NaN stays one.
MOTET_INLINE void store(uint16_t* at, float value) {
  uint32_t word;
  std::memcpy(&word, &value, sizeof word);
  *at = static_cast<uint16_t>((word + 0x7FFF + ((word >> 16) & 1)) >> 16);
}

/// exp by halving the range and a polynomial; relative error below 3e-7. Source of the
/// coefficients: Moshier, Cephes Mathematical Library, expf.
MOTET_INLINE float exponential(float x) {
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
  x = x < -87.0F ? -87.0F : x;
  x = x > 88.0F ? 88.0F : x;
  const float shifted = x * kLog2E + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const uint32_t power = static_cast<uint32_t>(static_cast<int32_t>(n) + 127) << 23;
  float scale;
  std::memcpy(&scale, &power, sizeof scale);
  return p * scale;
}

MOTET_INLINE float sigmoid(float x) { return 1.0F / (1.0F + exponential(-x)); }

MOTET_INLINE float sum_of(const float (&lanes)[kLanes]) {
  float sum = 0.0F;
  for (const float lane : lanes) sum += lane;
  return sum;
}

/// The sum of term(0) ... term(n - 1), in kLanes partial sums.
template <typename Term>
MOTET_INLINE float sum(size_t n, const Term& term) {
  float lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (size_t j = 0; j < kLanes; ++j) lanes[j] += term(i + j);
  }
  for (size_t j = 0; i + j < n; ++j) lanes[j] += term(i + j);
  return sum_of(lanes);
}

template <typename Out>
MOTET_INLINE void rms_norm_rows(const float* x, const float* gain, float eps, Out* y, float* scale,
                                size_t rows, size_t width) {
  for (size_t row = 0; row < rows; ++row, x += width, y += width) {
    const float square = sum(width, [&](size_t i) { return x[i] * x[i]; });
    const float factor = 1.0F / std::sqrt(square / static_cast<float>(width) + eps);
    scale[row] = factor;
    for (size_t i = 0; i < width; ++i) store(y + i, x[i] * factor * gain[i]);
  }
}

template <typename In>
MOTET_INLINE void rms_norm_gradient_rows(const float* x, const float* gain, const float* scale,
                                         const In* dy, float* dx, float* dgain, size_t rows,
                                         size_t width) {
  for (size_t row = 0; row < rows; ++row, x += width, dy += width, dx += width) {
    const float factor = scale[row];
    const float along = sum(width, [&](size_t i) { return load(dy[i]) * gain[i] * x[i]; });
    const float pull = along * factor * factor * factor / static_cast<float>(width);
    for (size_t i = 0; i < width; ++i) {
      const float d = load(dy[i]);
      dx[i] = d * gain[i] * factor - x[i] * pull;
      dgain[i] += d * x[i] * factor;
    }
  }
}

template <typename T>
MOTET_INLINE void swiglu_each(const T* gate, const T* up, T* y, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const float g = load(gate[i]);
    store(y + i, g * sigmoid(g) * load(up[i]));
  }
}

template <typename T>
MOTET_INLINE void swiglu_gradient_each(const T* gate, const T* up, const T* dy, T* dgate, T* dup,
                                       size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const float g = load(gate[i]);
    const float d = load(dy[i]);
    const float s = sigmoid(g);
    store(dgate + i, d * load(up[i]) * s * (1.0F + g * (1.0F - s)));
    store(dup + i, d * g * s);
  }
}

template <typename T>
MOTET_INLINE void rope_heads(const T* x, const float* cosine, const float* sine, float direction,
                             T* y, size_t heads, size_t half) {
  for (size_t head = 0; head < heads; ++head, x += 2 * half, y += 2 * half) {
    for (size_t j = 0; j < half; ++j) {
      const float a = load(x[j]);
      const float b = load(x[j + half]);
      const float s = direction * sine[j];
      store(y + j, a * cosine[j] - b * s);
      store(y + j + half, b * cosine[j] + a * s);
    }
  }
}

template <typename T>
MOTET_INLINE float log_sum_exp_row(const T* x, size_t n) {
  float lanes[kLanes];
  for (float& lane : lanes) lane = load(x[0]);
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (size_t j = 0; j < kLanes; ++j) {
      const float value = load(x[i + j]);
      lanes[j] = lanes[j] > value ? lanes[j] : value;
    }
  }
  float top = lanes[0];
  for (const float lane : lanes) top = lane > top ? lane : top;
  for (; i < n; ++i) top = load(x[i]) > top ? load(x[i]) : top;
  return top + std::log(sum(n, [&](size_t k) { return exponential(load(x[k]) - top); }));
}

template <typename T>
MOTET_INLINE void softmax_gradient_row(const T* x, float log_sum, float factor, T* dx, size_t n) {
  for (size_t i = 0; i < n; ++i) store(dx + i, factor * exponential(load(x[i]) - log_sum));
}

}  // namespace

MOTET_EVERY_LEVEL void rms_norm(const float* x, const float* gain, float eps, float* y,
                                float* scale, size_t rows, size_t width) {
  rms_norm_rows(x, gain, eps, y, scale, rows, width);
}
MOTET_EVERY_LEVEL void rms_norm(const float* x, const float* gain, float eps, uint16_t* y,
                                float* scale, size_t rows, size_t width) {
  rms_norm_rows(x, gain, eps, y, scale, rows, width);
}

MOTET_EVERY_LEVEL void rms_norm_gradient(const float* x, const float* gain, const float* scale,
                                         const float* dy, float* dx, float* dgain, size_t rows,
                                         size_t width) {
  rms_norm_gradient_rows(x, gain, scale, dy, dx, dgain, rows, width);
}
MOTET_EVERY_LEVEL void rms_norm_gradient(const float* x, const float* gain, const float* scale,
                                         const uint16_t* dy, float* dx, float* dgain, size_t rows,
                                         size_t width) {
  rms_norm_gradient_rows(x, gain, scale, dy, dx, dgain, rows, width);
}

MOTET_EVERY_LEVEL void swiglu(const float* gate, const float* up, float* y, size_t n) {
  swiglu_each(gate, up, y, n);
}
MOTET_EVERY_LEVEL void swiglu(const uint16_t* gate, const uint16_t* up, uint16_t* y, size_t n) {
  swiglu_each(gate, up, y, n);
}

MOTET_EVERY_LEVEL void swiglu_gradient(const float* gate, const float* up, const float* dy,
                                       float* dgate, float* dup, size_t n) {
  swiglu_gradient_each(gate, up, dy, dgate, dup, n);
}
MOTET_EVERY_LEVEL void swiglu_gradient(const uint16_t* gate, const uint16_t* up, const uint16_t* dy,
                                       uint16_t* dgate, uint16_t* dup, size_t n) {
  swiglu_gradient_each(gate, up, dy, dgate, dup, n);
}

MOTET_EVERY_LEVEL void rope(const float* x, const float* cosine, const float* sine, float direction,
                            float* y, size_t heads, size_t half) {
  rope_heads(x, cosine, sine, direction, y, heads, half);
}
MOTET_EVERY_LEVEL void rope(const uint16_t* x, const float* cosine, const float* sine,
                            float direction, uint16_t* y, size_t heads, size_t half) {
  rope_heads(x, cosine, sine, direction, y, heads, half);
}

MOTET_EVERY_LEVEL float log_sum_exp(const float* x, size_t n) { return log_sum_exp_row(x, n); }
MOTET_EVERY_LEVEL float log_sum_exp(const uint16_t* x, size_t n) { return log_sum_exp_row(x, n); }

MOTET_EVERY_LEVEL void softmax_gradient(const float* x, float log_sum, float factor, float* dx,
                                        size_t n) {
  softmax_gradient_row(x, log_sum, factor, dx, n);
}
MOTET_EVERY_LEVEL void softmax_gradient(const uint16_t* x, float log_sum, float factor,
                                        uint16_t* dx, size_t n) {
  softmax_gradient_row(x, log_sum, factor, dx, n);
}

float widen(uint16_t bits) { return load(bits); }

uint16_t narrow(float value) {
  uint16_t bits;
  store(&bits, value);
  return bits;
}

}  // namespace motet::nn::train_kernels
