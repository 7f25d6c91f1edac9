// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace motet::program {

/// Prints what a bundle or a public checkpoint is: family, sizes, parameters, tokenizer, hash,
/// licences, and the beginning of its card. Every tensor is checked against config.json first;
/// throws as loading the model would.
void print_model(const std::filesystem::path& folder);

}  // namespace motet::program
