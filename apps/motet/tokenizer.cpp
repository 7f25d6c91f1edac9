// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/json.h"
#include "motet/commands.h"
#include "motet/terminal.h"
#include "motet/tokens/event_tokenizer.h"

namespace motet::program {
namespace {

struct TokenizerOptions {
  std::string kind;
  std::vector<std::string> settings;
  std::string output = "tokenizer.json";
};

/// "use_tempos=true" into config; what is not JSON is a string.
void set(Json& config, const std::string& setting) {
  const size_t at = setting.find('=');
  if (at == std::string::npos || at == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "--set: expected NAME=VALUE such as use_tempos=true, found \"" + setting + "\"");
  }
  const std::string text = setting.substr(at + 1);
  const Json value = Json::parse(text, nullptr, false);
  config[setting.substr(0, at)] = value.is_discarded() ? Json(text) : value;
}

void run_tokenizer(const TokenizerOptions& options) {
  Json config = Json::object();
  for (const std::string& setting : options.settings) set(config, setting);
  const auto tokenizer = tokens::make_event_tokenizer(tokens::find_tokenization(options.kind),
                                                      tokens::read_event_config(config, "--set"));
  tokens::save(*tokenizer, options.output);
  size_t size = 0;
  for (size_t place = 0; place < tokenizer->width(); ++place) {
    size += tokenizer->vocabulary(place).size();
  }
  say(options.output + "  " + std::to_string(size) + " tokens");
}

}  // namespace

void add_tokenizer(CLI::App& app) {
  auto options = std::make_shared<TokenizerOptions>();
  CLI::App* command = app.add_subcommand("tokenizer", "Make tokenizers");
  command->require_subcommand(1);
  CLI::App* fresh = command->add_subcommand(
      "new", "A tokenizer.json with MidiTok's defaults, which MidiTok reads");
  fresh
      ->add_option("kind", options->kind,
                   "REMI, TSD, MIDILike, Structured, CPWord, Octuple, MuMIDI, MMM or PerTok")
      ->required();
  fresh->add_option("--set", options->settings,
                    "A field of MidiTok's TokenizerConfig: use_tempos=true");
  fresh->add_option("-o,--output", options->output, "The file")->capture_default_str();
  fresh->callback([options] { run_tokenizer(*options); });
  add_tokenizer_train(*command);
}

}  // namespace motet::program
