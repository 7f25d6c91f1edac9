// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/threads.h"
#include "motet/commands.h"
#include "motet/data/check.h"
#include "motet/data/prepare.h"
#include "motet/data/reading.h"
#include "motet/data_corpus.h"
#include "motet/terminal.h"

namespace motet::program {
namespace {

constexpr int64_t kMostShown = 20;  ///< refusals told one by one

struct PrepareFlags {
  std::string corpus;
  std::string output;
  std::string range = "1/1";
  data::PrepareOptions prepare;
};

void print_sources(const data::PrepareReport& report) {
  std::printf("%-22s %8s %8s %8s %12s %12s\n", "source", "train", "held out", "refused", "notes",
              "tokens");
  for (const auto& [name, source] : report.sources) {
    std::printf("%-22s %8lld %8lld %8lld %12lld %12lld\n", name.c_str(),
                static_cast<long long>(source.train), static_cast<long long>(source.held_out),
                static_cast<long long>(source.refused), static_cast<long long>(source.notes),
                static_cast<long long>(source.ids));
  }
  for (const std::string& unused : report.unused) say(unused);
  for (const auto& [reason, count] : report.reasons) {
    std::printf("refused %lld: %s\n", static_cast<long long>(count), reason.c_str());
  }
}

void run_prepare(PrepareFlags& flags) {
  flags.prepare.range = data::parse_range(flags.range);
  TerminalProgress terminal;
  const data::PrepareReport report =
      data::prepare(flags.corpus, flags.output, terminal.progress(), flags.prepare);
  terminal.clear();
  if (terminal.progress().stop_requested()) mark_interrupted();
  if (!report.is_complete) {
    say("Not all chunks are there yet: the same command goes on from here.");
    return;
  }
  print_sources(report);
  int64_t kept = 0;
  for (const auto& [name, source] : report.sources) kept += source.train + source.held_out;
  if (kept > 0) return;
  const auto& reasons = report.reasons;
  throw Error(ErrorCode::kInvalidArgument,
              flags.corpus + ": no piece of it may be used; the " +
                  (reasons.size() == 1 ? "reason: " : "first reason: ") +
                  (reasons.empty() ? "it is empty" : reasons.begin()->first));
}

struct CheckFlags {
  std::string manifest;
  std::vector<std::string> items;
  std::string opt_outs;
};

void run_check(const CheckFlags& flags) {
  const data::OptOuts opt_outs =
      flags.opt_outs.empty() ? data::OptOuts() : data::OptOuts(flags.opt_outs);
  TerminalProgress terminal;
  int64_t told = 0;
  const auto refuse = [&](const std::string& item, const std::string& reason) {
    if (++told > kMostShown) return;
    terminal.clear();
    say(item + ": " + reason);
  };
  const data::CheckReport report =
      data::check(flags.manifest, {flags.items.begin(), flags.items.end()}, opt_outs, refuse,
                  terminal.progress());
  terminal.clear();
  if (terminal.progress().stop_requested()) mark_interrupted();
  if (report.refused == 0) {
    say("All " + std::to_string(report.checked) + " may be trained on.");
    return;
  }
  throw Error(ErrorCode::kInvalidArgument, std::to_string(report.refused) + " of " +
                                               std::to_string(report.checked) +
                                               " may not be trained on");
}

void add_prepare(CLI::App& group) {
  auto flags = std::make_shared<PrepareFlags>();
  flags->prepare.jobs = hardware_threads();
  CLI::App* command = group.add_subcommand(
      "prepare", "Turn a corpus into a manifest and shards of tokens, through the licence gate");
  command
      ->add_option("corpus", flags->corpus,
                   "A folder with metadata.jsonl, or what `motet data scan` wrote")
      ->required();
  command->add_option("-o,--output", flags->output, "The folder for manifest and shards")
      ->required();
  command->add_option("--opt-outs", flags->prepare.opt_outs,
                      "Pieces to leave out: a line each of sha256:..., fingerprint:... or a score");
  command->add_option("--recipe", flags->prepare.recipe,
                      "Mixture, order and augmentation, as JSON; docs/data.md says how");
  command->add_option("-j,--jobs,--threads", flags->prepare.jobs, "Threads")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("--range", flags->range, "This machine's share of the work, such as 3/8")
      ->capture_default_str();
  command->callback([flags] { run_prepare(*flags); });
}

void add_check(CLI::App& group) {
  auto flags = std::make_shared<CheckFlags>();
  CLI::App* command = group.add_subcommand(
      "check", "Say of every piece whether it may be trained on; fails where one may not");
  command
      ->add_option("manifest", flags->manifest,
                   "A corpus, a manifest.jsonl, or a folder of shards with one")
      ->required();
  command->add_option("items", flags->items,
                      "Scores, shards, or folders of them; without any, all of the manifest");
  command->add_option("--opt-outs", flags->opt_outs, "As for prepare");
  command->callback([flags] { run_check(*flags); });
}

void add_fingerprint(CLI::App& group) {
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* command = group.add_subcommand(
      "fingerprint", "Print what a piece is recognised by in any key, tempo and instrumentation");
  command->add_option("files", *files, "Scores")->required();
  command->callback([files] {
    for (const std::string& file : *files) {
      const Score score = data::read_music(read_file(file), file);
      say("fingerprint:" + data::to_text(data::fingerprint_of(data::tune_of(score))));
    }
  });
}

}  // namespace

void add_data(CLI::App& app) {
  CLI::App* group = app.add_subcommand("data", "Corpora");
  group->require_subcommand(1);
  add_scan(*group);
  add_export(*group);
  add_import(*group);
  add_dedup(*group);
  add_split(*group);
  add_check(*group);
  add_fingerprint(*group);
  add_prepare(*group);
}

}  // namespace motet::program
