// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>
#include <string>

#include "motet/base/file.h"
#include "motet/commands.h"
#include "motet/data/corpus.h"
#include "motet/score_file.h"
#include "motet/tokens/tokenizer.h"

namespace motet::program {
namespace {

struct Options {
  std::string input;
  std::string output;
  bool ids = false;
  bool vocabulary = false;
  int tune = 0;
};

std::string text_of(const Options& options) {
  if (options.vocabulary) return tokens::vocabulary_json();
  Score score = read_score_file(options.input, options.tune).reading.score;
  const tokens::GridPiece piece = data::to_training_piece(std::move(score), {});
  const std::vector<tokens::TokenId> ids = tokens::encode(piece);
  std::string text;
  for (const tokens::TokenId id : ids) {
    text += (options.ids ? std::to_string(id) : tokens::name_of(id)) + "\n";
  }
  return text;
}

void run(const Options& options) {
  if (options.input.empty() && !options.vocabulary) throw CLI::RequiredError("input");
  if (!options.output.empty()) require_writable(options.output);
  const std::string text = text_of(options);
  if (options.output.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else {
    write_file(options.output, std::string_view(text));
  }
}

}  // namespace

void add_tokenize(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("tokenize", "Print the tokens of a file of notes, one a line");
  command->add_option("input", options->input, "A MIDI, MusicXML, ABC or kern file");
  command->add_option("-o,--output", options->output, "A file for the tokens");
  command->add_flag("--ids", options->ids, "Numbers rather than names such as Pitch_60");
  command->add_flag("--vocabulary", options->vocabulary, "Print tokenizer.json instead");
  command->add_option("--tune", options->tune, "The X: number of a tune of an ABC file");
  command->callback([options] { run(*options); });
}

}  // namespace motet::program
