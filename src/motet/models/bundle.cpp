// SPDX-License-Identifier: Apache-2.0
#include "motet/models/bundle.h"

#include <map>
#include <type_traits>
#include <utility>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/nn/int4.h"
#include "motet/nn/safetensors.h"

namespace motet::models {
namespace {

[[noreturn]] void fail(const std::string& file, const std::string& sentence) {
  throw Error(ErrorCode::kInvalidFile, file + ": " + sentence);
}

void read_field(const std::string& file, const std::string& name, const Json& value,
                int64_t& field) {
  if (!value.is_number_integer()) fail(file, "\"" + name + "\" is not a whole number");
  field = value.get<int64_t>();
}

void read_field(const std::string& file, const std::string& name, const Json& value, float& field) {
  if (!value.is_number()) fail(file, "\"" + name + "\" is not a number");
  field = value.get<float>();
}

void read_field(const std::string& file, const std::string& name, const Json& value, bool& field) {
  if (!value.is_boolean()) fail(file, "\"" + name + "\" is not true or false");
  field = value.get<bool>();
}

/// What LlamaConfig may ask for and the decoder does not do. Absent and null mean "no".
void refuse_unsupported(const std::string& file, const Json& json) {
  const auto type = json.find("model_type");
  if (type == json.end() || *type != "llama") {
    fail(file, "\"model_type\" must be \"llama\", found " +
                   (type == json.end() ? std::string("none") : type->dump()));
  }
  for (const char* name : {"attention_bias", "mlp_bias"}) {
    const auto value = json.find(name);
    if (value == json.end() || value->is_null() || *value == false) continue;
    fail(file, std::string("\"") + name + "\" is not supported, found " + value->dump());
  }
  const auto activation = json.find("hidden_act");
  if (activation != json.end() && *activation != "silu") {
    fail(file, "\"hidden_act\" must be \"silu\", found " + activation->dump());
  }
}

/// rope_scaling of a LlamaConfig; `longest` is max_position_embeddings.
/// source  Hugging Face transformers, modeling_rope_utils
nn::RopeConfig read_rope_scaling(const std::string& file, const Json& json, int64_t longest) {
  nn::RopeConfig config;
  const auto found = json.find("rope_scaling");
  if (found == json.end() || found->is_null()) return config;
  const Json& from = *found;
  if (!from.is_object()) fail(file, "\"rope_scaling\" is not an object");
  const auto named = from.find(from.contains("rope_type") ? "rope_type" : "type");
  const std::string type =
      named != from.end() && named->is_string() ? named->get<std::string>() : "none";
  static const std::map<std::string, nn::RopeConfig::Scaling> kTypes{
      {"default", nn::RopeConfig::Scaling::kNone},
      {"linear", nn::RopeConfig::Scaling::kLinear},
      {"ntk", nn::RopeConfig::Scaling::kNtk},
      {"llama3", nn::RopeConfig::Scaling::kLlama3},
      {"yarn", nn::RopeConfig::Scaling::kYarn}};
  const auto known = kTypes.find(type);
  if (known == kTypes.end()) {
    fail(file, "\"rope_scaling\": expected rope_type default, linear, ntk, llama3 or yarn, found " +
                   type);
  }
  config.scaling = known->second;
  config.original_positions = longest;
  const auto read = [&](const char* name, auto& field, bool is_needed) {
    const auto value = from.find(name);
    const std::string full = std::string("rope_scaling.") + name;
    if (value != from.end() && !value->is_null()) {
      read_field(file, full, *value, field);
    } else if (is_needed) {
      fail(file, "\"" + full + "\" is missing");
    }
  };
  const bool is_llama3 = config.scaling == nn::RopeConfig::Scaling::kLlama3;
  read("factor", config.factor, config.scaling != nn::RopeConfig::Scaling::kNone);
  read("low_freq_factor", config.low_frequency_factor, is_llama3);
  read("high_freq_factor", config.high_frequency_factor, is_llama3);
  read("original_max_position_embeddings", config.original_positions, is_llama3);
  read("beta_fast", config.beta_fast, false);
  read("beta_slow", config.beta_slow, false);
  if (config.scaling == nn::RopeConfig::Scaling::kYarn) {
    config.attention_factor = nn::yarn_attention_factor(config.factor);
  }
  read("attention_factor", config.attention_factor, false);
  return config;
}

void require_head_size(const std::string& file, const Json& json, const DecoderConfig& config) {
  const auto size = json.find("head_dim");
  if (size == json.end() || size->is_null() || *size == config.head_size()) return;
  fail(file, "\"head_dim\" must be hidden_size / num_attention_heads, which is " +
                 std::to_string(config.head_size()) + ", found " + size->dump());
}

void require_finite(const std::string& file, const std::string& name,
                    const nn::HostTensor& tensor) {
  const std::string bad = nn::what_is_not_finite(tensor);
  if (!bad.empty()) fail(file, "tensor " + name + ": " + bad);
}

/// The scales of an int8 or int4 matrix, "<name>_scale", as compressed-tensors writes them.
std::vector<float> scales_of(const nn::SafetensorsFile& file, const std::string& path,
                             const std::string& name, const nn::Shape& shape) {
  const nn::HostTensor& scales = file.at(name + "_scale", shape);
  require_finite(path, name + "_scale", scales);
  return nn::to_floats(scales);
}

/// "<name>_packed", [N, M/2], and a scale for each 32 elements: see quantize.h.
nn::Tensor load_int4(nn::Backend& on, const nn::SafetensorsFile& file, const std::string& path,
                     const std::string& name, const nn::Shape& shape) {
  if (shape.size() != 2 || shape[1] % nn::kInt4Block != 0) {
    fail(path, "tensor " + name + "_packed: int4 is for matrices whose rows are multiples of 32");
  }
  const nn::HostTensor& packed = file.at(name + "_packed", {shape[0], shape[1] / 2});
  if (packed.type != nn::DType::kI8) fail(path, "tensor " + name + "_packed: expected I8");
  const std::vector<float> scales =
      scales_of(file, path, name, {shape[0], shape[1] / nn::kInt4Block});
  nn::Tensor tensor = on.parameter(
      {.type = nn::DType::kI4, .shape = shape, .bytes = packed.bytes, .row_scales = scales});
  file.let_go(packed);
  return tensor;
}

/// The backend has its own copy then: at no time does memory hold the file beside the weights.
nn::Tensor load_tensor(nn::Backend& on, const nn::SafetensorsFile& file, const std::string& path,
                       const std::string& name, const nn::Shape& shape) {
  if (file.contains(name + "_packed")) return load_int4(on, file, path, name, shape);
  nn::HostTensor host = file.at(name, shape);
  if (host.type != nn::DType::kI8) {
    require_finite(path, name, host);
    nn::Tensor tensor = on.parameter(host);
    file.let_go(host);
    return tensor;
  }
  if (shape.size() != 2) fail(path, "tensor " + name + ": I8 is for matrices only");
  const std::vector<float> scales = scales_of(file, path, name, {shape[0], 1});
  host.row_scales = scales;
  nn::Tensor tensor = on.parameter(host);
  file.let_go(host);
  return tensor;
}

}  // namespace

DecoderConfig read_decoder_config(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "config.json";
  const std::string file = path.string();
  const Json json = parse_json(read_text(path), file);
  if (!json.is_object()) fail(file, "expected an object");
  refuse_unsupported(file, json);
  DecoderConfig config;
  each_field(config, [&](const char* name, auto& field, const char* help) {
    const auto value = json.find(name);
    if (value == json.end()) {
      fail(file, std::string("\"") + name + "\" (" + help + ") is missing");
    }
    read_field(file, name, *value, field);
  });
  config.rope_scaling = read_rope_scaling(file, json, config.max_position_embeddings);
  try {
    config.validate();
  } catch (const Error& error) {
    fail(file, error.what());
  }
  require_head_size(file, json, config);
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
  std::filesystem::path path = folder / "model.safetensors";
  const std::filesystem::path pickle = folder / "pytorch_model.bin";
  if (!std::filesystem::exists(path) && std::filesystem::exists(pickle)) path = pickle;
  const nn::SafetensorsFile file(path);
  DecoderWeights weights;
  weights.blocks.resize(static_cast<size_t>(config.num_hidden_layers));
  each_tensor(config, weights,
              [&](const std::string& name, nn::Tensor& tensor, const nn::Shape& shape) {
                tensor = load_tensor(on, file, path.string(), name, shape);
              });
  return std::make_shared<const Decoder>(config, std::move(weights));
}

}  // namespace motet::models
