// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>
#include <string>

#include "motet/base/threads.h"
#include "motet/data/dedup.h"
#include "motet/data_corpus.h"
#include "motet/terminal.h"

namespace motet::program {
namespace {

struct DataDedupFlags {
  std::string corpus;
  size_t threads = hardware_threads();
  bool report = false;
};

void print(const data::Relation& relation) {
  std::printf("%s\t%s\t%s\t%.0f %%\t%.0f %%\t%+d\tx%.2f\n", relation.is_copy ? "copy" : "kin",
              relation.piece.file.c_str(), relation.other.file.c_str(),
              100.0 * relation.match.upper, 100.0 * relation.match.lower,
              relation.match.transposition, relation.match.stretch);
}

void run_data_dedup(const DataDedupFlags& flags) {
  data::Catalogue catalogue(flags.corpus, data::Database::Mode::kWrite);
  TerminalProgress terminal;
  if (flags.report) {
    say("relation\tpiece\tof\tupper line\tlower line\tsemitones\tstretch");
  }
  const data::DedupReport report = data::dedup(
      catalogue, flags.threads,
      [&](const data::Relation& relation) {
        if (!flags.report) return;
        terminal.clear();
        print(relation);
      },
      terminal.progress());
  terminal.clear();
  if (terminal.progress().stop_requested()) {
    mark_interrupted();
    say("Stopped: the corpus is as it was.");
    return;
  }
  std::printf("%lld pieces: %lld copies, %lld pairs of kin, %lld families\n",
              static_cast<long long>(report.pieces), static_cast<long long>(report.copies),
              static_cast<long long>(report.kin), static_cast<long long>(report.families));
}

}  // namespace

void add_dedup(CLI::App& group) {
  auto flags = std::make_shared<DataDedupFlags>();
  CLI::App* command = group.add_subcommand(
      "dedup", "Mark near-copies: transposed, stretched, for other instruments, cropped, edited");
  command->add_option("corpus", flags->corpus, "What `motet data scan` wrote")->required();
  command->add_option("-j,--jobs,--threads", flags->threads, "Threads")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_flag("--report", flags->report, "Print every pair that belongs together");
  command->callback([flags] { run_data_dedup(*flags); });
}

}  // namespace motet::program
