// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "motet/models/decoder.h"
#include "motet/train/checkpoint.h"

namespace motet::train {

struct ExportOptions {
  nn::DType type = nn::DType::kBF16;  ///< kF32 or kBF16, rounded to nearest even
  int64_t bos_token_id = 0;
  int64_t eos_token_id = 0;
};

/// Writes config.json, as Hugging Face's LlamaForCausalLM has it, and model.safetensors into a
/// folder, which is made. Throws as write_file does.
void export_bundle(const std::filesystem::path& folder, const models::DecoderConfig& config,
                   const std::vector<NamedValues>& weights, const ExportOptions& options);

}  // namespace motet::train
