// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>
#include <string>

#include "motet/abc_patches.h"
#include "motet/base/file.h"
#include "motet/commands.h"
#include "motet/data/corpus.h"
#include "motet/event_tokens.h"
#include "motet/score_file.h"
#include "motet/tokens/subword.h"
#include "motet/tokens/tokenizer.h"

namespace motet::program {
namespace {

struct TokenizeOptions {
  EventTokensRequest events;  ///< with a tokenizer.json all of it counts, else inputs, output, tune
  std::string patches;
  std::string subword;
  std::string split = "bar";
  bool ids = false;
  bool vocabulary = false;
};

/// The pieces of a subword model, one a line: "Position_0 Pitch_60", or the id.
std::string text_of_pieces(const std::vector<tokens::TokenId>& base,
                           const TokenizeOptions& options) {
  const tokens::Subword subword(std::string_view(read_text(options.subword)));
  const auto starts = tokens::word_starts(base, tokens::subword_split_of(options.split));
  std::string text;
  for (const tokens::TokenId id : subword.encode(base, starts)) {
    std::string name;
    for (const tokens::TokenId part : subword.base_of(id)) {
      if (!name.empty()) name += ' ';
      name += tokens::name_of(part);
    }
    text += options.ids ? std::to_string(id) : name;
    text += '\n';
  }
  return text;
}

std::string text_of(const TokenizeOptions& options) {
  if (options.vocabulary) return tokens::vocabulary_json();
  const std::string& input = options.events.inputs.front();
  const std::vector<tokens::TokenId> ids = about_file(input, [&] {
    Score score = read_score_file(input, options.events.tune).reading.score;
    return tokens::encode(data::to_training_piece(std::move(score), {}));
  });
  if (!options.subword.empty()) return text_of_pieces(ids, options);
  std::string text;
  for (const tokens::TokenId id : ids) {
    text += (options.ids ? std::to_string(id) : tokens::name_of(id)) + "\n";
  }
  return text;
}

void run_tokenize(const TokenizeOptions& options) {
  const EventTokensRequest& events = options.events;
  if (events.inputs.empty() && !options.vocabulary) throw CLI::RequiredError("input");
  if (!events.tokenizer.empty()) return tokenize_events(events);
  if (events.inputs.size() > 1) {
    throw CLI::ValidationError("input", "several files need --tokenizer tokenizer.json");
  }
  if (!options.patches.empty()) {
    return tokenize_patches({events.inputs.front(), events.output, options.patches});
  }
  if (!events.output.empty()) require_writable(events.output);
  const std::string text = text_of(options);
  if (events.output.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else {
    write_file(events.output, std::string_view(text));
  }
}

}  // namespace

void add_tokenize(CLI::App& app) {
  auto options = std::make_shared<TokenizeOptions>();
  EventTokensRequest& events = options->events;
  CLI::App* command =
      app.add_subcommand("tokenize", "Print the tokens of a file of notes, one a line");
  command->add_option("input", events.inputs,
                      "MIDI, MusicXML, ABC or kern; with --tokenizer also several, and folders");
  command->add_option("-o,--output", events.output, "A file for the tokens; a folder for several");
  command->add_option("--subword", options->subword, "Shorten by a model of motet tokenizer train");
  command->add_option("--split", options->split, "How it was trained: bar, beat or no")
      ->capture_default_str();
  command->add_option("--patches", options->patches,
                      "Bar patches of ABC, a line each: stream, framed or notagen");
  command->add_flag("--ids", options->ids, "Numbers rather than names such as Pitch_60");
  command->add_flag("--vocabulary", options->vocabulary, "Print tokenizer.json instead");
  command->add_option("--tune", events.tune, "The X: number of a tune of an ABC file");
  command->add_option("--tokenizer", events.tokenizer,
                      "MidiTok's tokenizer.json: print its ids as JSON instead of Motet's tokens");
  command->add_flag("--names", events.names, "With --tokenizer: names, one a line");
  command->add_flag("--base", events.base,
                    "With a trained --tokenizer: base ids, not those of its learned model");
  command->add_option("--threads", events.threads,
                      "With --tokenizer and several files; 0: as many as this machine has");
  command->callback([options] { run_tokenize(*options); });
}

}  // namespace motet::program
