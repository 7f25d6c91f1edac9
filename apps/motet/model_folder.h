// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace motet::program {

/// The bundle to use: `chosen` if it is not empty, else the environment variable MOTET_MODEL, else
/// the first bundle (by name) of <prefix>/share/motet/models, else of the source tree's models/.
/// Throws Error(kNotFound) with the places that were searched.
std::filesystem::path find_model(const std::filesystem::path& chosen);

}  // namespace motet::program
