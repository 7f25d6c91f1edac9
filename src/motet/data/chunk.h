// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "motet/data/fingerprint.h"
#include "motet/data/manifest.h"

namespace motet::data {

/// A piece that is ready for a shard, or the papers of one that is refused (no ids).
struct PreparedPiece {
  ManifestEntry entry;
  std::vector<uint16_t> ids;
  Fingerprint fingerprint;
};

/// Some prepared pieces in two files of a folder: the papers as JSONL, and the ids of those that
/// are kept. A chunk is there when its papers are.
class Chunk {
 public:
  Chunk(const std::filesystem::path& folder, size_t index);

  bool exists() const;
  void write(const std::vector<PreparedPiece>& pieces) const;
  const std::filesystem::path& papers() const noexcept { return papers_; }
  /// Calls visit(piece) for those kept in a shard; of the entry only the SHA-256 is filled in.
  /// Throws Error(kInvalidFile) with the path when it is damaged.
  void each(const std::string& shard,
            const std::function<void(const PreparedPiece& piece)>& visit) const;

 private:
  std::filesystem::path papers_;
  std::filesystem::path ids_;
};

/// "train-nifc-chopin": the shard that a piece belongs to, with no character that a file name
/// might not have.
std::string shard_of(const ManifestEntry& entry);

}  // namespace motet::data
