// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "motet/models/checkpoint_config.h"
#include "motet/nn/gguf.h"

namespace motet::models {

/// Whether a path is to be read as GGUF: its name ends in .gguf.
bool is_gguf(const std::filesystem::path& path);

/// What the metadata of a GGUF file say about a checkpoint: general.architecture llama or gpt2, the
/// sizes under the architecture's keys, and ggml's names of tensors. Rows of q and k of a llama
/// come in ggml's order, pair beside pair; LLaMA 3's stretched rotation comes as the tensor
/// rope_freqs. Throws Error(kInvalidFile) naming the file and the key: one that is missing, of the
/// wrong type, or asks for what is not supported; another architecture. source  the GGUF
/// specification, and what ggml's converter from Hugging Face folders writes
CheckpointConfig gguf_config(const nn::GgufFile& file);

}  // namespace motet::models
