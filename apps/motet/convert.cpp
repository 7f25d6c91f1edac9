// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/threads.h"
#include "motet/commands.h"
#include "motet/convert_file.h"
#include "motet/convert_plan.h"
#include "motet/terminal.h"

namespace motet::program {
namespace {

struct ConvertOptions {
  std::vector<std::string> paths;
  std::string to;
  std::string quarantine;
  std::string report;
  bool unfold = false;
  size_t jobs = 0;
};

std::string counted(size_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::vector<Outcome> convert_all(const Plan& plan, const ConvertOptions& options,
                                 TerminalProgress& terminal) {
  std::vector<Outcome> outcomes(plan.errands.size());
  std::atomic<size_t> next{0};
  std::mutex reporting;
  int64_t done = 0;
  ThreadPool pool(options.jobs == 0 ? hardware_threads() : options.jobs);
  const Repeats repeats = options.unfold ? Repeats::kPlayed : Repeats::kWritten;
  pool.run(pool.size(), [&](size_t, size_t) {
    for (size_t i = next++; i < plan.errands.size(); i = next++) {
      if (terminal.progress().stop_requested()) return;
      outcomes[i] = convert_file(plan.errands[i], plan, repeats);
      const std::lock_guard lock(reporting);
      terminal.progress().report({"converting", ++done, static_cast<int64_t>(outcomes.size()),
                                  plan.errands[i].input.filename().string()});
    }
  });
  return outcomes;
}

void write_report(const std::string& path, const Plan& plan, const std::vector<Outcome>& outcomes) {
  std::string text;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    // Names and reasons may hold bytes of a broken file; what is no UTF-8 is replaced.
    text +=
        to_json(plan.errands[i], outcomes[i]).dump(-1, ' ', false, Json::error_handler_t::replace) +
        "\n";
  }
  write_file(path, std::string_view(text));
}

std::string list_of(const std::vector<Loss>& losses) {
  std::string text;
  for (const Loss& loss : losses) text += (text.empty() ? "" : ", ") + to_text(loss);
  return text;
}

void add_up(const std::vector<Loss>& more, std::vector<Loss>& all) {
  for (const Loss& loss : more) {
    const auto known = std::ranges::find(all, loss.many, &Loss::many);
    if (known == all.end()) {
      all.push_back(loss);
    } else {
      known->count += loss.count;
    }
  }
}

/// Of a file converted alone, what was mended; of many the report says it.
void tell_mended(const Outcome& outcome) {
  constexpr size_t kMostLines = 20;
  const std::vector<std::string>& mended = outcome.mended;
  for (size_t i = 0; i < std::min(kMostLines, mended.size()); ++i) say("  " + mended[i]);
  if (mended.size() > kMostLines) {
    say("  and " + std::to_string(mended.size() - kMostLines) + " more, which --report says");
  }
}

/// Says what became of all files; true when none was refused.
bool summarise(const Plan& plan, const std::vector<Outcome>& outcomes) {
  size_t converted = 0;
  size_t written = 0;
  size_t mended = 0;
  size_t refused = 0;
  std::vector<Loss> lost;
  std::vector<Loss> unkept;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    converted += outcome.outputs.empty() ? 0 : 1;
    written += outcome.outputs.size();
    mended += outcome.mended.empty() ? 0 : 1;
    refused += outcome.refused.empty() ? 0 : 1;
    add_up(outcome.lost, lost);
    for (const std::string& what : outcome.unkept) add_up({{1, what, what}}, unkept);
    constexpr size_t kMostLines = 10;
    if (!outcome.refused.empty() && refused <= kMostLines) {
      const size_t more = outcome.refused.size() - 1;
      say("refused     " + plan.errands[i].input.string() + ": " + outcome.refused.front() +
          (more == 0 ? "" : " (and " + counted(more, "more reason", "more reasons") + ")"));
    }
  }
  say("converted   " + counted(converted, "file", "files") + " into " +
      counted(written, "file", "files") + " of " + std::string(name_of(plan.target)));
  say("mended      " + counted(mended, "file", "files"));
  if (outcomes.size() == 1) tell_mended(outcomes.front());
  say("refused     " + counted(refused, "file", "files"));
  if (!lost.empty()) say(std::string(name_of(plan.target)) + " cannot hold: " + list_of(lost));
  if (!unkept.empty()) say("A score cannot hold, with the number of files: " + list_of(unkept));
  return refused == 0;
}

void quarantine_refused(const Plan& plan, const std::vector<Outcome>& outcomes,
                        const std::string& folder) {
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (!outcomes[i].refused.empty()) {
      quarantine(plan.errands[i].input, folder, outcomes[i].refused);
    }
  }
}

void run_convert(const ConvertOptions& options) {
  if (options.paths.size() < 2) {
    throw CLI::ValidationError("convert", "expected inputs and, at the end, an output");
  }
  const std::vector<std::string> inputs(options.paths.begin(), std::prev(options.paths.end()));
  const Plan plan = plan_conversion(inputs, options.paths.back(), options.to);
  if (!options.report.empty()) require_writable(options.report);
  TerminalProgress terminal;
  const std::vector<Outcome> outcomes = convert_all(plan, options, terminal);
  terminal.clear();
  if (!options.report.empty()) write_report(options.report, plan, outcomes);
  const bool all_converted = summarise(plan, outcomes);
  if (!options.quarantine.empty()) quarantine_refused(plan, outcomes, options.quarantine);
  if (terminal.progress().stop_requested()) {
    mark_interrupted();
  } else if (!all_converted) {
    mark_failed();
  }
}

}  // namespace

void add_convert(CLI::App& app) {
  auto options = std::make_shared<ConvertOptions>();
  CLI::App* command = app.add_subcommand(
      "convert", "Turn files of notes into another format: MIDI, MusicXML, ABC, kern");
  command
      ->add_option("paths", options->paths,
                   "Files, folders or quoted patterns such as 'in/**/*.abc', and at the end the "
                   "output: a file, or a folder with --to")
      ->required();
  command->add_option("--to", options->to, "mid, musicxml, mxl, abc or krn");
  command->add_flag("--unfold", options->unfold, "Play repeats out (MIDI always does)");
  command->add_option("--quarantine", options->quarantine,
                      "A folder for copies of the files that were refused, with the reasons");
  command->add_option("--jobs", options->jobs, "How many files at once; by default all cores")
      ->check(CLI::Range(1, 256));
  command->add_option("--report", options->report, "A file for one line of JSON a file");
  command->callback([options] { run_convert(*options); });
}

}  // namespace motet::program
