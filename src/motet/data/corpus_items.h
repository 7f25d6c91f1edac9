// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "motet/data/corpus.h"
#include "motet/data/manifest.h"

namespace motet::data {

/// A piece to be prepared: where it is, what is known of it, and what it may be used for.
struct PrepareItem {
  std::filesystem::path path;
  CorpusItem corpus;
  ManifestEntry papers;      ///< the SHA-256 is empty where the file was never scanned
  bool was_scanned = false;  ///< what is refused needs no further look
};

/// Calls visit(item) for every piece of a corpus in its own order: of a folder that of its
/// metadata.jsonl, of a database that of its names. Stops when visit says false. Throws as the
/// readers of the two do.
void each_item(const std::filesystem::path& corpus,
               const std::function<bool(PrepareItem item)>& visit);

/// How many there are.
int64_t count_items(const std::filesystem::path& corpus);

}  // namespace motet::data
