// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "motet/base/progress.h"
#include "motet/data/opt_outs.h"

namespace motet::data {

struct CheckReport {
  int64_t checked = 0;
  int64_t refused = 0;
};

/// Asks of every item whether it may be trained on, and calls refuse(item, reason) where it may
/// not. An item is a file of music, a shard, or a folder of either. Without items the pieces of the
/// manifest itself are asked about: all but those that are there to evaluate with; or of a folder
/// of shards the pieces in its train*.shard, and where all pass, checked.txt is written for the
/// bare trainer.
///
/// manifest  as for Gate
/// throws    Error(kNotFound) for an item that is not there, Error as the readers do
CheckReport check(
    const std::filesystem::path& manifest, const std::vector<std::filesystem::path>& items,
    const OptOuts& opt_outs,
    const std::function<void(const std::string& item, const std::string& reason)>& refuse,
    const Progress& progress);

}  // namespace motet::data
