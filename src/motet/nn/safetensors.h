// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "motet/base/file.h"
#include "motet/nn/tensor.h"

namespace motet::nn {

/// A safetensors file, mapped: 8 bytes of header length, a JSON header, the tensors' bytes.
/// source  the safetensors format description, Hugging Face, 2022
class SafetensorsFile {
 public:
  /// Throws Error(kInvalidFile) naming the file and the tensor: a header that is too long or no
  /// JSON, offsets beyond the end, overlapping or with gaps, a size that the shape contradicts,
  /// a dtype that the format lacks, a tensor that comes twice. Pickles (.bin .pt .ckpt) are refused
  /// with the way to convert them.
  explicit SafetensorsFile(const std::filesystem::path& path);

  /// Names in the order of their bytes, of the tensors that can be read: F32, BF16, F16, I8.
  const std::vector<std::string>& names() const noexcept { return names_; }
  bool contains(const std::string& name) const { return tensors_.contains(name); }
  /// A view into the map, valid while this object lives. Throws Error(kInvalidFile) "<file>: tensor
  /// <name> is missing" when it is not there, or with its dtype when that cannot be read.
  const HostTensor& at(const std::string& name) const;
  /// The same, but throws Error(kInvalidFile) with both shapes when they differ.
  const HostTensor& at(const std::string& name, const Shape& expected) const;
  const std::filesystem::path& path() const noexcept { return path_; }
  /// Gives back the memory of a tensor that was read; its view stays good.
  void let_go(const HostTensor& tensor) const noexcept { file_.let_go(tensor.bytes); }
  const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }

 private:
  std::filesystem::path path_;
  MappedFile file_;
  std::vector<std::string> names_;
  std::map<std::string, HostTensor> tensors_;
  std::map<std::string, std::string> foreign_;  // name to dtype
  std::map<std::string, std::string> metadata_;
};

/// A tensor to write: bytes as HostTensor has them.
struct NamedTensor {
  std::string name;
  HostTensor tensor;
};

/// Needs no JSON library, so that the trainer builds without one. Names hold printable ASCII
/// without quotes or backslashes. The header is padded so that data begin on 8 bytes.
void write_safetensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata);

}  // namespace motet::nn
