// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "motet/data/fingerprint.h"
#include "motet/data/manifest.h"

namespace motet::data {

/// A piece as tokens.
struct PreparedVersion {
  std::vector<uint16_t> ids;
  double difficulty = 0.0;
};

/// A piece that is ready for a shard, or the papers of one that is refused (no versions).
struct PreparedPiece {
  ManifestEntry entry;
  Fingerprint fingerprint;
  std::string shard;                        ///< the name of the shard that it goes to
  double factor = 1.0;                      ///< of its shard, within its collection
  std::vector<PreparedVersion> versions{};  ///< the piece itself first
};

/// A version of a piece in a chunk, and where it stands there.
struct Record {
  std::string shard;
  std::string source;
  double factor = 1.0;
  double difficulty = 0.0;
  uint64_t offset = 0;  ///< bytes into the chunk's ids
  std::string sha256;
  Fingerprint fingerprint;
  std::vector<uint16_t> ids;
};

/// Some prepared pieces in two files of a folder: the papers as JSONL, and the ids of those that
/// are kept. A chunk is there when its papers are.
class Chunk {
 public:
  Chunk(const std::filesystem::path& folder, size_t index);

  bool exists() const;
  void write(const std::vector<PreparedPiece>& pieces) const;
  const std::filesystem::path& papers() const noexcept { return papers_; }
  const std::filesystem::path& ids() const noexcept { return ids_; }

 private:
  std::filesystem::path papers_;
  std::filesystem::path ids_;
};

/// Reads the versions that a chunk keeps, one at a time.
class ChunkReader {
 public:
  /// Throws Error(kNotFound) with the path where there is none.
  explicit ChunkReader(const Chunk& chunk);

  /// The version at the place where the last one ended, or that was sought. False at the end.
  /// Throws Error(kInvalidFile) with the path when the file is damaged.
  bool next(Record& record);
  void seek(uint64_t offset);

 private:
  template <typename T>
  void take(T* first, uint64_t count);

  std::filesystem::path path_;
  uint64_t size_;
  uint64_t at_ = 0;
  std::ifstream in_;
};

/// "train-nifc-chopin": the shard that a piece belongs to, with no character that a file name
/// might not have.
std::string shard_of(const ManifestEntry& entry);

}  // namespace motet::data
