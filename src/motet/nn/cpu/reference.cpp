// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "motet/nn/cpu/kernels.h"

namespace motet::nn::kernels {
namespace {

float dot(const float* a, const float* b, size_t n) noexcept {
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) sum += double{a[i]} * double{b[i]};
  return static_cast<float>(sum);
}

void linear(const float* w, size_t w_stride, size_t columns, const float* x, size_t x_stride,
            size_t rows, float* y, size_t y_stride, size_t m) noexcept {
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < columns; ++c) {
      y[r * y_stride + c] = dot(w + c * w_stride, x + r * x_stride, m);
    }
  }
}

void add(const float* a, const float* b, float* y, size_t n) noexcept {
  for (size_t i = 0; i < n; ++i) y[i] = static_cast<float>(double{a[i]} + double{b[i]});
}

void rms_norm(const float* x, const float* gain, float eps, float* y, size_t n) noexcept {
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) sum += double{x[i]} * double{x[i]};
  const double scale = 1.0 / std::sqrt(sum / static_cast<double>(n) + double{eps});
  for (size_t i = 0; i < n; ++i) y[i] = static_cast<float>(double{x[i]} * scale * double{gain[i]});
}

void swiglu(const float* gate, const float* up, float* y, size_t n) noexcept {
  for (size_t i = 0; i < n; ++i) {
    y[i] = static_cast<float>(double{gate[i]} / (1.0 + std::exp(-double{gate[i]})) * double{up[i]});
  }
}

void rope(const float* x, const float* cosine, const float* sine, float* y, size_t half) noexcept {
  for (size_t j = 0; j < half; ++j) {
    const double a = x[j];
    const double b = x[j + half];
    y[j] = static_cast<float>(a * double{cosine[j]} - b * double{sine[j]});
    y[j + half] = static_cast<float>(b * double{cosine[j]} + a * double{sine[j]});
  }
}

float soften(float* x, float scale, size_t n) noexcept {
  const double most = *std::max_element(x, x + n);
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const double e = std::exp(std::max((double{x[i]} - most) * double{scale}, -87.0));
    x[i] = static_cast<float>(e);
    sum += e;
  }
  return static_cast<float>(sum);
}

void mix(const float* p, const float* v, size_t stride, size_t length, float scale, float* y,
         size_t n) noexcept {
  for (size_t i = 0; i < n; ++i) {
    double sum = 0.0;
    for (size_t t = 0; t < length; ++t) sum += double{p[t]} * double{v[t * stride + i]};
    y[i] = static_cast<float>(double{scale} * sum);
  }
}

}  // namespace

const KernelTable& reference() noexcept {
  static constexpr KernelTable kTable{"reference", dot,  linear, add, rms_norm,
                                      swiglu,      rope, soften, mix};
  return kTable;
}

}  // namespace motet::nn::kernels
