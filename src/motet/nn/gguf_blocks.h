// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "motet/base/file.h"

namespace motet::nn {

/// The types of tensors in GGUF that Motet reads, under the numbers of the format.
enum class GgmlType : uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kBF16 = 30,
};

/// What the format says about a type, read by Motet or not.
struct GgmlLayout {
  std::string_view name;  ///< "Q4_0"
  uint32_t elements = 1;  ///< of a row that make a block
  uint32_t bytes = 4;     ///< of a block
  bool is_read = false;
};

/// Nothing for a number that ggml has not given to a type, or has taken back.
std::optional<GgmlLayout> layout_of(GgmlType type);

/// The elements of whole blocks of a type that is read and comes in blocks.
/// source  the block structures and their meaning in ggml (ggml-common.h, ggml-quants.c)
std::vector<float> dequantize(GgmlType type, ByteView bytes);

}  // namespace motet::nn
