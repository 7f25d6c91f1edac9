// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>
#include <string>

#include "motet/commands.h"
#include "motet/data/prepare.h"
#include "motet/terminal.h"

namespace motet::program {
namespace {

struct Options {
  std::string corpus;
  std::string output;
};

void run_prepare(const Options& options) {
  TerminalProgress terminal;
  const auto sources = data::prepare(options.corpus, options.output, terminal.progress());
  terminal.clear();
  if (terminal.progress().stop_requested()) mark_interrupted();
  std::printf("%-22s %8s %8s %8s %12s %12s\n", "source", "train", "valid", "refused", "notes",
              "tokens");
  for (const auto& [name, source] : sources) {
    std::printf("%-22s %8lld %8lld %8lld %12lld %12lld\n", name.c_str(),
                static_cast<long long>(source.train), static_cast<long long>(source.valid),
                static_cast<long long>(source.refused), static_cast<long long>(source.notes),
                static_cast<long long>(source.ids));
  }
}

}  // namespace

void add_data(CLI::App& app) {
  CLI::App* group = app.add_subcommand("data", "Corpora");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* command = group->add_subcommand(
      "prepare", "Turn a corpus into a manifest and shards of tokens, through the licence gate");
  command->add_option("corpus", options->corpus, "A folder with metadata.jsonl")->required();
  command->add_option("-o,--output", options->output, "The folder for manifest and shards")
      ->required();
  command->callback([options] { run_prepare(*options); });
}

}  // namespace motet::program
