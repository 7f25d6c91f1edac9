// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "motet/data/manifest.h"
#include "motet/data/opt_outs.h"
#include "motet/data/shard.h"

namespace motet::data {

/// Decides whether a piece may be trained on: it must be in a manifest, for training, under a
/// licence that permits it, and its owner must not have opted out.
class Gate {
 public:
  /// `manifest` is a manifest.jsonl, a folder with one, or a corpus that `motet data scan` made.
  /// Throws Error(kNotFound) where there is none, and as their readers do.
  Gate(const std::filesystem::path& manifest, const OptOuts& opt_outs);

  /// Why a piece may not be trained on, as a sentence; empty where it may. Where the same bytes are
  /// listed twice, one listing that permits it is enough.
  std::string reason(const std::string& sha256, const Fingerprint& fingerprint) const;

  /// The fingerprint of a shard's piece, or none where no opt-out asks for one. Throws
  /// Error(kInvalidFile) where one does and the shard, of the first version, has none.
  Fingerprint fingerprint_in(const Shard& shard, size_t piece) const;

  const std::filesystem::path& manifest() const noexcept { return manifest_; }

 private:
  void add(const ManifestEntry& entry);

  std::filesystem::path manifest_;
  const OptOuts& opt_outs_;
  std::unordered_map<std::string, std::string> reasons_;  // by SHA-256; empty where it may
};

/// Why the papers alone forbid training: the licence is judged by its words anew, whatever the
/// manifest says of it. Empty where they do not.
std::string reason_of_papers(const ManifestEntry& entry);

/// The SHA-256 of each piece of a shard: as it says itself, or of the first version, which has no
/// names, as its source's pieces for training stand in the manifest, if their number and every
/// length agree. Throws Error(kInvalidFile) naming the piece that does not.
std::vector<std::string> piece_names(const Shard& shard, const std::filesystem::path& manifest);

/// Refuses shards that hold a piece which may not be trained on.
///
/// throws  Error(kInvalidFile) naming the shard, the piece and the reason
void require_papers(const std::vector<Shard>& shards, const std::filesystem::path& manifest,
                    const OptOuts& opt_outs);

}  // namespace motet::data
