// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "motet/commands.h"
#include "motet/info_bundle.h"
#include "motet/piano_roll.h"
#include "motet/score/instruments.h"
#include "motet/score/tempo_map.h"
#include "motet/score_file.h"
#include "motet/tasks/public_model.h"
#include "motet/terminal.h"
#include "motet/theory/features.h"
#include "motet/theory/key.h"

namespace motet::program {
namespace {

struct InfoOptions {
  std::string input;
  int tune = 0;
  bool roll = false;
};

void field(const std::string& name, const std::string& value) {
  say(name + std::string(name.size() < 12 ? 12 - name.size() : 1, ' ') + value);
}

std::string length_text(double seconds) {
  const auto whole = static_cast<long long>(seconds);
  char text[64];
  std::snprintf(text, sizeof text, "%lld:%02lld (%.1f s)", whole / 60, whole % 60, seconds);
  return text;
}

std::string key_text(const Score& score) {
  const KeyEstimate estimate = estimate_key(score);
  std::string text = "none can be heard";
  if (estimate.correlation > 0.0) {
    text = name_of(estimate.key) + " as it sounds (correlation " +
           decimal("%.2f", estimate.correlation) + ")";
  }
  if (score.keys.empty()) return text;
  const KeyChange& first = score.keys.front();
  text += "; signed " + name_of(key_of_signature(first.fifths, first.mode));
  if (score.keys.size() > 1) text += ", " + std::to_string(score.keys.size() - 1) + " changes";
  return text;
}

std::string metre_text(const Score& score) {
  const MetreChange metre = main_metre(score);
  const std::string text =
      std::to_string(metre.numerator) + "/" + std::to_string(metre.denominator);
  const size_t changes = score.metres.empty() ? 0 : score.metres.size() - 1;
  return changes == 0 ? text : text + ", " + std::to_string(changes) + " changes";
}

std::string tempo_text(const Score& score) {
  const std::string text = decimal("%.4g", main_tempo(score)) + " quarters a minute";
  const size_t changes = score.tempos.empty() ? 0 : score.tempos.size() - 1;
  return changes == 0 ? text : text + ", " + std::to_string(changes) + " changes";
}

void print_parts(const Score& score) {
  for (const Part& part : score.parts) {
    const Instrument instrument{part.is_drums ? uint8_t{0} : part.program, part.is_drums};
    std::string text = "  " + std::string(name_of(instrument));
    if (!part.name.empty() && part.name != name_of(instrument)) text += " \"" + part.name + "\"";
    text += ", " + std::to_string(part.notes.size()) + " notes";
    if (!part.notes.empty()) {
      const auto [low, high] = std::ranges::minmax(part.notes, {}, &Note::pitch);
      text += ", pitches " + std::to_string(low.pitch) + " to " + std::to_string(high.pitch);
    }
    say(text);
  }
}

void print_score(const ScoreFile& file) {
  const Score& score = file.reading.score;
  std::string format = file.format;
  if (file.tunes > 1 || file.refused > 0) {
    format += ", " + std::to_string(file.tunes) + " tunes read, " + std::to_string(file.refused) +
              " refused; this is one of them (--tune)";
  }
  field("format", format);
  if (!score.title.empty()) field("title", score.title);
  if (!score.composer.empty()) field("composer", score.composer);
  field("bars", std::to_string(bars_of(score).size()));
  field("notes", std::to_string(count_notes(score)));
  field("length", length_text(TempoMap(score).to_seconds(end_of(score)).value));
  field("key", key_text(score));
  field("metre", metre_text(score));
  field("tempo", tempo_text(score));
  const double density = onset_density(score);
  field("density", std::to_string(density_bin(density)) + " of 0..7 (" + decimal("%.2f", density) +
                       " onsets a quarter and part)");
  field("mood",
        std::string(name_of(estimate_mood(score, estimate_key(score).key))) + ", by mode and pace");
  field("parts", std::to_string(score.parts.size()));
  print_parts(score);
  field("mended", std::to_string(file.reading.mended.size()));
  for (const std::string& line : file.reading.mended) say("  " + line);
}

void run_info(const InfoOptions& options) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(options.input, ignored);
  if (is_folder || tasks::is_public_model(options.input)) return print_model(options.input);
  const ScoreFile file = read_score_file(options.input, options.tune);
  about_file(options.input, [&] { print_score(file); });
  if (options.roll) say("\n" + piano_roll(file.reading.score, wants_colour()));
}

}  // namespace

void add_info(CLI::App& app) {
  auto options = std::make_shared<InfoOptions>();
  CLI::App* command = app.add_subcommand("info", "Say what a file of notes, or a model, holds");
  command->add_option("input", options->input, "A file of notes, or a model's folder")->required();
  command->add_option("--tune", options->tune, "The X: number of a tune of an ABC file");
  command->add_flag("--roll", options->roll, "Show its first bars as a piano roll, too");
  command->callback([options] { run_info(*options); });
}

}  // namespace motet::program
