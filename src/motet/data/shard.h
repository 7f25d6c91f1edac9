// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "motet/base/file.h"
#include "motet/data/fingerprint.h"

namespace motet::data {

/// The pieces of one source and split as token ids, memory-mapped.
///
/// Layout, little-endian: 8 bytes "MOTETSH2"; u32 vocabulary size; f32 sampling weight; u64 number
/// of pieces n; 32 bytes of source name, zero-padded; u64 checksum (checksum.h) of all that
/// follows; u64[n + 1] offsets, in ids; u64[n + 1] offsets, in words; u8[n][32] SHA-256 of each
/// piece's file; u32 words, of each piece the level and the hashes of its fingerprint; u16 ids.
/// "MOTETSH1", still read, has no checksum, words or hashes: its pieces have no names.
class Shard {
 public:
  /// Throws Error(kInvalidFile) with the path when the bytes are not such a shard.
  explicit Shard(const std::filesystem::path& path);

  const std::filesystem::path& path() const noexcept { return path_; }
  const std::string& source() const noexcept { return source_; }
  double weight() const noexcept { return weight_; }  ///< share of the training mixture
  uint32_t vocab_size() const noexcept { return vocab_size_; }
  size_t size() const noexcept { return pieces_; }
  /// The ids of a piece, a view into the map.
  std::span<const uint16_t> piece(size_t index) const;
  uint64_t ids() const noexcept { return offsets_[pieces_]; }
  uint64_t checksum() const noexcept { return checksum_; }  ///< of all but the header

  /// Whether the pieces are named by what they were made from. The next two need it.
  bool has_names() const noexcept { return names_ != nullptr; }
  std::string sha256(size_t index) const;
  Fingerprint fingerprint(size_t index) const;

 private:
  void open_first(ByteView bytes);
  void open_second(ByteView bytes);
  void check_words() const;
  void check_ids(uint64_t count) const;

  std::filesystem::path path_;
  MappedFile file_;
  std::string source_;
  double weight_ = 0.0;
  uint32_t vocab_size_ = 0;
  uint64_t checksum_ = 0;
  size_t pieces_ = 0;
  const uint64_t* offsets_ = nullptr;
  const uint64_t* word_offsets_ = nullptr;
  const uint8_t* names_ = nullptr;
  const uint32_t* words_ = nullptr;
  const uint16_t* first_ = nullptr;
};

/// Writes a shard piece by piece, each of its sections to a file beside it, so that no shard has to
/// fit into memory. The shard is there when finish() has returned, and not before.
class ShardWriter {
 public:
  struct Head {
    std::string source;
    double weight = 0.0;
    uint32_t vocab_size = 0;
  };
  ShardWriter(const std::filesystem::path& path, const Head& head);
  ~ShardWriter();  ///< removes what is unfinished
  ShardWriter(const ShardWriter&) = delete;
  ShardWriter& operator=(const ShardWriter&) = delete;

  /// `sha256` is 64 lower-case hexadecimal digits.
  void add(std::span<const uint16_t> ids, const std::string& sha256,
           const Fingerprint& fingerprint);
  /// Throws Error(kInvalidArgument) with the path when it cannot be written.
  void finish();

 private:
  struct Section {
    std::filesystem::path path;
    std::ofstream out;
  };
  template <typename T>
  void put(size_t section, const T* first, size_t count);

  std::filesystem::path path_;
  Head head_;
  std::vector<Section> sections_;
  uint64_t pieces_ = 0;
  uint64_t ids_ = 0;
  uint64_t words_ = 0;
};

/// All *.shard files of a folder whose names begin with `prefix` ("train", "valid"), by name.
/// Throws Error(kNotFound) when there is none.
std::vector<Shard> open_shards(const std::filesystem::path& folder, const std::string& prefix);

}  // namespace motet::data
