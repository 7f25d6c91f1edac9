// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace motet::nn::kernels {

inline constexpr size_t kCacheLine = 64;  ///< bytes
inline constexpr size_t kGroup = 4;       ///< bytes that one instruction multiplies together

constexpr size_t kPanelColumns = 64;

/// An int8 matrix as linear_int8 wants it: element [c][k] is byte * scales[c]. Columns lie in
/// panels of 64; within a panel four k of each column are together, then the next column:
/// bytes[panel][groups][64][4]. What fills the last panel and group up is zero.
struct Int8Panels {
  const signed char* bytes;
  const float* scales;  ///< [panels * 64]
  const int* sums;      ///< [panels * 64]: the sum of a column's bytes
  size_t columns;
  size_t groups;  ///< of four k
  /// As many bytes as a panel has, which are read next: the caches are asked for them meanwhile.
  /// Null where that is the following panel.
  const void* ahead = nullptr;
};

/// Columns of a value row: what a vector of sixteen lanes fills.
constexpr size_t value_columns(size_t head_size) { return (head_size + 15) / 16 * 16; }

/// int8 values of one head at up to 64 positions, four of them together:
/// bytes[(t / 4 * value_columns(S) + i) * 4 + t % 4] is element i at position t.
struct Int8Values {
  const signed char* bytes;
  const float* scales;          ///< [64], of the positions
  size_t count;                 ///< of positions; memory is there for 64
  const void* ahead = nullptr;  ///< as in Int8Panels, or nothing
};

/// An int4 matrix as linear_int4 wants it, in panels of 64 columns and blocks of 32 k: each block
/// is 1,024 bytes of nibbles, then the 64 columns' scales as bfloat16. A byte at [line][column][b]
/// of a block holds k = 8 line + b in its low nibble and k = 8 line + 4 + b in its high one, b in
/// 0..3.
struct Int4Panels {
  const unsigned char* bytes;  ///< [panels][blocks][kInt4BlockBytes]
  size_t columns;
  size_t blocks;  ///< of 32 k
};
constexpr size_t kInt4BlockBytes = 1024 + 64 * 2;

/// An int8 matrix as linear_int8_block wants it, in panels of 64 columns and blocks of 32 k: each
/// block is 2,048 bytes, each 128 more than the weight and laid as in Int8Panels; then the 64
/// columns' scales as float16.
struct Int8BlockPanels {
  const unsigned char* bytes;  ///< [panels][blocks][kInt8BlockPanelBytes]
  size_t columns;
  size_t blocks;  ///< of 32 k
};
constexpr size_t kInt8BlockPanelBytes = 2048 + 64 * 2;

/// The upper half of a float32: to widen it is exact.
struct BFloat16 {
  unsigned short bits;
};

/// Rows that quantize() made: element [r][k] is (bytes[r * stride + k] - 128) * scales[r].
struct Int8Rows {
  const unsigned char* bytes;
  const float* scales;
  size_t stride;  ///< at least 4 * groups of the matrix
  size_t count;
  /// Of the kernels whose weights have blocks: [count][stride / 32], of (byte - 128).
  const int* block_sums = nullptr;
};

/// The inner loops of the cpu backend for one instruction set.
///
/// Every table but reference() gives the same bits, on one rule: all arithmetic is done on logical
/// vectors of sixteen float32 lanes, one AVX-512 register, two of AVX2, or an array. A sum of
/// products keeps one fused multiply-add chain a lane; the tail is a load padded with zeros; the
/// lanes are then added as a tree, i with i + 8, then + 4, + 2, + 1. The order depends on the
/// length alone, so blocking, threads and the split of a prompt are free to change. exp is our own
/// polynomial over the same operations.
///
/// Integer sums are exact in any order, so the int8 kernels need no rule but one: a product of two
/// scales is rounded, then its product with the sum.
///
/// Lengths are at least 1. Outputs may be inputs where it says so, else they do not overlap.
struct KernelTable {
  const char* name;

  /// sum of a[i] * b[i].  a, b: [n].
  float (*dot)(const float* a, const float* b, size_t n) noexcept;

  /// y[r * y_stride + c] = dot(w + c * w_stride, x + r * x_stride, m) for r < rows, c < columns.
  /// Bit for bit what dot gives.
  void (*linear)(const float* w, size_t w_stride, size_t columns, const float* x, size_t x_stride,
                 size_t rows, float* y, size_t y_stride, size_t m) noexcept;

  /// y[i] = a[i] + b[i].  y may be a or b.
  void (*add)(const float* a, const float* b, float* y, size_t n) noexcept;

  /// y[i] = x[i] * gain[i] / sqrt(mean(x^2) + eps).  x, gain, y: [n]; y may be x.
  /// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019, eq. 4.
  void (*rms_norm)(const float* x, const float* gain, float eps, float* y, size_t n) noexcept;

