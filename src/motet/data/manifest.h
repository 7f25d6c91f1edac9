// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "motet/base/json.h"

namespace motet::data {

/// The papers of one piece. Nothing is trained on without one.
struct ManifestEntry {
  std::string file;     ///< below the corpus folder
  std::string sha256;   ///< of the file's bytes, lower-case hex
  std::string source;   ///< the collection
  std::string licence;  ///< SPDX
  std::string rights;   ///< the licence as the collection words it
  std::string work;     ///< names the work: all files of a work are in one split
  std::string split;    ///< "train" or "valid"
  std::string purpose;  ///< "train", "evaluate", or "none"
  std::string reason;   ///< why it is refused, where purpose is "none"
  int64_t notes = 0;
  int64_t ids = 0;  ///< tokens, 0 where refused
};

/// An entry as a JSON object, with the newline behind it.
std::string to_line(const ManifestEntry& entry);

/// Calls visit(object, "<path>: line N") for every line of a JSONL file that is not empty.
/// Throws Error(kInvalidFile) naming the line that is no JSON.
void each_json_line(const std::filesystem::path& path,
                    const std::function<void(const Json& line, const std::string& where)>& visit);

/// Calls visit for every entry, in order. Throws Error(kInvalidFile) naming the line; fields that
/// it does not know are passed over.
void each_entry(const std::filesystem::path& path,
                const std::function<void(const ManifestEntry&)>& visit);

/// All of them.
std::vector<ManifestEntry> read_manifest(const std::filesystem::path& path);

}  // namespace motet::data
