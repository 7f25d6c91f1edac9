// SPDX-License-Identifier: Apache-2.0
#include "motet/models/quantize.h"

#include <bit>
#include <list>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/models/bundle.h"
#include "motet/nn/int4.h"
#include "motet/nn/int8.h"
#include "motet/nn/int8_block.h"
#include "motet/nn/safetensors.h"

namespace motet::models {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWeights = "model.safetensors";
constexpr const char* kConfig = "config.json";

Json group_config(const std::vector<std::string>& targets, const Json& weights) {
  const Json inputs = {{"num_bits", 8},
                       {"type", "int"},
                       {"symmetric", true},
                       {"dynamic", true},
                       {"strategy", "token"}};
  return {{"targets", targets}, {"weights", weights}, {"input_activations", inputs}};
}

Json quantization_config(QuantizeType type) {
  const Json int8 = {
      {"num_bits", 8}, {"type", "int"}, {"symmetric", true}, {"strategy", "channel"}};
  if (type == QuantizeType::kInt8) {
    return {{"quant_method", "compressed-tensors"},
            {"format", "int-quantized"},
            {"config_groups", {{"group_0", group_config({"Linear", "Embedding"}, int8)}}}};
  }
  if (type == QuantizeType::kInt8Block) {
    const Json blocks = {{"num_bits", 8},
                         {"type", "int"},
                         {"symmetric", true},
                         {"strategy", "group"},
                         {"group_size", nn::kInt8Block}};
    return {{"quant_method", "compressed-tensors"},
            {"format", "int-quantized"},
            {"config_groups", {{"group_0", group_config({"Linear", "Embedding"}, blocks)}}}};
  }
  const Json int4 = {{"num_bits", 4},
                     {"type", "int"},
                     {"symmetric", true},
                     {"strategy", "group"},
                     {"group_size", nn::kInt4Block}};
  return {{"quant_method", "compressed-tensors"},
          {"format", "pack-quantized"},
          {"config_groups",
           {{"group_0", group_config({"Linear"}, int4)},
            {"group_1", group_config({"Embedding", "lm_head"}, int8)}}}};
}

/// The numbers that a tensor list points at, for as long as it is written.
struct Held {
  std::list<nn::Int8Matrix> matrices;
  std::list<nn::Int4Matrix> packed;
  std::list<std::vector<uint8_t>> bytes;
  std::list<std::vector<float>> vectors;
};

nn::HostTensor floats_view(const std::vector<float>& values, const nn::Shape& shape) {
  return {
      .type = nn::DType::kF32,
      .shape = shape,
      .bytes = {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(float)}};
}

/// The upper halves of float32 numbers that are bfloat16.
std::vector<uint8_t> to_bfloat16_bytes(const std::vector<float>& values) {
  std::vector<uint8_t> bytes;
  for (const float value : values) {
    const auto bits = std::bit_cast<uint32_t>(value);
    bytes.push_back(static_cast<uint8_t>(bits >> 16));
    bytes.push_back(static_cast<uint8_t>(bits >> 24));
  }
  return bytes;
}

void add_int4(const std::string& name, const nn::HostTensor& tensor, Held& held,
              std::vector<nn::NamedTensor>& out) {
  held.packed.push_back(nn::to_int4(tensor));
  const nn::Int4Matrix& matrix = held.packed.back();
  held.bytes.push_back(to_bfloat16_bytes(matrix.scales));
  out.push_back({name + "_scale",
                 {.type = nn::DType::kBF16,
                  .shape = {matrix.rows, matrix.columns / nn::kInt4Block},
                  .bytes = held.bytes.back()}});
  out.push_back({name + "_packed",
                 {.type = nn::DType::kI8,
                  .shape = {matrix.rows, matrix.columns / 2},
                  .bytes = matrix.bytes}});
}

void add_int8_blocks(const std::string& name, const nn::HostTensor& tensor, Held& held,
                     std::vector<nn::NamedTensor>& out) {
  const nn::Int8BlockMatrix matrix = nn::to_int8_blocks(tensor);
  std::vector<uint8_t>& scales = held.bytes.emplace_back();
  std::vector<uint8_t>& bytes = held.bytes.emplace_back();
  for (size_t at = 0; at < matrix.bytes.size(); at += nn::kInt8BlockBytes) {
    const auto block = std::span(matrix.bytes).subspan(at, nn::kInt8BlockBytes);
    scales.insert(scales.end(), block.begin(), block.begin() + 2);
    bytes.insert(bytes.end(), block.begin() + 2, block.end());
  }
  out.push_back({name + "_scale",
                 {.type = nn::DType::kF16,
                  .shape = {matrix.rows, matrix.columns / nn::kInt8Block},
                  .bytes = scales}});
  out.push_back({name, {.type = nn::DType::kI8, .shape = tensor.shape, .bytes = bytes}});
}

void add_tensor(const std::string& name, const nn::HostTensor& tensor, QuantizeType type,
                Held& held, std::vector<nn::NamedTensor>& out) {
  if (tensor.shape.size() != 2) {
    held.vectors.push_back(nn::to_floats(tensor));
    out.push_back({name, floats_view(held.vectors.back(), tensor.shape)});
    return;
  }
  const bool is_layer = name.find(".layers.") != std::string::npos;
  if (type == QuantizeType::kInt4 && is_layer && tensor.shape[1] % nn::kInt4Block == 0) {
    add_int4(name, tensor, held, out);
    return;
  }
  if (type == QuantizeType::kInt8Block && tensor.shape[1] % nn::kInt8Block == 0) {
    add_int8_blocks(name, tensor, held, out);
    return;
  }
  held.matrices.push_back(nn::to_int8(tensor));
  const nn::Int8Matrix& matrix = held.matrices.back();
  nn::HostTensor bytes = matrix.view();
  bytes.row_scales = {};
  out.push_back({name + "_scale", floats_view(matrix.scales, {matrix.rows, 1})});
  out.push_back({name, bytes});
}

void copy_others(const fs::path& from, const fs::path& to) {
  for (const auto& entry : fs::directory_iterator(from)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || name == kWeights || name == kConfig) continue;
    fs::copy_file(entry.path(), to / name, fs::copy_options::overwrite_existing);
  }
}

