// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "motet/base/progress.h"

namespace motet::data {

/// What preparation did, by source.
struct PreparedSource {
  int64_t train = 0;  ///< pieces
  int64_t valid = 0;
  int64_t refused = 0;  ///< licence, or a file that cannot be used
  int64_t notes = 0;    ///< of the pieces kept
  int64_t ids = 0;
};

/// Reads every piece of a corpus folder (metadata.jsonl with the files that it names), passes it
/// through the licence gate, and writes manifest.jsonl, tokenizer.json and a shard a source and
/// split into `out`. The same corpus gives the same bytes.
///
/// throws  Error as the readers do for metadata.jsonl; a piece that cannot be read is refused with
///         its reason in the manifest, and does not end the work
std::map<std::string, PreparedSource> prepare(const std::filesystem::path& corpus,
                                              const std::filesystem::path& out,
                                              const Progress& progress);

}  // namespace motet::data
