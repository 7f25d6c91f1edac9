// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "motet/models/decoder.h"
#include "motet/nn/tensor.h"
#include "motet/train/config.h"

namespace motet::train {

/// A tensor on the host.
struct NamedValues {
  std::string name;
  nn::Shape shape;
  std::vector<float> values;
};

/// All that a trainer is between two steps.
///
/// On disk a folder: model.safetensors and optimizer.safetensors, both float32, and state.txt,
/// lines of "name value". No JSON library is needed: a checkpoint is read by the code that wrote
/// it, which asks for exactly the header that it would write.
struct Checkpoint {
  int64_t step = 0;  ///< steps done
  models::DecoderConfig decoder;
  std::vector<NamedValues> weights;    ///< in the order of each_tensor
  std::vector<NamedValues> optimizer;  ///< "m.", "v." and, if there is an average, "ema." of each
};

/// Writes a temporary folder beside the target first and renames it. Throws as write_file does.
void write_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint);

/// Throws Error(kInvalidFile) when the folder holds another decoder (naming the field and both
/// values) or is damaged; `with_average` says whether an "ema." of each tensor is expected.
Checkpoint read_checkpoint(const std::filesystem::path& folder,
                           const models::DecoderConfig& decoder, bool with_average);

/// "step-0000500": where a run keeps the checkpoint of a step.
std::filesystem::path checkpoint_folder(const std::filesystem::path& run, int64_t step);

/// The finished checkpoints of a run, oldest first.
std::vector<std::filesystem::path> checkpoints_of(const std::filesystem::path& run);

/// Removes all but the newest `keep` checkpoints of a run.
void prune_checkpoints(const std::filesystem::path& run, size_t keep);

/// The numbers of a file that write_values wrote: each tensor at its place in the file.
void write_values(const std::filesystem::path& path, const std::vector<NamedValues>& tensors);
/// Fills the values of `tensors`, whose names and shapes are given, in order. Throws
/// Error(kInvalidFile) with the name of the first tensor that is missing or misshapen.
void read_values(const std::filesystem::path& path, std::vector<NamedValues>& tensors);

/// The weights of a bundle that export_bundle wrote, in the order of each_tensor: float32, or
/// bfloat16 made float32. Throws as read_values does, naming the tensor and its expected shape.
std::vector<NamedValues> read_bundle_weights(const std::filesystem::path& bundle,
                                             const models::DecoderConfig& decoder);

}  // namespace motet::train
