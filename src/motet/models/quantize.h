// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace motet::models {

struct QuantizeReport {
  int64_t matrices = 0;
  uint64_t bytes_before = 0;  ///< of model.safetensors
  uint64_t bytes_after = 0;
};

/// Writes a bundle beside another, its matrices in int8 with a scale a row; vectors become float32,
/// and every other file is copied. Tensors are named as compressed-tensors names them (`X.weight`
/// I8 [N, M], `X.weight_scale` F32 [N, 1]), and config.json says so under quantization_config.
///
/// throws  Error(kInvalidArgument) when `to` is `from` or cannot be written,
///         Error(kInvalidFile) when the bundle is int8 already or a tensor is not as config.json
///         says
/// source  the compressed-tensors format, "int-quantized", channel-wise weights
QuantizeReport quantize_bundle(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace motet::models
