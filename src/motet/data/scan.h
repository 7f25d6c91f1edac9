// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "motet/base/progress.h"
#include "motet/data/catalogue.h"

namespace motet::data {

/// A share of a corpus, so that several machines can divide it: by a hash of each file's name.
struct Range {
  uint64_t index = 1;  ///< 1 .. count
  uint64_t count = 1;
  bool holds(std::string_view file) const;
};

/// Reads "3/8". Throws Error(kInvalidArgument) on anything else.
Range parse_range(const std::string& text);

struct ScanOptions {
  /// A line a file with "file", "source", "license", "title", "work", "composer", "genre", "split",
  /// "key_label", "consent", "purpose"; all but "file" may be missing. Empty: metadata.jsonl of
  /// each folder, where there is one.
  std::filesystem::path metadata;
  std::string licence;  ///< of what metadata says nothing about
  std::string source;   ///< likewise; empty: the folder's name
  size_t jobs = 1;      ///< threads, 1..256
  Range range{};
};

struct ScanReport {
  int64_t files = 0;      ///< of music, in range
  int64_t unchanged = 0;  ///< known from an earlier scan, and passed over
  int64_t ok = 0;         ///< of those read now
  int64_t refused = 0;
  int64_t quarantined = 0;
};

/// Throws Error(kNotFound) naming the first that is no folder.
void require_folders(const std::vector<std::filesystem::path>& folders);

/// Walks folders and writes a row into the corpus for every file of music: hash, papers, key,
/// metre, notes, fingerprint. A file with the size and time of an earlier scan is not read again.
/// What was written stays when the work is stopped, and the next scan goes on from there. Memory
/// does not grow with the corpus.
///
/// throws  Error(kNotFound) for a folder that is not there; Error(kInvalidFile) naming the line of
///         metadata that is wrong. A file of music that cannot be read is quarantined, with its
///         reason
ScanReport scan(const std::vector<std::filesystem::path>& folders, Catalogue& catalogue,
                const ScanOptions& options, const Progress& progress);

}  // namespace motet::data
