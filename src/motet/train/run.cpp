// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/train/trainer.h"

namespace motet::train {
namespace {

namespace fs = std::filesystem;

constexpr size_t kKept = 2;  ///< checkpoints
constexpr const char* kStepField = "{\"step\":";

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string log_line(const StepReport& report, double tokens_per_second, double seconds) {
  char line[256];
  std::snprintf(line, sizeof line,
                "%s%lld,\"loss\":%.5f,\"learning_rate\":%.4g,\"gradient_norm\":%.4f,"
                "\"tokens_per_second\":%.0f,\"seconds\":%.1f}\n",
                kStepField, static_cast<long long>(report.step), report.loss, report.learning_rate,
                report.gradient_norm, tokens_per_second, seconds);
  return line;
}

/// Keeps the lines of the log up to a step, so that no step is told twice.
void cut_log(const fs::path& path, int64_t step) {
  if (!fs::exists(path)) return;
  std::istringstream in(read_text(path));
  std::string kept;
  std::string line;
  while (std::getline(in, line)) {
    int64_t at = 0;
    if (!line.starts_with(kStepField)) continue;
    std::istringstream(line.substr(std::char_traits<char>::length(kStepField))) >> at;
    if (at >= 1 && at <= step) kept += line + "\n";
  }
  write_file(path, kept);
}

void keep(const Trainer& trainer, const fs::path& folder) {
  write_checkpoint(checkpoint_folder(folder, trainer.steps_done()), trainer.checkpoint());
  prune_checkpoints(folder, kKept);
}

void resume(Trainer& trainer, const fs::path& folder) {
  const auto checkpoints = checkpoints_of(folder);
  if (!checkpoints.empty()) {
    trainer.restore(read_checkpoint(checkpoints.back(), trainer.decoder_config(),
                                    trainer.config().ema_decay > 0.0));
  }
  cut_log(folder / "log.jsonl", trainer.steps_done());
}

std::string detail_of(const StepReport& report) {
  char text[32];
  std::snprintf(text, sizeof text, "loss %.3f", report.loss);
  return text;
}

}  // namespace

RunReport run(Trainer& trainer, const fs::path& folder, const Progress& progress) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  require_writable(folder / "log.jsonl");
  resume(trainer, folder);
  const TrainerConfig& config = trainer.config();
  std::ofstream log(folder / "log.jsonl", std::ios::app);
  const auto start = Clock::now();
  auto lap = start;
  int64_t lap_tokens = 0;
  RunReport report;
  report.last.step = trainer.steps_done();
  while (trainer.steps_done() < config.steps && !report.stopped) {
    report.last = trainer.step();
    lap_tokens += report.last.tokens;
    const int64_t step = report.last.step;
    if (step % config.log_every == 0 || step == config.steps) {
      const double rate = static_cast<double>(lap_tokens) / seconds_since(lap);
      log << log_line(report.last, rate, seconds_since(start)) << std::flush;
      lap = Clock::now();
      lap_tokens = 0;
    }
    progress.report({"training", step, config.steps, detail_of(report.last)});
    report.stopped = progress.stop_requested() && step < config.steps;
    const bool is_due = config.checkpoint_every > 0 && step % config.checkpoint_every == 0;
    if (is_due || report.stopped || step == config.steps) keep(trainer, folder);
  }
  return report;
}

}  // namespace motet::train
