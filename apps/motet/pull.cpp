// SPDX-License-Identifier: Apache-2.0
#include "motet/hub/pull.h"

#include <array>
#include <cstdlib>
#include <memory>
#include <string>

#include "motet/commands.h"
#include "motet/terminal.h"

namespace motet::program {
namespace {

struct PullOptions {
  hub::PullRequest request;
  std::string folder;
  double stall_seconds = 30.0;
};

std::string from_environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

std::string in_megabytes(int64_t bytes) {
  return decimal("%.1f MB", static_cast<double>(bytes) / 1e6);
}

/// "2 fetched, 1 was there; checked by SHA-256: 2, by git's SHA-1: 1".
void say_files(const hub::PullReport& report, const std::string& into) {
  std::array<int, 3> how{};
  std::array<int, 3> check{};
  int64_t bytes = 0;
  for (const hub::PulledFile& file : report.files) {
    ++how[static_cast<size_t>(file.how)];
    ++check[static_cast<size_t>(file.check)];
    bytes += file.size;
  }
  say(std::to_string(report.files.size()) + " files, " + in_megabytes(bytes) + ", at commit " +
      report.commit.substr(0, 12) + " in " + into + ": " + std::to_string(how[0]) + " fetched, " +
      std::to_string(how[1]) + " resumed, " + std::to_string(how[2]) + " already there");
  say("Checked: " + std::to_string(check[0]) + " by SHA-256, " + std::to_string(check[1]) +
      " by git's SHA-1, " + std::to_string(check[2]) + " by length alone");
}

void run_pull(PullOptions& options) {
  hub::PullRequest& request = options.request;
  request.token = from_environment("HF_TOKEN", "");
  if (options.folder.empty()) {
    options.folder = request.repository.substr(request.repository.find('/') + 1);
  }
  request.folder = options.folder;
  TerminalProgress terminal;
  const auto http = hub::open_http(options.stall_seconds, terminal.progress());
  const hub::PullReport report = hub::pull(request, *http, terminal.progress());
  terminal.clear();
  if (report.stopped) {
    say("Stopped; the same command goes on where it was");
    mark_interrupted();
    return;
  }
  say_files(report, options.folder);
  if (report.only_pickles) {
    say("The weights are pickles, which can run code; Motet does not open them (see "
        "docs/checkpoints.md), and only --all fetches them");
  }
  say("Licence: " + (report.licence.empty() ? "the card gives none" : report.licence + " (card)"));
}

}  // namespace

void add_pull(CLI::App& app) {
  auto options = std::make_shared<PullOptions>();
  hub::PullRequest& request = options->request;
  request.endpoint = from_environment("HF_ENDPOINT", hub::kPublicHub);
  CLI::App* command =
      app.add_subcommand("pull", "Fetch a public checkpoint's folder, resumed and checked");
  command->add_option("repository", request.repository, "OWNER/NAME on the hub")->required();
  command->add_option("-o,--output", options->folder, "The folder to fill; NAME where not given");
  command->add_option("--revision", request.revision, "A branch, a tag or a commit")
      ->capture_default_str();
  command->add_option("--endpoint", request.endpoint,
                      "The hub; else HF_ENDPOINT, else the public one");
  command->add_option("--file", request.only, "Only this file; may be given again")
      ->allow_extra_args(false);
  command->add_flag("--all", request.all, "Every file, also those that Motet does not open");
  command
      ->add_option("--timeout", options->stall_seconds, "Seconds without a byte before a new try")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command->add_option("--tries", request.tries, "Tries in a row without a new byte")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->footer("HF_TOKEN is sent to the hub, and to nobody else, where it is set.");
  command->callback([options] { run_pull(*options); });
}

}  // namespace motet::program
