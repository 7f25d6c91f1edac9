// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace motet::models {

enum class QuantizeType : uint8_t {
  kInt8,       ///< a scale a row
  kInt8Block,  ///< a scale for 32 elements of a row
  kInt4,       ///< a scale for 32 elements of a row; the embedding and the head stay int8
};

struct QuantizeReport {
  int64_t matrices = 0;
  uint64_t bytes_before = 0;  ///< of model.safetensors
  uint64_t bytes_after = 0;
};

/// Writes a bundle beside another, its matrices in small integers; vectors become float32, and
/// every other file is copied. Tensors are named as compressed-tensors names them, and config.json
/// says so under quantization_config:
///   int8  `X.weight` I8 [N, M], `X.weight_scale` F32 [N, 1]
///   int8 in blocks  `X.weight` I8 [N, M], `X.weight_scale` F16 [N, M/32]. Where 32 does not divide
///   a row, int8 int4  `X.weight_packed` I8 [N, M/2], two to a byte, the earlier one low, each + 8,
///   which are the
///         bytes of its I32 [N, M/8]; `X.weight_scale` BF16 [N, M/32]. Where 32 does not divide a
///         row, int8
///
/// throws  Error(kInvalidArgument) when `to` is `from` or cannot be written,
///         Error(kInvalidFile) when the bundle is quantised already or a tensor is not as
///         config.json says
/// source  the compressed-tensors format, "int-quantized" by channel or by group, and
/// "pack-quantized" by group
QuantizeReport quantize_bundle(const std::filesystem::path& from, const std::filesystem::path& to,
                               QuantizeType type = QuantizeType::kInt8);

}  // namespace motet::models