void require_apart(const fs::path& from, const fs::path& to) {
  std::error_code failure;
  fs::create_directories(to, failure);
  if (failure) throw Error(ErrorCode::kInvalidArgument, to.string() + ": " + failure.message());
  if (fs::equivalent(from, to, failure)) {
    throw Error(ErrorCode::kInvalidArgument,
                to.string() + ": expected a folder other than the bundle's own");
  }
  require_writable(to / kWeights);
}

}  // namespace

QuantizeReport quantize_bundle(const fs::path& from, const fs::path& to, QuantizeType type) {
  const DecoderConfig config = read_decoder_config(from);
  require_apart(from, to);
  const nn::SafetensorsFile file(from / kWeights);
  Held held;
  std::vector<nn::NamedTensor> tensors;
  QuantizeReport report;
  DecoderWeights weights;
  weights.blocks.resize(static_cast<size_t>(config.num_hidden_layers));
  each_tensor(config, weights,
              [&](const std::string& name, const nn::Tensor&, const nn::Shape& shape) {
                if (file.contains(name + "_packed")) {
                  throw Error(ErrorCode::kInvalidFile,
                              from.string() + ": tensor " + name + " is int4 already");
                }
                const nn::HostTensor& tensor = file.at(name, shape);
                if (tensor.type == nn::DType::kI8) {
                  throw Error(ErrorCode::kInvalidFile,
                              from.string() + ": tensor " + name + " is int8 already");
                }
                add_tensor(name, tensor, type, held, tensors);
                report.matrices += shape.size() == 2 ? 1 : 0;
              });
  nn::write_safetensors(to / kWeights, tensors, {{"format", "pt"}});
  const std::string path = (from / kConfig).string();
  Json json = parse_json(read_text(from / kConfig), path);
  json["quantization_config"] = quantization_config(type);
  write_file(to / kConfig, to_text(json));
  copy_others(from, to);
  report.bytes_before = fs::file_size(from / kWeights);
  report.bytes_after = fs::file_size(to / kWeights);
  return report;
}

}  // namespace motet::models
