// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "motet/nn/tensor.h"

namespace motet::nn {

/// A tensor read from a file: a view into the map where a backend can take its bytes as they are,
/// else floats that were made from them. Valid while its source lives.
struct LoadedTensor {
  std::vector<float> floats = {};  ///< empty where `view` looks into the file
  HostTensor view;
};

/// The tensors of a checkpoint by name, whatever files hold them.
class TensorSource {
 public:
  virtual ~TensorSource() = default;

  /// The file or folder, for messages.
  virtual const std::string& place() const noexcept = 0;
  /// In the order of the file.
  virtual std::vector<std::string> names() const = 0;
  virtual bool contains(const std::string& name) const = 0;
  /// Throws Error(kInvalidFile) naming the tensor when it is missing.
  virtual Shape shape_of(const std::string& name) const = 0;
  /// Throws Error(kInvalidFile) naming the tensor when it is missing or of a type that is not read.
  virtual LoadedTensor load(const std::string& name) const = 0;
  /// Gives back the memory of a tensor that was copied; views of it stay good.
  virtual void let_go(const std::string& name) const = 0;
};

/// load(), checked: throws Error(kInvalidFile) naming the tensor when its shape is another than
/// `expected` (both shapes), or an element is infinite or not a number.
LoadedTensor load_checked(const TensorSource& source, const std::string& name,
                          const Shape& expected);

/// model.safetensors of a folder, or the shards that model.safetensors.index.json names. A pickle
/// in their place is refused with the way to convert it.
/// Throws Error(kNotFound) when there is neither, Error(kInvalidFile) as SafetensorsFile does, when
/// the index names a file outside the folder, a tensor twice, or one that its shard lacks.
std::unique_ptr<TensorSource> open_safetensors(const std::filesystem::path& folder);

}  // namespace motet::nn
