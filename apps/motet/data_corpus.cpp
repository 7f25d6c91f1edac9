// SPDX-License-Identifier: Apache-2.0
#include "motet/data_corpus.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "motet/base/threads.h"
#include "motet/data/scan.h"
#include "motet/terminal.h"

namespace motet::program {
namespace {

using Mode = data::Database::Mode;

struct ScanFlags {
  std::vector<std::string> folders;
  std::string output;
  std::string range = "1/1";
  data::ScanOptions scan;
};

void run_scan(ScanFlags& flags) {
  flags.scan.range = data::parse_range(flags.range);
  const std::vector<std::filesystem::path> folders(flags.folders.begin(), flags.folders.end());
  data::require_folders(folders);
  data::Catalogue catalogue(flags.output, Mode::kCreate);
  TerminalProgress terminal;
  const data::ScanReport report = data::scan(folders, catalogue, flags.scan, terminal.progress());
  terminal.clear();
  if (terminal.progress().stop_requested()) mark_interrupted();
  std::printf("%lld files: %lld unchanged, %lld read, %lld refused, %lld quarantined\n",
              static_cast<long long>(report.files), static_cast<long long>(report.unchanged),
              static_cast<long long>(report.ok), static_cast<long long>(report.refused),
              static_cast<long long>(report.quarantined));
}

struct CopyFlags {
  std::string corpus;
  std::vector<std::string> files;
};

}  // namespace

void add_scan(CLI::App& group) {
  auto flags = std::make_shared<ScanFlags>();
  flags->scan.jobs = hardware_threads();
  CLI::App* command = group.add_subcommand(
      "scan", "Walk folders of music into a corpus: hashes, papers, fingerprints");
  command->add_option("folders", flags->folders, "Folders of music")->required();
  command->add_option("-o,--output", flags->output, "The corpus, a SQLite database")->required();
  command->add_option("--metadata", flags->scan.metadata,
                      "The papers, a JSON object a line; else metadata.jsonl of each folder");
  command->add_option("--licence", flags->scan.licence, "Of files that the papers do not name");
  command->add_option("--source", flags->scan.source, "Likewise; else the folder's name");
  command->add_option("-j,--jobs,--threads", flags->scan.jobs, "Threads")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("--range", flags->range, "This machine's share of the files, such as 3/8")
      ->capture_default_str();
  command->callback([flags] { run_scan(*flags); });
}

void add_export(CLI::App& group) {
  auto flags = std::make_shared<CopyFlags>();
  CLI::App* command = group.add_subcommand("export", "Write a corpus as JSON, a line a file");
  command->add_option("corpus", flags->corpus, "What `motet data scan` wrote")->required();
  command->add_option("-o,--output", flags->files, "The JSONL file")->required()->expected(1);
  command->callback([flags] {
    data::Catalogue catalogue(flags->corpus, Mode::kRead);
    data::export_jsonl(catalogue, flags->files.front());
  });
}

void add_import(CLI::App& group) {
  auto flags = std::make_shared<CopyFlags>();
  CLI::App* command = group.add_subcommand(
      "import", "Add what other machines scanned to a corpus: databases or exported JSONL");
  command->add_option("files", flags->files, "Databases, or .jsonl")->required();
  command->add_option("-o,--output", flags->corpus, "The corpus")->required();
  command->callback([flags] {
    data::Catalogue catalogue(flags->corpus, Mode::kCreate);
    int64_t count = 0;
    for (const std::string& file : flags->files) count += data::import_into(catalogue, file);
    say(std::to_string(count) + " rows added; the corpus has " + std::to_string(catalogue.size()));
  });
}

}  // namespace motet::program
