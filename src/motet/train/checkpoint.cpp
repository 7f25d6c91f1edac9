// SPDX-License-Identifier: Apache-2.0
#include "motet/train/checkpoint.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <sstream>
#include <system_error>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/nn/safetensors.h"

namespace motet::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "step-";
constexpr const char* kState = "state.txt";

[[noreturn]] void fail(const fs::path& path, const std::string& sentence) {
  throw Error(ErrorCode::kInvalidFile, path.string() + ": " + sentence);
}

std::string state_text(const Checkpoint& checkpoint) {
  std::ostringstream out;
  out.precision(9);
  out << "step " << checkpoint.step << "\n";
  models::each_field(checkpoint.decoder, [&](const char* name, const auto& field, const char*) {
    out << name << " " << field << "\n";
  });
  return out.str();
}

std::map<std::string, std::string> read_state(const fs::path& path) {
  std::map<std::string, std::string> state;
  std::istringstream in(read_text(path));
  std::string name;
  std::string value;
  while (in >> name >> value) state[name] = value;
  return state;
}

int64_t step_of(const fs::path& path, const std::map<std::string, std::string>& state) {
  const auto found = state.find("step");
  if (found == state.end()) fail(path, "the line \"step N\" is missing");
  int64_t step = -1;
  std::istringstream in(found->second);
  in >> step;
  if (!in || step < 0) fail(path, "\"step\" is not a number: \"" + found->second + "\"");
  return step;
}

/// The entry of a tensor as write_safetensors writes it.
std::string header_entry(const NamedValues& tensor, nn::DType type, size_t begin, size_t end) {
  std::string shape = nn::to_string(tensor.shape);
  std::erase(shape, ' ');
  return "\"" + tensor.name + "\":{\"dtype\":\"" + (type == nn::DType::kF32 ? "F32" : "BF16") +
         "\",\"shape\":" + shape + ",\"data_offsets\":[" + std::to_string(begin) + "," +
         std::to_string(end) + "]}";
}

std::vector<float> values_of(ByteView bytes, nn::DType type) {
  std::vector<float> values(bytes.size() / nn::size_of(type));
  if (type == nn::DType::kF32) {
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const uint32_t bits = uint32_t{bytes[2 * i]} << 16 | uint32_t{bytes[2 * i + 1]} << 24;
    std::memcpy(&values[i], &bits, sizeof bits);
  }
  return values;
}

void read_tensors(const fs::path& path, nn::DType type, std::vector<NamedValues>& tensors) {
  const MappedFile file(path);
  const ByteView bytes = file.bytes();
  uint64_t header_size = 0;
  if (bytes.size() >= sizeof header_size) std::memcpy(&header_size, bytes.data(), 8);
  if (bytes.size() < 8 || header_size > bytes.size() - 8) fail(path, "it is cut short");
  const std::string header(reinterpret_cast<const char*>(bytes.data()) + 8, header_size);
  const ByteView data = bytes.subspan(8 + header_size);
  size_t begin = 0;
  for (NamedValues& tensor : tensors) {
    const auto count = static_cast<size_t>(nn::count_of(tensor.shape));
    const size_t end = begin + count * nn::size_of(type);
    if (header.find(header_entry(tensor, type, begin, end)) == std::string::npos) {
      fail(path, "tensor " + tensor.name + " of shape " + nn::to_string(tensor.shape) +
                     " is missing or has another shape or place");
    }
    if (end > data.size()) fail(path, "it is cut short in tensor " + tensor.name);
    tensor.values = values_of(data.subspan(begin, end - begin), type);
    begin = end;
  }
  if (begin != data.size()) fail(path, "it holds more tensors than this trainer has");
}

std::vector<NamedValues> named_tensors(const models::DecoderConfig& config,
                                       const std::string& prefix) {
  std::vector<NamedValues> tensors;
  models::DecoderWeights weights;
  weights.blocks.resize(static_cast<size_t>(config.num_hidden_layers));
  models::each_tensor(config, weights,
                      [&](const std::string& name, const nn::Tensor&, const nn::Shape& shape) {
                        tensors.push_back({prefix + name, shape, {}});
                      });
  return tensors;
}

}  // namespace

