// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

namespace motet::program {

// The subcommands of `motet data` that work on the database of a corpus.
void add_scan(CLI::App& group);
void add_export(CLI::App& group);
void add_import(CLI::App& group);
void add_dedup(CLI::App& group);
void add_split(CLI::App& group);

}  // namespace motet::program
