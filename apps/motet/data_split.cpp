// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>
#include <string>

#include "motet/data/split.h"
#include "motet/data_corpus.h"
#include "motet/terminal.h"

namespace motet::program {
namespace {

struct DataSplitFlags {
  std::string corpus;
  data::SplitOptions split;
  bool report = false;
};

void run_data_split(const DataSplitFlags& flags) {
  data::Catalogue catalogue(flags.corpus, data::Database::Mode::kWrite);
  TerminalProgress terminal;
  if (flags.report) say("piece\tstated\tsplit");
  const data::SplitReport report = data::split(
      catalogue, flags.split,
      [&](const data::MovedPiece& piece) {
        if (flags.report) say(piece.file + "\t" + piece.stated + "\t" + piece.split);
      },
      terminal.progress());
  terminal.clear();
  if (terminal.progress().stop_requested()) {
    mark_interrupted();
    say("Stopped: the corpus is as it was.");
    return;
  }
  std::printf("%lld works:", static_cast<long long>(report.works));
  const char* before = " ";
  for (const auto& [split, pieces] : report.pieces) {
    std::printf("%s%lld pieces %s", before, static_cast<long long>(pieces), split.c_str());
    before = ", ";
  }
  std::printf("\n");
  if (report.moved == 0) return;
  std::printf(
      "%lld pieces are held out although their papers say otherwise: others of their work "
      "are%s\n",
      static_cast<long long>(report.moved), flags.report ? "" : " (--report lists them)");
}

}  // namespace

void add_split(CLI::App& group) {
  auto flags = std::make_shared<DataSplitFlags>();
  CLI::App* command = group.add_subcommand(
      "split", "Divide a corpus into train, valid and test, so that no work is in two of them");
  command->add_option("corpus", flags->corpus, "What `motet data scan` wrote")->required();
  command->add_option("--valid", flags->split.valid, "Share of the works whose papers state none")
      ->capture_default_str();
  command->add_option("--test", flags->split.test, "Likewise")->capture_default_str();
  command->add_option("--seed", flags->split.seed, "Another seed draws other works")
      ->capture_default_str();
  command->add_flag("--report", flags->report, "Print the pieces whose papers state another split");
  command->callback([flags] { run_data_split(*flags); });
}

}  // namespace motet::program
