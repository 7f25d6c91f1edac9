// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "motet/data/prepare.h"
#include "motet/data/recipe.h"

namespace motet::data {

/// Puts chunks together: writes manifest.jsonl and a shard a name into `out`, in the order and with
/// the weights of the recipe, and adds what there is to the report. Shards that were there before
/// are removed. Memory: 40 bytes a version of a piece.
///
/// throws  Error(kInvalidArgument) with the path of what cannot be written, as the chunks do
void assemble(const std::filesystem::path& chunks, size_t count, const std::filesystem::path& out,
              const Recipe& recipe, PrepareReport& report);

/// Counts a piece of the manifest in the report.
void count_piece(const ManifestEntry& entry, PrepareReport& report);

}  // namespace motet::data
