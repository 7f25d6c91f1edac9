// SPDX-License-Identifier: Apache-2.0
#include "motet/train/export.h"

#include <cassert>
#include <sstream>
#include <string>
#include <system_error>
#include <type_traits>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/nn/safetensors.h"
#include "motet/nn/torch/train_kernels.h"

namespace motet::train {
namespace {

std::string json_of(bool value) { return value ? "true" : "false"; }
std::string json_of(int64_t value) { return std::to_string(value); }
std::string json_of(float value) {
  std::ostringstream out;  // the shortest form that reads the same is 9 digits at most
  for (int digits = 1; digits <= 9; ++digits) {
    out.str("");
    out.precision(digits);
    out << value;
    if (std::stof(out.str()) == value) break;
  }
  const std::string text = out.str();
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string config_json(const models::DecoderConfig& config, const ExportOptions& options) {
  std::ostringstream out;
  out << "{\n  \"architectures\": [\"LlamaForCausalLM\"],\n  \"model_type\": \"llama\",\n"
      << "  \"torch_dtype\": \"" << (options.type == nn::DType::kBF16 ? "bfloat16" : "float32")
      << "\",\n  \"hidden_act\": \"silu\",\n  \"attention_bias\": false,\n  \"mlp_bias\": false,\n"
      << "  \"head_dim\": " << config.head_size() << ",\n"
      << "  \"bos_token_id\": " << options.bos_token_id << ",\n"
      << "  \"eos_token_id\": " << options.eos_token_id;
  models::each_field(config, [&](const char* name, const auto& field, const char*) {
    out << ",\n  \"" << name << "\": " << json_of(field);
  });
  out << "\n}\n";
  return out.str();
}

Bytes bytes_of(const std::vector<float>& values, nn::DType type) {
  assert(type == nn::DType::kF32 || type == nn::DType::kBF16);
  if (type == nn::DType::kF32) {
    const auto* first = reinterpret_cast<const uint8_t*>(values.data());
    return {first, first + values.size() * sizeof(float)};
  }
  Bytes bytes;
  bytes.reserve(values.size() * 2);
  for (const float value : values) {
    const uint16_t bits = nn::train_kernels::narrow(value);
    bytes.push_back(static_cast<uint8_t>(bits));
    bytes.push_back(static_cast<uint8_t>(bits >> 8));
  }
  return bytes;
}

}  // namespace

void export_bundle(const std::filesystem::path& folder, const models::DecoderConfig& config,
                   const std::vector<NamedValues>& weights, const ExportOptions& options) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) {
    throw Error(ErrorCode::kInvalidArgument, folder.string() + ": " + failure.message());
  }
  std::vector<Bytes> bytes;
  std::vector<nn::NamedTensor> tensors;
  bytes.reserve(weights.size());
  for (const NamedValues& weight : weights) {
    bytes.push_back(bytes_of(weight.values, options.type));
    tensors.push_back(
        {weight.name, {.type = options.type, .shape = weight.shape, .bytes = bytes.back()}});
  }
  nn::write_safetensors(folder / "model.safetensors", tensors, {{"format", "pt"}});
  write_file(folder / "config.json", config_json(config, options));
}

}  // namespace motet::train
