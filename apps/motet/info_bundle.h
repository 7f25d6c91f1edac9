// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace motet::program {

/// Prints what a bundle is: sizes, parameters, hash, licences, and the beginning of its card.
/// Every tensor is checked against config.json first; throws as loading the bundle would.
void print_bundle(const std::filesystem::path& folder);

}  // namespace motet::program
