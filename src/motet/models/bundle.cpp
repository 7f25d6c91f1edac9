// SPDX-License-Identifier: Apache-2.0
#include "motet/models/bundle.h"

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/models/config_fields.h"
#include "motet/nn/tensor_source.h"

namespace motet::models {
namespace {

/// What LlamaConfig may ask for and a bundle does not have.
void refuse_unsupported(const ConfigFields& fields) {
  fields.require_one("model_type", "none", {"llama"});
  fields.require_one("hidden_act", "silu", {"silu"});
  for (const char* name : {"attention_bias", "mlp_bias"}) {
    if (fields.flag(name, false)) fields.fail(std::string("\"") + name + "\" is not supported");
  }
}

void require_head_size(const ConfigFields& fields, const DecoderConfig& config) {
  const int64_t size = fields.whole({"head_dim"}).value_or(config.head_size());
  if (size == config.head_size()) return;
  fields.fail("\"head_dim\" must be hidden_size / num_attention_heads, which is " +
              std::to_string(config.head_size()) + ", found " + std::to_string(size));
}

}  // namespace

DecoderConfig read_decoder_config(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "config.json";
  const Json json = parse_json(read_text(path), path.string());
  const ConfigFields fields(json, path.string());
  refuse_unsupported(fields);
  DecoderConfig config;
  each_field(config, [&](const char* name, auto& field, const char*) {
    fields.require(name);
    fields.read(name, field);
  });
  config.rope = read_rope(fields, config.max_position_embeddings);
  try {
    config.validate();
  } catch (const Error& error) {
    fields.fail(error.what());
  }
  require_head_size(fields, config);
  return config;
}

bool holds_integers(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "config.json";
  if (!std::filesystem::exists(path)) return false;
  const Json json = parse_json(read_text(path), path.string());
  return json.is_object() && json.contains("quantization_config");
}

std::shared_ptr<const Decoder> load_decoder(const std::filesystem::path& folder, nn::Backend& on) {
  if (!std::filesystem::is_directory(folder)) {
    throw Error(ErrorCode::kNotFound, folder.string() +
                                          ": there is no such bundle folder; a "
                                          "bundle holds config.json and model.safetensors");
  }
  const DecoderConfig config = read_decoder_config(folder);
  TensorNames names = llama_names("model.");
  names.has_biases = false;
  return load_decoder(*nn::open_safetensors(folder), config, names, on);
}

}  // namespace motet::models
