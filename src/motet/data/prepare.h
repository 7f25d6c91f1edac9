// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "motet/base/progress.h"
#include "motet/data/scan.h"

namespace motet::data {

/// What preparation did, by source.
struct PreparedSource {
  int64_t train = 0;  ///< pieces
  int64_t held_out = 0;
  int64_t refused = 0;  ///< papers, or a file that cannot be used
  int64_t notes = 0;    ///< of the pieces kept
  int64_t ids = 0;
};

struct PrepareOptions {
  std::filesystem::path opt_outs{};  ///< a list as in opt_outs.h; empty: none
  std::filesystem::path recipe{};    ///< as in recipe.h; empty: none
  size_t jobs = 1;                   ///< threads, 1..256
  Range range{};  ///< of the chunks that this machine does; the last one to end puts all together
};

struct PrepareReport {
  std::map<std::string, PreparedSource> sources;
  std::map<std::string, int64_t> reasons;  ///< how many pieces were refused for what
  std::vector<std::string> unused;         ///< names of the recipe that the corpus has not
  /// False where other machines' chunks are missing or the work was stopped: no shard is written,
  /// and the same call goes on from there.
  bool is_complete = true;
};

/// Reads every piece of a corpus, passes it through the gate, and writes manifest.jsonl,
/// tokenizer.json and a shard a source and split into `out`; with a recipe also recipe.json, and a
/// shard for each style and licence that its mixture tells apart. The corpus is a folder with
/// metadata.jsonl, or a database that `motet data scan` made. The same corpus gives the same bytes,
/// whatever the number of jobs, ranges and restarts.
///
/// Works in chunks of 128 pieces, each kept in out/chunks until all are done: so the work can be
/// stopped or killed, resumed, and shared between machines that see the same folder. Memory: that
/// of the chunk under way, and 32 bytes a piece.
///
/// throws  Error(kUnavailable) where another process prepares other work into `out`;
///         Error as the readers do for the corpus, the recipe and the opt-outs; a piece that cannot
///         be read is refused with its reason in the manifest, and does not end the work
PrepareReport prepare(const std::filesystem::path& corpus, const std::filesystem::path& out,
                      const Progress& progress, const PrepareOptions& options = {});

}  // namespace motet::data
