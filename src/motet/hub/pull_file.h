// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "motet/hub/client.h"
#include "motet/hub/listing.h"

namespace motet::hub {

/// Fetches one file of a listing, at its commit, into a folder, resumed and checked as pull() says;
/// nothing when it was asked to stop. `heard` is told how many bytes of the file are there, again
/// and again.
std::optional<PulledFile> pull_file(Client& client, const ListedFile& file,
                                    const std::string& commit, const std::filesystem::path& folder,
                                    int tries, const std::function<void(int64_t)>& heard);

}  // namespace motet::hub
