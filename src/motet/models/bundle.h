// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "motet/models/decoder.h"
#include "motet/nn/backend.h"

namespace motet::models {

/// Reads config.json of a bundle: a Hugging Face LlamaConfig. Fields that Motet does not know are
/// left alone; throws Error(kInvalidFile) naming the file and the field when one is missing, of the
/// wrong type, or asks for something that is not supported (biases, another
/// model_type).
DecoderConfig read_decoder_config(const std::filesystem::path& folder);

/// Whether config.json says that the matrices are int8 or int4, as `motet quantize` leaves them.
bool holds_integers(const std::filesystem::path& folder);

/// Opens config.json and model.safetensors of a bundle folder on a backend.
/// Throws Error(kNotFound) when the folder or a file is not there, Error(kInvalidFile) when a
/// tensor is missing or misshapen (its name and both shapes).
std::shared_ptr<const Decoder> load_decoder(const std::filesystem::path& folder, nn::Backend& on);

}  // namespace motet::models
