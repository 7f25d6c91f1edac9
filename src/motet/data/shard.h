// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "motet/base/file.h"

namespace motet::data {

/// The pieces of one source and split as token ids, memory-mapped.
///
/// Layout, little-endian: 8 bytes "MOTETSH1"; u32 vocabulary size; f32 sampling weight; u64 number
/// of pieces n; 32 bytes of source name, zero-padded; u64[n + 1] offsets, in ids; u16 ids.
class Shard {
 public:
  /// Throws Error(kInvalidFile) with the path when the bytes are not such a shard.
  explicit Shard(const std::filesystem::path& path);

  const std::string& source() const noexcept { return source_; }
  double weight() const noexcept { return weight_; }  ///< share of the training mixture
  uint32_t vocab_size() const noexcept { return vocab_size_; }
  size_t size() const noexcept { return pieces_; }
  /// The ids of a piece, a view into the map.
  std::span<const uint16_t> piece(size_t index) const;
  uint64_t ids() const noexcept { return offsets_[pieces_]; }

 private:
  MappedFile file_;
  std::string source_;
  double weight_ = 0.0;
  uint32_t vocab_size_ = 0;
  size_t pieces_ = 0;
  const uint64_t* offsets_ = nullptr;
  const uint16_t* first_ = nullptr;
};

struct ShardContent {
  std::string source;
  double weight = 0.0;
  uint32_t vocab_size = 0;
  std::vector<std::vector<uint16_t>> pieces;
};

void write_shard(const std::filesystem::path& path, const ShardContent& content);

/// All *.shard files of a folder whose names begin with `prefix` ("train", "valid"), by name.
/// Throws Error(kNotFound) when there is none.
std::vector<Shard> open_shards(const std::filesystem::path& folder, const std::string& prefix);

}  // namespace motet::data
