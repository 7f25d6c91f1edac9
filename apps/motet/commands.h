// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

namespace motet::program {

// One file a subcommand; each adds itself to the program.
void add_analyse(CLI::App& app);
void add_compose(CLI::App& app);
void add_convert(CLI::App& app);
void add_render(CLI::App& app);
void add_info(CLI::App& app);
void add_tokenize(CLI::App& app);
void add_tokenizer(CLI::App& app);
void add_tokenizer_train(CLI::App& group);  ///< of add_tokenizer
void add_detokenize(CLI::App& app);
void add_data(CLI::App& app);
void add_evaluate(CLI::App& app);
void add_pull(CLI::App& app);
void add_quantize(CLI::App& app);
void add_train(CLI::App& app);  ///< only with MOTET_WITH_TRAINER

}  // namespace motet::program
