// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "motet/data/shard.h"

namespace motet::data {

/// Writes into checked.txt of a folder that these shards have passed the gate: the checksum and the
/// name of each, a line a shard.
void write_checked(const std::filesystem::path& folder, const std::vector<Shard>& shards);

/// Refuses shards that checked.txt does not list with their checksum: for a trainer on a machine
/// that cannot read a manifest. Throws Error(kInvalidFile) naming the shard.
void require_checked(const std::filesystem::path& folder, const std::vector<Shard>& shards);

}  // namespace motet::data
