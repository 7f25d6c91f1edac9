// SPDX-License-Identifier: Apache-2.0
#include "motet/models/checkpoint.h"

#include <utility>

#include "motet/base/error.h"
#include "motet/models/gguf_config.h"

namespace motet::models {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kEventTokens = 8;

/// patch_embedding [D, 16 * 128] turned to a table [16 * 128, D], from which a patch takes a row
/// for each of its characters: a linear map of one-hot vectors is a sum of rows.
void load_patches(const nn::TensorSource& source, nn::Backend& on, Checkpoint& checkpoint) {
  const int64_t D = checkpoint.body->config().hidden_size;
  const int64_t rows = kPatch * kAlphabet;
  const std::string name = "patch_level_decoder.patch_embedding";
  const std::vector<float> floats =
      nn::to_floats(nn::load_checked(source, name + ".weight", {D, rows}).view);
  std::vector<float> table(floats.size());
  for (int64_t d = 0; d < D; ++d) {
    for (int64_t r = 0; r < rows; ++r) {
      table[static_cast<size_t>(r * D + d)] = floats[static_cast<size_t>(d * rows + r)];
    }
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(table.data());
  checkpoint.patch_table = on.parameter({.type = nn::DType::kF32,
                                         .shape = {rows, D},
                                         .bytes = {bytes, table.size() * sizeof(float)}});
  checkpoint.patch_bias = on.parameter(nn::load_checked(source, name + ".bias", {D}).view);
  checkpoint.parameters += rows * D + D;
}

/// GPT-2's first publications lack the prefix "transformer.".
void follow_prefix(const nn::TensorSource& source, TensorNames& names) {
  if (names.embed == "transformer.wte" && !source.contains("transformer.wte.weight") &&
      source.contains("wte.weight")) {
    names = gpt2_names("");
  }
}

Checkpoint load(const nn::TensorSource& source, CheckpointConfig config, nn::Backend& on) {
  follow_prefix(source, config.body_names);
  Checkpoint checkpoint;
  checkpoint.family = config.family;
  checkpoint.optimise_midi = config.optimise_midi;
  checkpoint.body = load_decoder(source, config.body, config.body_names, on);
  checkpoint.parameters = count_parameters(*checkpoint.body);
  if (config.inner) {
    checkpoint.inner = load_decoder(source, *config.inner, config.inner_names, on);
    checkpoint.parameters += count_parameters(*checkpoint.inner);
  }
  if (config.family == Family::kNotaGen) load_patches(source, on, checkpoint);
  return checkpoint;
}

}  // namespace

Checkpoint open_checkpoint(const fs::path& path, nn::Backend& on) {
  if (!fs::exists(path)) {
    throw Error(ErrorCode::kNotFound,
                path.string() +
                    ": there is no such checkpoint; expected a folder with config.json "
                    "and model.safetensors, or a .gguf file");
  }
  if (is_gguf(path)) {
    const nn::GgufFile file(path);
    Checkpoint checkpoint = load(file, gguf_config(file), on);
    checkpoint.layout = "GGUF";
    return checkpoint;
  }
  const auto source = nn::open_safetensors(path);
  Checkpoint checkpoint = load(
      *source, is_notagen(*source) ? notagen_config(*source) : read_checkpoint_config(path), on);
  checkpoint.layout = "safetensors";
  return checkpoint;
}

int64_t group_width(Family family) {
  if (family == Family::kMidiModel) return kEventTokens;
  return family == Family::kNotaGen ? kPatch : 1;
}

nn::Tensor embed_groups(const Checkpoint& checkpoint, nn::Backend& on, std::span<const int32_t> ids,
                        int64_t width) {
  const bool is_patch = checkpoint.family == Family::kNotaGen;
  const auto length = static_cast<int64_t>(ids.size()) / width;
  nn::Tensor x;
  std::vector<int32_t> column(static_cast<size_t>(length));
  for (int64_t slot = 0; slot < width; ++slot) {
    for (int64_t t = 0; t < length; ++t) {
      const int32_t id = ids[static_cast<size_t>(t * width + slot)];
      if (is_patch && (id < 0 || id >= kAlphabet)) {
        throw Error(ErrorCode::kInvalidArgument,
                    "character " + std::to_string(id) + " is outside the alphabet, 0..127");
      }
      column[static_cast<size_t>(t)] = is_patch ? static_cast<int32_t>(slot * kAlphabet) + id : id;
    }
    const nn::Tensor indices = on.indices(column, 1, length);
    const nn::Tensor part =
        is_patch ? on.embed(checkpoint.patch_table, indices) : checkpoint.body->embed(on, indices);
    x = slot == 0 ? part : on.add(x, part);
  }
  return is_patch ? on.add_bias(x, checkpoint.patch_bias) : x;
}

std::vector<float> InnerReader::read(const nn::Tensor& x) {
  const Decoder& inner = *checkpoint_.inner;
  return on_.to_host(inner.logits(on_, inner.last_hidden(on_, x, &cache_)));
}

std::vector<float> InnerReader::begin(const nn::Tensor& hidden) {
  cache_ = checkpoint_.inner->new_cache();
  return read(hidden);
}

std::vector<float> InnerReader::next(int32_t id) {
  const int32_t ids[1] = {id};
  return read(checkpoint_.inner->embed(on_, on_.indices(ids, 1, 1)));
}

}  // namespace motet::models
