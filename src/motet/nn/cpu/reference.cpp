// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "motet/nn/cpu/bfloat16.h"
#include "motet/nn/cpu/kernels.h"
#include "motet/nn/tensor.h"

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

void layer_norm(const float* x, const float* gain, const float* bias, float eps, float* y,
                size_t n) noexcept {
  const auto count = static_cast<double>(n);
  double mean = 0.0;
  for (size_t i = 0; i < n; ++i) mean += double{x[i]} / count;
  double variance = 0.0;
  for (size_t i = 0; i < n; ++i) variance += (x[i] - mean) * (x[i] - mean) / count;
  const double scale = 1.0 / std::sqrt(variance + double{eps});
  for (size_t i = 0; i < n; ++i) {
    y[i] = static_cast<float>((x[i] - mean) * scale * double{gain[i]} + double{bias[i]});
  }
}

void gelu(const float* x, float* y, size_t n) noexcept {
  constexpr double kRoot = 0.797884560802865355880;  // sqrt(2 / pi)
  for (size_t i = 0; i < n; ++i) {
    const double v = x[i];
    y[i] = static_cast<float>(0.5 * v * (1.0 + std::tanh(kRoot * (v + 0.044715 * v * v * v))));
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

void mix(const float* p, const float* v, size_t stride, size_t length, float* y,
         size_t n) noexcept {
  for (size_t i = 0; i < n; ++i) {
    double sum = 0.0;
    for (size_t t = 0; t < length; ++t) sum += double{p[t]} * double{v[t * stride + i]};
    y[i] = static_cast<float>(double{y[i]} + sum);
  }
}

/// In float32 where the header says so: what is rounded to a whole number must be the same number.
float quantize(const float* x, unsigned char* q, size_t n) noexcept {
  float most = 0.0F;
  for (size_t i = 0; i < n; ++i) most = std::max(most, std::abs(x[i]));
  const bool is_zero = !(most > 1e-30F);
  const float factor = is_zero ? 0.0F : 127.0F / most;
  std::fill(q, q + (n + 15) / 16 * 16, static_cast<unsigned char>(128));
  for (size_t i = 0; i < n; ++i) {
    const float scaled = std::clamp(x[i] * factor, -127.0F, 127.0F);
    q[i] = static_cast<unsigned char>(128 + std::lrint(scaled));
  }
  return is_zero ? 0.0F : most / 127.0F;
}

void linear_bfloat16(const BFloat16* w, size_t w_stride, size_t columns, const float* x,
                     size_t x_stride, size_t rows, float* y, size_t y_stride, size_t m) noexcept {
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < columns; ++c) {
      double sum = 0.0;
      for (size_t i = 0; i < m; ++i) {
        sum += double{widened(w[c * w_stride + i])} * double{x[r * x_stride + i]};
      }
      y[r * y_stride + c] = static_cast<float>(sum);
    }
  }
}

void mix_bfloat16(const float* p, const BFloat16* v, size_t stride, size_t length, float* y,
                  size_t n) noexcept {
  for (size_t i = 0; i < n; ++i) {
    double sum = y[i];
    for (size_t t = 0; t < length; ++t) {
      sum += double{p[t]} * double{widened(v[t * stride + i])};
    }
    y[i] = static_cast<float>(sum);
  }
}

void linear_int8(const Int8Panels& w, size_t first_panel, size_t end_panel, const Int8Rows& x,
                 float* y, size_t y_stride) noexcept {
  const size_t end = std::min(end_panel * kPanelColumns, w.columns);
  for (size_t r = 0; r < x.count; ++r) {
    for (size_t c = first_panel * kPanelColumns; c < end; ++c) {
      const signed char* panel = w.bytes + c / kPanelColumns * w.groups * kPanelColumns * 4;
      int sum = 0;
      for (size_t k = 0; k < 4 * w.groups; ++k) {
        const int weight = panel[(k / 4 * kPanelColumns + c % kPanelColumns) * 4 + k % 4];
        sum += weight * (x.bytes[r * x.stride + k] - 128);
      }
      y[r * y_stride + c] = static_cast<float>(sum) * (w.scales[c] * x.scales[r]);
    }
  }
}