  /// y[i] = gate[i] / (1 + exp(-gate[i])) * up[i].  y may be gate or up.
  /// Source: Shazeer, "GLU Variants Improve Transformer", 2020, eq. 6.
  void (*swiglu)(const float* gate, const float* up, float* y, size_t n) noexcept;

  /// One head turned: y[j] = x[j] cosine[j] - x[j+half] sine[j] and
  /// y[j+half] = x[j+half] cosine[j] + x[j] sine[j].  x, y: [2 * half]; cosine, sine: [half].
  void (*rope)(const float* x, const float* cosine, const float* sine, float* y,
               size_t half) noexcept;

  /// x[i] = exp((x[i] - max(x)) * scale), scale > 0; returns the sum of them. Differences below
  /// -87 count as -87.
  float (*soften)(float* x, float scale, size_t n) noexcept;

  /// y[i] += sum over t of p[t] * v[t * stride + i].  p: [length]; y: [n]. Four chains, t modulo 4,
  /// added as (0 + 1) + (2 + 3).
  void (*mix)(const float* p, const float* v, size_t stride, size_t length, float* y,
              size_t n) noexcept;

  /// q[i] = 128 + round(x[i] / scale), half to even; returns scale = max |x| / 127, or 0 where all
  /// is below 1e-30.  x: [n]; q: [n rounded up to 16], filled up with 128.
  float (*quantize)(const float* x, unsigned char* q, size_t n) noexcept;

  /// y[r * y_stride + c] = sum over k of w[c][k] x[r][k], for the columns of some panels.
  void (*linear_int8)(const Int8Panels& w, size_t first_panel, size_t end_panel, const Int8Rows& x,
                      float* y, size_t y_stride) noexcept;

  /// y[r * y_stride + c] = swiglu of what linear_int8 gives for gate and for up: bit for bit. Both
  /// have the same sizes.
  void (*gated_int8)(const Int8Panels& gate, const Int8Panels& up, size_t first_panel,
                     size_t end_panel, const Int8Rows& x, float* y, size_t y_stride) noexcept;

  /// y[r * y_stride + i] += s[r] * sum over t of w[r][t] * byte i of value t, where w[r][t] is
  /// p[r * p_stride + t] * (scale of value t) / s[r], rounded half to even, and s[r] is the largest
  /// of those products / 127. The integer sum is exact; y takes one fused multiply-add.
  /// p: rows of [64], none negative, zero from values.count on; y: rows of [value_columns(n)].
  void (*mix_int8)(const float* p, size_t p_stride, size_t rows, const Int8Values& values, float* y,
                   size_t y_stride, size_t n) noexcept;

  /// y[r * y_stride + c] = scale of row r * the sum over blocks, in order, one fused multiply-add
  /// each, of (scale of the block's column) * (the exact sum of nibble - 8 times byte - 128).
  void (*linear_int4)(const Int4Panels& w, size_t first_panel, size_t end_panel, const Int8Rows& x,
                      float* y, size_t y_stride) noexcept;

  /// y[i] = (x[i] - mean(x)) / sqrt(variance(x) + eps) * gain[i] + bias[i].  y may be x.
  /// Source: Ba, Kiros and Hinton, "Layer Normalization", 2016, eq. 3.
  void (*layer_norm)(const float* x, const float* gain, const float* bias, float eps, float* y,
                     size_t n) noexcept;

  /// y[i] = x[i] / 2 (1 + tanh(sqrt(2/pi) (x[i] + 0.044715 x[i]^3))).  y may be x.
  /// Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016, section 2.
  void (*gelu)(const float* x, float* y, size_t n) noexcept;

  /// linear and mix with halved weights and values: bit for bit what they give for the same numbers
  /// as float32.
  void (*linear_bfloat16)(const BFloat16* w, size_t w_stride, size_t columns, const float* x,
                          size_t x_stride, size_t rows, float* y, size_t y_stride,
                          size_t m) noexcept;
  void (*mix_bfloat16)(const float* p, const BFloat16* v, size_t stride, size_t length, float* y,
                       size_t n) noexcept;

  /// linear_int4 for weights that are bytes: y[r * y_stride + c] = scale of row r * the sum over
  /// blocks, in order, one fused multiply-add each, of (scale of the block's column) * (the exact
  /// sum of weight times byte - 128).
  void (*linear_int8_block)(const Int8BlockPanels& w, size_t first_panel, size_t end_panel,
                            const Int8Rows& x, float* y, size_t y_stride) noexcept;
};

/// The specification: plain loops in double, rounded once at the end. Slow.
const KernelTable& reference() noexcept;

/// The tables that this machine runs, narrowest first: "generic", "avx2", "avx512", "amx", or
/// "generic", "neon", "dotprod".
std::span<const KernelTable* const> available() noexcept;

/// The widest one; the environment variable MOTET_ISA lowers the choice. Throws
/// Error(kInvalidArgument) when it names no instruction set.
const KernelTable& best();

}  // namespace motet::nn::kernels
