// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/cpu/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <utility>

#include "motet/base/error.h"
#include "motet/base/random.h"
#include "motet/nn/cpu/bfloat16.h"
#include "motet/nn/cpu/packed.h"
#include "tests/support/expect_close.h"
#include "tests/support/random_floats.h"

namespace motet::nn::kernels {
namespace {

using test::expect_close;
using test::random_floats;

constexpr std::array<size_t, 18> kSizes{1,  2,  7,  8,  9,  15, 16,  17,  31,
                                        33, 47, 63, 64, 65, 96, 192, 255, 1000};
constexpr float kGuard = 42.0F;

/// Runs `kernel` into a buffer of `count` floats with a guard band behind it, and returns them.
std::vector<float> guarded(size_t count, const std::function<void(float*)>& kernel) {
  std::vector<float> y(count + 16, kGuard);
  kernel(y.data());
  for (size_t i = count; i < y.size(); ++i) EXPECT_EQ(y[i], kGuard) << "beyond the end";
  y.resize(count);
  return y;
}

using Run = std::function<std::vector<float>(const KernelTable&, size_t)>;

std::vector<float> run_dot(const KernelTable& kernel, size_t n) {
  return {kernel.dot(random_floats(n, 1).data(), random_floats(n, 2).data(), n)};
}

/// Strides larger than the rows, as many rows and columns as meet every block and remainder.
std::vector<float> run_linear(const KernelTable& kernel, size_t n) {
  constexpr size_t kColumns = 19;
  const auto w = random_floats(kColumns * (n + 3), 3);
  std::vector<float> all;
  for (const size_t rows : {size_t{1}, size_t{7}, size_t{66}}) {
    const auto x = random_floats(rows * (n + 5), 4);
    const auto y = guarded((rows - 1) * 21 + kColumns, [&](float* out) {
      kernel.linear(w.data(), n + 3, kColumns, x.data(), n + 5, rows, out, 21, n);
    });
    for (size_t r = 0; r + 1 < rows; ++r) {
      EXPECT_EQ(y[r * 21 + kColumns], kGuard) << "between rows";
    }
    all.insert(all.end(), y.begin(), y.end());
  }
  return all;
}

std::vector<BFloat16> halves_of(const std::vector<float>& x) {
  std::vector<BFloat16> y(x.size());
  std::transform(x.begin(), x.end(), y.begin(), halved);
  return y;
}

std::vector<float> run_linear_bfloat16(const KernelTable& kernel, size_t n) {
  constexpr size_t kColumns = 19;
  const auto w = halves_of(random_floats(kColumns * (n + 3), 3));
  std::vector<float> all;
  for (const size_t rows : {size_t{1}, size_t{7}}) {
    const auto x = random_floats(rows * (n + 5), 4);
    const auto y = guarded((rows - 1) * 21 + kColumns, [&](float* out) {
      kernel.linear_bfloat16(w.data(), n + 3, kColumns, x.data(), n + 5, rows, out, 21, n);
    });
    all.insert(all.end(), y.begin(), y.end());
  }
  return all;
}

std::vector<float> run_mix_bfloat16(const KernelTable& kernel, size_t n) {
  const auto p = random_floats(37, 15);
  const auto v = halves_of(random_floats(37 * (n + 2), 16));
  const auto before = random_floats(n, 28);
  return guarded(n, [&](float* out) {
    std::copy(before.begin(), before.end(), out);
    kernel.mix_bfloat16(p.data(), v.data(), n + 2, 37, out, n);
  });
}

std::vector<float> run_add(const KernelTable& kernel, size_t n) {
  const auto a = random_floats(n, 5);
  const auto b = random_floats(n, 6);
  return guarded(n, [&](float* y) { kernel.add(a.data(), b.data(), y, n); });
}

std::vector<float> run_rms_norm(const KernelTable& kernel, size_t n) {
  const auto x = random_floats(n, 7);
  const auto gain = random_floats(n, 8);
  return guarded(n, [&](float* y) { kernel.rms_norm(x.data(), gain.data(), 1e-6F, y, n); });
}

std::vector<float> run_swiglu(const KernelTable& kernel, size_t n) {
  auto gate = random_floats(n, 9, 4.0);
  gate[n / 2] = -200.0F;
  const auto up = random_floats(n, 10);
  return guarded(n, [&](float* y) { kernel.swiglu(gate.data(), up.data(), y, n); });
}

std::vector<float> run_layer_norm(const KernelTable& kernel, size_t n) {
  auto x = random_floats(n, 24);
  for (float& value : x) value += 3.0F;
  const auto gain = random_floats(n, 25);
  const auto bias = random_floats(n, 26);
  return guarded(
      n, [&](float* y) { kernel.layer_norm(x.data(), gain.data(), bias.data(), 1e-5F, y, n); });
}

std::vector<float> run_gelu(const KernelTable& kernel, size_t n) {
  auto x = random_floats(n, 27, 4.0);
  x[n / 2] = -200.0F;
  return guarded(n, [&](float* y) { kernel.gelu(x.data(), y, n); });
}

std::vector<float> run_rope(const KernelTable& kernel, size_t n) {
  const auto x = random_floats(2 * n, 11);
  const auto cosine = random_floats(n, 12);
  const auto sine = random_floats(n, 13);
  return guarded(2 * n, [&](float* y) { kernel.rope(x.data(), cosine.data(), sine.data(), y, n); });
}

std::vector<float> run_soften(const KernelTable& kernel, size_t n) {
  const auto x = random_floats(n, 14, 5.0);
  float sum = 0.0F;
  auto y = guarded(n, [&](float* out) {
    std::copy(x.begin(), x.end(), out);
    sum = kernel.soften(out, 0.25F, n);
  });
  y.push_back(sum);
  return y;
}

std::vector<float> run_mix(const KernelTable& kernel, size_t n) {
  std::vector<float> all;
  for (const size_t length : {size_t{1}, size_t{3}, size_t{4}, size_t{37}}) {
    const auto p = random_floats(length, 15);
    const auto v = random_floats(length * (n + 2), 16);
    const auto before = random_floats(n, 28);
    const auto y = guarded(n, [&](float* out) {
      std::copy(before.begin(), before.end(), out);
      kernel.mix(p.data(), v.data(), n + 2, length, out, n);
    });
    all.insert(all.end(), y.begin(), y.end());
  }
  return all;
}

std::vector<float> run_quantize(const KernelTable& kernel, size_t n) {
  const auto x = random_floats(n, 17, 3.0);
  std::vector<uint8_t> q((n + 15) / 16 * 16 + 16, 7);
  std::vector<float> y{kernel.quantize(x.data(), q.data(), n)};
  for (size_t i = (n + 15) / 16 * 16; i < q.size(); ++i) EXPECT_EQ(q[i], 7) << "beyond the end";
  y.insert(y.end(), q.begin(), q.end());
  return y;
}

/// Bytes of -127..127, both ends among them.
std::vector<int8_t> random_bytes(size_t count, uint64_t seed) {
  const Random random(seed, 0);
  std::vector<int8_t> bytes(count);
  for (size_t i = 0; i < count; ++i) {
    bytes[i] = static_cast<int8_t>(static_cast<int>(random.bits(i / 4)[i % 4] % 255) - 127);
  }
  return bytes;
}

PackedInt8 random_int8(size_t columns, size_t n, uint64_t seed, WeightMemory& memory) {
  std::vector<float> scales = random_floats(columns, seed, 0.05);
  return {{.rows = static_cast<int64_t>(columns),
           .columns = static_cast<int64_t>(n),
           .bytes = random_bytes(columns * n, seed),
           .scales = std::move(scales)},
          memory};
}

/// Rows of n as quantize() leaves them.
struct RoundedRows {
  RoundedRows(size_t rows, size_t n)
      : stride((n + 15) / 16 * 16), q(rows * stride, 128), scales(random_floats(rows, 19, 0.05)) {
    const std::vector<int8_t> bytes = random_bytes(rows * n, 20);
    for (size_t i = 0; i < bytes.size(); ++i) {
      q[i / n * stride + i % n] = static_cast<uint8_t>(bytes[i] + 128);
    }
  }
  Int8Rows rows() const {
    return {.bytes = q.data(), .scales = scales.data(), .stride = stride, .count = scales.size()};
  }

