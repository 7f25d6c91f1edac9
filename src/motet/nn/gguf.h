// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "motet/base/file.h"
#include "motet/nn/gguf_blocks.h"
#include "motet/nn/tensor_source.h"

namespace motet::nn {

/// A list among the metadata, checked and left where it lies.
struct GgufArray {
  uint32_t element_type = 0;  ///< as the format numbers them: 8 is a text, 9 a list
  uint64_t count = 0;
  ByteView bytes;
};

/// Whole numbers are int64_t, or uint64_t where they are beyond it; texts look into the map.
using GgufValue = std::variant<int64_t, uint64_t, double, bool, std::string_view, GgufArray>;

/// A GGUF file, mapped: magic and version, metadata, the table of tensors, the tensors' bytes.
/// Dimensions come out as everywhere in Motet, outermost first; the file has them innermost first.
/// source  the GGUF specification of the ggml project, versions 2 and 3, little-endian
class GgufFile final : public TensorSource {
 public:
  /// Throws Error(kInvalidFile) naming the file and the field or the tensor: another magic or
  /// version, a count, text or list that the file cannot hold, a key or tensor that comes twice,
  /// a type that ggml lacks, a shape that is too large or no whole number of blocks, data beyond
  /// the end, misaligned, overlapping or with gaps, one part of several.
  explicit GgufFile(const std::filesystem::path& path);

  const std::map<std::string_view, GgufValue>& metadata() const noexcept { return metadata_; }
  /// Nothing where the key is absent.
  const GgufValue* find(std::string_view key) const;

  const std::string& place() const noexcept override { return place_; }
  std::vector<std::string> names() const override;
  bool contains(const std::string& name) const override { return tensors_.contains(name); }
  Shape shape_of(const std::string& name) const override { return at(name).shape; }
  /// F32, F16, BF16 and matrices of Q8_0 are looked at where they lie; other blocks become floats.
  LoadedTensor load(const std::string& name) const override;
  void let_go(const std::string& name) const override { file_.let_go(at(name).bytes); }

 private:
  struct Entry {
    GgmlType type = GgmlType::kF32;
    Shape shape;
    uint64_t begin = 0;  // within the data
    ByteView bytes;
  };
  class Reader;

  const Entry& at(const std::string& name) const;
  void require_tiling(ByteView data, uint64_t alignment);

  std::string place_;
  MappedFile file_;
  std::map<std::string_view, GgufValue> metadata_;
  std::map<std::string_view, Entry> tensors_;
  std::vector<std::string_view> order_;  // names as the file has them
};

}  // namespace motet::nn