void gated_int8(const Int8Panels& gate, const Int8Panels& up, size_t first_panel, size_t end_panel,
                const Int8Rows& x, float* y, size_t y_stride) noexcept {
  const size_t first = first_panel * kPanelColumns;
  const size_t end = std::min(end_panel * kPanelColumns, gate.columns);
  std::vector<float> ups(x.count * y_stride);
  linear_int8(gate, first_panel, end_panel, x, y, y_stride);
  linear_int8(up, first_panel, end_panel, x, ups.data(), y_stride);
  for (size_t r = 0; r < x.count; ++r) {
    float* row = y + r * y_stride + first;
    swiglu(row, ups.data() + r * y_stride + first, row, end - first);
  }
}

/// In float32 up to the counts, as quantize is.
void mix_int8(const float* p, size_t p_stride, size_t rows, const Int8Values& values, float* y,
              size_t y_stride, size_t n) noexcept {
  for (size_t r = 0; r < rows; ++r) {
    const float* row = p + r * p_stride;
    float most = 0.0F;
    for (size_t t = 0; t < values.count; ++t) most = std::max(most, row[t] * values.scales[t]);
    const bool is_zero = !(most > 1e-30F);
    const float factor = is_zero ? 0.0F : 127.0F / most;
    const float scale = is_zero ? 0.0F : most / 127.0F;
    for (size_t i = 0; i < n; ++i) {
      long sum = 0;
      for (size_t t = 0; t < values.count; ++t) {
        const long count = std::lrint(std::min(row[t] * values.scales[t] * factor, 127.0F));
        sum += count * values.bytes[(t / 4 * value_columns(n) + i) * 4 + t % 4];
      }
      float& out = y[r * y_stride + i];
      out = static_cast<float>(double{out} + double{scale} * static_cast<double>(sum));
    }
  }
}

void linear_int4(const Int4Panels& w, size_t first_panel, size_t end_panel, const Int8Rows& x,
                 float* y, size_t y_stride) noexcept {
  const size_t end = std::min(end_panel * kPanelColumns, w.columns);
  for (size_t r = 0; r < x.count; ++r) {
    for (size_t c = first_panel * kPanelColumns; c < end; ++c) {
      double total = 0.0;
      for (size_t b = 0; b < w.blocks; ++b) {
        const unsigned char* block = w.bytes + (c / kPanelColumns * w.blocks + b) * kInt4BlockBytes;
        const size_t column = c % kPanelColumns;
        long sum = 0;
        for (size_t k = 0; k < 32; ++k) {
          const int both = block[(k / 8 * kPanelColumns + column) * 4 + k % 4];
          const int nibble = k % 8 < 4 ? both & 15 : both >> 4;
          sum += (nibble - 8) * (x.bytes[r * x.stride + b * 32 + k] - 128);
        }
        const unsigned char* scale = block + 1024 + 2 * column;
        const auto bits = static_cast<uint32_t>(scale[0] | scale[1] << 8) << 16;
        total += double{std::bit_cast<float>(bits)} * static_cast<double>(sum);
      }
      y[r * y_stride + c] = static_cast<float>(total * double{x.scales[r]});
    }
  }
}

void linear_int8_block(const Int8BlockPanels& w, size_t first_panel, size_t end_panel,
                       const Int8Rows& x, float* y, size_t y_stride) noexcept {
  const size_t end = std::min(end_panel * kPanelColumns, w.columns);
  for (size_t r = 0; r < x.count; ++r) {
    for (size_t c = first_panel * kPanelColumns; c < end; ++c) {
      double total = 0.0;
      for (size_t b = 0; b < w.blocks; ++b) {
        const unsigned char* block =
            w.bytes + (c / kPanelColumns * w.blocks + b) * kInt8BlockPanelBytes;
        const size_t column = c % kPanelColumns;
        long sum = 0;
        for (size_t k = 0; k < 32; ++k) {
          const int weight = block[(k / 4 * kPanelColumns + column) * 4 + k % 4] - 128;
          sum += weight * (x.bytes[r * x.stride + b * 32 + k] - 128);
        }
        const unsigned char* scale = block + 2048 + 2 * column;
        total += double{from_f16(static_cast<uint16_t>(scale[0] | scale[1] << 8))} *
                 static_cast<double>(sum);
      }
      y[r * y_stride + c] = static_cast<float>(total * double{x.scales[r]});
    }
  }
}

}  // namespace

const KernelTable& reference() noexcept {
  static constexpr KernelTable kTable{
      "reference", dot,  linear,          add,          rms_norm,         swiglu,   rope,
      soften,      mix,  quantize,        linear_int8,  gated_int8,       mix_int8, linear_int4,
      layer_norm,  gelu, linear_bfloat16, mix_bfloat16, linear_int8_block};
  return kTable;
}

}  // namespace motet::nn::kernels