  size_t stride;
  std::vector<uint8_t> q;
  std::vector<float> scales;
};

/// Panels full and in part.
constexpr std::array<size_t, 3> kInt8Columns{3, 64, 150};

/// One row, blocks of rows and what is left over; once more rows than are multiplied together.
std::vector<RoundedRows> rounded_rows(size_t n) {
  std::vector<RoundedRows> all;
  for (const size_t rows : {1, 3, 6, 21, 69}) all.emplace_back(rows, n);
  if (n == 64) all.emplace_back(291, n);
  return all;
}

using MultiplyRows = std::function<void(const Int8Rows&, float*, size_t)>;

/// multiply(x, y, stride of y) for each of rounded_rows.
void each_product(const std::vector<RoundedRows>& all, size_t columns, const MultiplyRows& multiply,
                  std::vector<float>& results) {
  const size_t stride = columns + 2;
  for (const RoundedRows& x : all) {
    const auto y = guarded((x.scales.size() - 1) * stride + columns,
                           [&](float* out) { multiply(x.rows(), out, stride); });
    results.insert(results.end(), y.begin(), y.end());
  }
}

std::vector<float> run_linear_int8(const KernelTable& kernel, size_t n) {
  const std::vector<RoundedRows> rows = rounded_rows(n);
  std::vector<float> all;
  for (const size_t columns : kInt8Columns) {
    WeightMemory memory;
    const PackedInt8 w = random_int8(columns, n, 18, memory);
    const auto multiply = [&](const Int8Rows& x, float* y, size_t stride) {
      kernel.linear_int8(w.panels(), 0, w.panel_count(), x, y, stride);
    };
    each_product(rows, columns, multiply, all);
  }
  return all;
}

std::vector<float> run_gated_int8(const KernelTable& kernel, size_t n) {
  const std::vector<RoundedRows> rows = rounded_rows(n);
  std::vector<float> all;
  for (const size_t columns : kInt8Columns) {
    WeightMemory memory;
    const PackedInt8 gate = random_int8(columns, n, 18, memory);
    const PackedInt8 up = random_int8(columns, n, 31, memory);
    const auto multiply = [&](const Int8Rows& x, float* y, size_t stride) {
      kernel.gated_int8(gate.panels(), up.panels(), 0, gate.panel_count(), x, y, stride);
    };
    each_product(rows, columns, multiply, all);
  }
  return all;
}

/// More k than are multiplied in one go.
std::vector<float> run_long_int8(const KernelTable& kernel, size_t n) {
  if (n > 9) return {};
  constexpr size_t kColumns = 70;
  constexpr size_t kRows = 45;
  const size_t width = 1024 + 64 * n;
  WeightMemory memory;
  const PackedInt8 matrix = random_int8(kColumns, width, 18, memory);
  const RoundedRows x(kRows, width);
  return guarded(kRows * kColumns, [&](float* out) {
    kernel.linear_int8(matrix.panels(), 0, matrix.panel_count(), x.rows(), out, kColumns);
  });
}

/// Rows of whole blocks: n times 32.
std::vector<float> run_linear_int4(const KernelTable& kernel, size_t n) {
  const size_t width = 32 * std::min(n, size_t{9});
  std::vector<float> all;
  for (const size_t columns : {size_t{3}, size_t{64}, size_t{150}}) {
    const auto values = random_floats(columns * width, 29);
    const HostTensor host{
        .type = DType::kF32,
        .shape = {static_cast<int64_t>(columns), static_cast<int64_t>(width)},
        .bytes = {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(float)}};
    WeightMemory memory;
    const PackedInt4 matrix(to_int4(host), memory);
    for (const size_t rows : {size_t{1}, size_t{6}}) {
      const auto x = random_floats(rows * width, 30);
      std::vector<uint8_t> q(rows * width);
      std::vector<float> scales(rows);
      std::vector<int> sums(rows * width / 32);
      for (size_t r = 0; r < rows; ++r) {
        scales[r] = reference().quantize(x.data() + r * width, q.data() + r * width, width);
      }
      for (size_t i = 0; i < q.size(); ++i) sums[i / 32] += q[i] - 128;
      const Int8Rows in{.bytes = q.data(),
                        .scales = scales.data(),
                        .stride = width,
                        .count = rows,
                        .block_sums = sums.data()};
      const auto y = guarded((rows - 1) * (columns + 2) + columns, [&](float* out) {
        kernel.linear_int4(matrix.panels(), 0, matrix.panel_count(), in, out, columns + 2);
      });
      all.insert(all.end(), y.begin(), y.end());
    }
  }
  return all;
}

/// Rows of whole blocks: n times 32. Other programs' files may hold -128.
std::vector<float> run_linear_int8_block(const KernelTable& kernel, size_t n) {
  const size_t width = 32 * std::min(n, size_t{9});
  std::vector<float> all;
  for (const size_t columns : {size_t{3}, size_t{64}, size_t{150}}) {
    const auto values = random_floats(columns * width, 31);
    Int8BlockMatrix blocks = to_int8_blocks(
        {.type = DType::kF32,
         .shape = {static_cast<int64_t>(columns), static_cast<int64_t>(width)},
         .bytes = {reinterpret_cast<const uint8_t*>(values.data()), 4 * values.size()}});
    for (size_t at = 2; at < blocks.bytes.size(); at += 5 * kInt8BlockBytes) {
      std::fill_n(blocks.bytes.begin() + static_cast<std::ptrdiff_t>(at), 8, uint8_t{0x80});
    }
    WeightMemory memory;
    const PackedInt8Block matrix(blocks.view(), memory);
    for (const size_t rows : {size_t{1}, size_t{6}}) {
      const auto x = random_floats(rows * width, 32);
      std::vector<uint8_t> q(rows * width);
      std::vector<float> scales(rows);
      std::vector<int> sums(rows * width / 32);
      for (size_t r = 0; r < rows; ++r) {
        scales[r] = reference().quantize(x.data() + r * width, q.data() + r * width, width);
      }
      std::fill_n(q.begin(), 6, uint8_t{255});  // products of 127 and -128 in a row
      for (size_t i = 0; i < q.size(); ++i) sums[i / 32] += q[i] - 128;
      const Int8Rows in{.bytes = q.data(),
                        .scales = scales.data(),
                        .stride = width,
                        .count = rows,
                        .block_sums = sums.data()};
      const auto y = guarded((rows - 1) * (columns + 2) + columns, [&](float* out) {
        kernel.linear_int8_block(matrix.panels(), 0, matrix.panel_count(), in, out, columns + 2);
      });
      all.insert(all.end(), y.begin(), y.end());
    }
  }
  return all;
}

/// One row and more than a block of rows, a page in part and a full one, a page of no weight.
std::vector<float> run_mix_int8(const KernelTable& kernel, size_t n) {
  std::vector<float> all;
  const size_t columns = value_columns(n);
  for (const size_t count : {size_t{1}, size_t{7}, size_t{64}}) {
    for (const size_t rows : {size_t{1}, size_t{6}, size_t{21}}) {
      std::vector<signed char> bytes(64 * columns);
      std::vector<float> scales(64);
      const auto values = random_floats(64 * columns, 23);
      for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<signed char>(std::clamp(values[i] * 60.0F, -127.0F, 127.0F));
      }
      for (size_t t = 0; t < 64; ++t) scales[t] = std::abs(values[t]);
      auto p = random_floats(rows * 70, 22);
      for (size_t i = 0; i < p.size(); ++i) {
        p[i] = i % 70 < count && i / 70 != 3 ? std::abs(p[i]) : 0.0F;
      }
      auto y = guarded((rows - 1) * (columns + 16) + columns, [&](float* out) {
        for (size_t r = 0; r < rows; ++r) std::fill_n(out + r * (columns + 16), columns, 0.5F);
        kernel.mix_int8(p.data(), 70, rows,
                        {.bytes = bytes.data(), .scales = scales.data(), .count = count}, out,
                        columns + 16, n);
      });
      for (size_t r = 0; r < rows; ++r) {
        const auto row = y.begin() + static_cast<std::ptrdiff_t>(r * (columns + 16));
        all.insert(all.end(), row, row + static_cast<std::ptrdiff_t>(n));
      }
    }
  }
  return all;
}

struct Case {
  const char* name;
  Run run;
  /// Sums of a thousand products of size one lose a few units of 6e-8 against their size of 30;
  /// where a sum nearly cancels, only the absolute bound can hold.
  double relative;
  double absolute;
};

const std::array<Case, 19> kCases{{{"dot", run_dot, 1e-6, 2e-5},
                                   {"linear", run_linear, 1e-6, 2e-5},
                                   {"add", run_add, 0.0, 0.0},
                                   {"rms_norm", run_rms_norm, 1e-6, 0.0},
                                   {"swiglu", run_swiglu, 1e-6, 1e-30},
                                   {"rope", run_rope, 1e-6, 1e-6},
                                   {"soften", run_soften, 2e-6, 0.0},
                                   {"mix", run_mix, 1e-6, 2e-6},
                                   {"quantize", run_quantize, 0.0, 0.0},
                                   {"linear_int8", run_linear_int8, 0.0, 0.0},
                                   {"gated_int8", run_gated_int8, 2e-6, 1e-30},
                                   {"long_int8", run_long_int8, 0.0, 0.0},
                                   {"mix_int8", run_mix_int8, 1e-6, 1e-6},
                                   {"linear_int4", run_linear_int4, 1e-6, 2e-5},
                                   {"linear_int8_block", run_linear_int8_block, 1e-6, 2e-5},
                                   {"layer_norm", run_layer_norm, 2e-6, 1e-5},
                                   {"gelu", run_gelu, 3e-6, 1e-12},
                                   {"linear_bfloat16", run_linear_bfloat16, 1e-6, 2e-5},
                                   {"mix_bfloat16", run_mix_bfloat16, 1e-6, 2e-6}}};

TEST(Kernels, AgreeWithReferenceAtEverySizeAndWriteNothingElse) {
  for (const KernelTable* kernel : available()) {
    for (const Case& c : kCases) {
      for (const size_t n : kSizes) {
        SCOPED_TRACE(std::string(kernel->name) + " " + c.name + " " + std::to_string(n));
        expect_close(c.run(*kernel, n), c.run(reference(), n), c.relative, c.absolute);
      }
    }
  }
}

TEST(Kernels, GiveTheSameBitsOnEveryInstructionSet) {
  for (const KernelTable* kernel : available()) {
    for (const Case& c : kCases) {
      for (const size_t n : kSizes) {
        const auto expected = c.run(*available().front(), n);
        const auto actual = c.run(*kernel, n);
        ASSERT_EQ(actual.size(), expected.size());
        for (size_t i = 0; i < actual.size(); ++i) {
          ASSERT_EQ(std::bit_cast<uint32_t>(actual[i]), std::bit_cast<uint32_t>(expected[i]))
              << kernel->name << " " << c.name << " " << n << ", element " << i;
        }
      }
    }
  }
}

TEST(Kernels, LinearIsDotBitForBit) {
  constexpr size_t kRows = 66;
  constexpr size_t kColumns = 19;
  constexpr size_t kLength = 77;
  const auto w = random_floats(kColumns * kLength, 1);
  const auto x = random_floats(kRows * kLength, 2);
  for (const KernelTable* kernel : available()) {
    std::vector<float> y(kRows * kColumns);
    kernel->linear(w.data(), kLength, kColumns, x.data(), kLength, kRows, y.data(), kColumns,
                   kLength);
    for (size_t r = 0; r < kRows; ++r) {
      for (size_t c = 0; c < kColumns; ++c) {
        ASSERT_EQ(y[r * kColumns + c],
                  kernel->dot(w.data() + c * kLength, x.data() + r * kLength, kLength))
            << kernel->name << " row " << r << ", column " << c;
      }
    }
  }
}

TEST(Kernels, HalvedWeightsGiveTheBitsOfTheSameNumbersInFloat32) {
  constexpr size_t kColumns = 19;
  constexpr size_t kLength = 77;
  const auto halves = halves_of(random_floats(kColumns * kLength, 1));
  std::vector<float> whole(halves.size());
  std::transform(halves.begin(), halves.end(), whole.begin(), widened);
  const auto x = random_floats(5 * kLength, 2);
  for (const KernelTable* kernel : available()) {
    std::vector<float> expected(5 * kColumns);
    std::vector<float> y(expected.size());
    kernel->linear(whole.data(), kLength, kColumns, x.data(), kLength, 5, expected.data(), kColumns,
                   kLength);
    kernel->linear_bfloat16(halves.data(), kLength, kColumns, x.data(), kLength, 5, y.data(),
                            kColumns, kLength);
    EXPECT_EQ(y, expected) << kernel->name;
    kernel->mix(x.data(), whole.data(), kColumns, kLength, expected.data(), kColumns);
    kernel->mix_bfloat16(x.data(), halves.data(), kColumns, kLength, y.data(), kColumns);
    EXPECT_EQ(y, expected) << kernel->name;
  }
}

TEST(BFloat16, RoundsToTheNearestHalfToEven) {
  EXPECT_EQ(halved(1.0F).bits, 0x3F80);
  EXPECT_EQ(halved(0x1.01p0F).bits, 0x3F80);         // in the middle: the even one is below
  EXPECT_EQ(halved(0x1.03p0F).bits, 0x3F82);         // in the middle: the even one is above
  EXPECT_EQ(halved(0x1.010002p0F).bits, 0x3F81);     // just above the middle
  EXPECT_EQ(halved(-0x1.fffffep127F).bits, 0xFF80);  // beyond the largest: infinity
  EXPECT_NE(widened(halved(std::nanf(""))), widened(halved(std::nanf(""))));
}

TEST(Kernels, WorkInPlaceWhereTheySaySo) {
  constexpr size_t kCount = 37;
  const auto a = random_floats(kCount, 1);
  const auto b = random_floats(kCount, 2);
  for (const KernelTable* kernel : available()) {
    std::vector<float> y(kCount);
    kernel->swiglu(a.data(), b.data(), y.data(), kCount);
    auto in_place = b;
    kernel->swiglu(a.data(), in_place.data(), in_place.data(), kCount);
    EXPECT_EQ(in_place, y) << kernel->name;
    kernel->rms_norm(a.data(), b.data(), 1e-5F, y.data(), kCount);
    in_place = a;
    kernel->rms_norm(in_place.data(), b.data(), 1e-5F, in_place.data(), kCount);
    EXPECT_EQ(in_place, y) << kernel->name;
  }
}

/// The plain multiply-add is an emulation: it must round once, in the hard cases too.
TEST(Kernels, PlainMultiplyAddRoundsOnce) {
  const KernelTable& plain = *available().front();
  const auto fused = [&](float a, float b, float c) {
    float v[32] = {};  // mix of two positions in one chain would need four apart: use dot's chain
    float p[32] = {};
    v[0] = c;
    p[0] = 1.0F;
    v[16] = a;
    p[16] = b;
    return plain.dot(v, p, 32);
  };
  // Just below and just above the middle of two floats, by less than a double can say: rounding to
  // double first would land on the middle. 187713 * 45761 = 2^33 + 1.
  EXPECT_EQ(fused(0x1.00001p0F, 0x1.ffffep-25F, 0x1.000002p0F), 0x1.000002p0F);
  EXPECT_EQ(fused(-0x1.00001p0F, 0x1.ffffep-25F, -0x1.000002p0F), -0x1.000002p0F);
  EXPECT_EQ(fused(187713.0F, std::ldexp(45761.0F, -57), 1.0F), 0x1.000002p0F);
  EXPECT_EQ(fused(-187713.0F, std::ldexp(45761.0F, -57), -1.0F), -0x1.000002p0F);
  EXPECT_EQ(fused(0x1p-12F, 0x1p-12F, 1.0F), 1.0F);
  EXPECT_EQ(fused(0x1p-30F, 0x1p-30F, 1.0F), 1.0F);
  EXPECT_EQ(fused(0x1.000002p-12F, 0x1p-12F, 1.0F), 0x1.000002p+0F);
  EXPECT_EQ(fused(0x1p-149F, 0x1p-149F, -1.0F), -1.0F);
  EXPECT_EQ(fused(1.0F, -1.0F, 1.0F), 0.0F);
  const auto numbers = random_floats(30'000, 17);
  for (size_t i = 0; i + 3 <= numbers.size(); i += 3) {
    // Exponents far apart, so that the sum is often inexact in double; some results are subnormal.
    const float a = std::ldexp(numbers[i], static_cast<int>(i % 61) - 100);
    const float b = std::ldexp(numbers[i + 1], static_cast<int>(i % 37) - 40);
    const float c =
        std::ldexp(std::nearbyint(numbers[i + 2] * 64.0F), -143 + static_cast<int>(i % 90));
    ASSERT_EQ(fused(a, b, c), std::fma(a, b, c)) << a << " * " << b << " + " << c;
  }
}

TEST(Kernels, EnvironmentLowersTheChoiceAndRefusesWhatItDoesNotKnow) {
  const char* before = std::getenv("MOTET_ISA");
  const std::string kept = before == nullptr ? "" : before;
  setenv("MOTET_ISA", "generic", 1);
  EXPECT_STREQ(best().name, "generic");
  for (const KernelTable* table : available()) {
    setenv("MOTET_ISA", table->name, 1);
    EXPECT_STREQ(best().name, table->name);
  }
  setenv("MOTET_ISA", "sse9", 1);
  EXPECT_THROW(best(), Error);
  setenv("MOTET_ISA", kept.c_str(), 1);
}

}  // namespace
}  // namespace motet::nn::kernels