void write_values(const fs::path& path, const std::vector<NamedValues>& tensors) {
  std::vector<nn::NamedTensor> views;
  views.reserve(tensors.size());
  for (const NamedValues& tensor : tensors) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(tensor.values.data());
    views.push_back({tensor.name,
                     {.type = nn::DType::kF32,
                      .shape = tensor.shape,
                      .bytes = {bytes, tensor.values.size() * sizeof(float)}}});
  }
  nn::write_safetensors(path, views, {{"format", "pt"}});
}

void read_values(const fs::path& path, std::vector<NamedValues>& tensors) {
  read_tensors(path, nn::DType::kF32, tensors);
}

std::vector<NamedValues> read_bundle_weights(const fs::path& bundle,
                                             const models::DecoderConfig& decoder) {
  const fs::path path = bundle / "model.safetensors";
  std::vector<NamedValues> tensors = named_tensors(decoder, "");
  const auto type = read_text(path).find("\"dtype\":\"BF16\"") == std::string::npos
                        ? nn::DType::kF32
                        : nn::DType::kBF16;
  read_tensors(path, type, tensors);
  return tensors;
}

void write_checkpoint(const fs::path& folder, const Checkpoint& checkpoint) {
  fs::path half = folder;
  half += ".half";
  std::error_code failure;
  fs::remove_all(half, failure);
  fs::create_directories(half, failure);
  if (failure) {
    throw Error(ErrorCode::kInvalidArgument, half.string() + ": " + failure.message());
  }
  write_values(half / "model.safetensors", checkpoint.weights);
  write_values(half / "optimizer.safetensors", checkpoint.optimizer);
  write_file(half / kState, state_text(checkpoint));
  fs::remove_all(folder, failure);
  fs::rename(half, folder, failure);
  if (failure) {
    throw Error(ErrorCode::kInvalidArgument, folder.string() + ": " + failure.message());
  }
}

Checkpoint read_checkpoint(const fs::path& folder, const models::DecoderConfig& decoder,
                           bool with_average) {
  const fs::path path = folder / kState;
  const auto state = read_state(path);
  Checkpoint checkpoint;
  checkpoint.step = step_of(path, state);
  checkpoint.decoder = decoder;
  std::istringstream expected(state_text(checkpoint));
  std::string name;
  std::string value;
  while (expected >> name >> value) {
    const auto found = state.find(name);
    const std::string held = found == state.end() ? "nothing" : found->second;
    if (held != value) fail(path, name + ": expected " + value + ", found " + held);
  }
  checkpoint.weights = named_tensors(decoder, "");
  for (const char* prefix : {"m.", "v.", "ema."}) {
    if (std::string(prefix) == "ema." && !with_average) continue;
    for (NamedValues& tensor : named_tensors(decoder, prefix)) {
      checkpoint.optimizer.push_back(std::move(tensor));
    }
  }
  read_values(folder / "model.safetensors", checkpoint.weights);
  read_values(folder / "optimizer.safetensors", checkpoint.optimizer);
  return checkpoint;
}

fs::path checkpoint_folder(const fs::path& run, int64_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "%s%07lld", kPrefix, static_cast<long long>(step));
  return run / name;
}

std::vector<fs::path> checkpoints_of(const fs::path& run) {
  std::vector<fs::path> found;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(run, failure)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && !name.ends_with(".half") &&
        fs::exists(entry.path() / kState)) {
      found.push_back(entry.path());
    }
  }
  std::ranges::sort(found);
  return found;
}

void prune_checkpoints(const fs::path& run, size_t keep) {
  const std::vector<fs::path> found = checkpoints_of(run);
  for (size_t i = 0; i + keep < found.size(); ++i) {
    std::error_code failure;  // one that stays is no harm
    fs::remove_all(found[i], failure);
  }
}

}  // namespace motet::train
