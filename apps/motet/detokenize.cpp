// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "motet/abc_patches.h"
#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/commands.h"
#include "motet/event_tokens.h"
#include "motet/score/midi.h"
#include "motet/terminal.h"
#include "motet/tokens/subword.h"
#include "motet/tokens/tokenizer.h"

namespace motet::program {
namespace {

struct DetokenizeOptions {
  std::string input;
  std::string output;
  std::string tokenizer;
  std::string subword;
  bool patches = false;
};

tokens::TokenId token_of(const std::string& word, const std::string& where) {
  if (const auto id = tokens::find_token(word)) return *id;
  tokens::TokenId id = -1;
  const auto result = std::from_chars(word.data(), word.data() + word.size(), id);
  const bool is_id = result.ec == std::errc{} && result.ptr == word.data() + word.size() &&
                     id >= 0 && id < tokens::vocabulary_size();
  if (is_id) return id;
  throw Error(ErrorCode::kInvalidFile,
              where + ": expected a token such as Pitch_60 or a number from 0 to " +
                  std::to_string(tokens::vocabulary_size() - 1) + ", found \"" + word + "\"");
}

std::vector<tokens::TokenId> read_tokens(const std::string& path) {
  std::istringstream lines(read_text(path));
  std::vector<tokens::TokenId> ids;
  std::string line;
  for (size_t number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    std::string word;
    while (words >> word) ids.push_back(token_of(word, path + ": line " + std::to_string(number)));
  }
  return ids;
}

/// The base tokens of a subword model's ids.
std::vector<tokens::TokenId> read_pieces(const DetokenizeOptions& options) {
  const tokens::Subword subword(std::string_view(read_text(options.subword)));
  std::istringstream words(read_text(options.input));
  std::vector<tokens::TokenId> pieces;
  for (tokens::TokenId id = 0; words >> id;) pieces.push_back(id);
  if (!words.eof()) {
    throw Error(ErrorCode::kInvalidFile,
                options.input + ": expected numbers, as motet tokenize --subword --ids gives");
  }
  return subword.decode(pieces);
}

void run_detokenize(const DetokenizeOptions& options) {
  if (!options.tokenizer.empty()) {
    return detokenize_events(options.input, options.tokenizer, options.output);
  }
  if (options.patches) return detokenize_patches(options.input, options.output);
  const std::vector<tokens::TokenId> ids =
      options.subword.empty() ? read_tokens(options.input) : read_pieces(options);
  require_writable(options.output);
  const Score score = tokens::to_score(tokens::decode(ids));
  write_file(options.output, ByteView(write_midi(score)));
  say(options.output + "  " + std::to_string(count_notes(score)) + " notes");
}

}  // namespace

void add_detokenize(CLI::App& app) {
  auto options = std::make_shared<DetokenizeOptions>();
  CLI::App* command = app.add_subcommand("detokenize", "Turn tokens back into a MIDI file");
  command->add_option("input", options->input, "Tokens: names or numbers, with blanks between")
      ->required();
  command
      ->add_option("-o,--output", options->output,
                   "The MIDI file; with --patches any format, .abc as it was")
      ->required();
  command->add_option("--tokenizer", options->tokenizer,
                      "MidiTok's tokenizer.json: the input is its JSON of ids");
  command->add_option("--subword", options->subword,
                      "The input is ids of this model of motet tokenizer train");
  command->add_flag("--patches", options->patches, "The input is bar patches of ABC");
  command->callback([options] { run_detokenize(*options); });
}

}  // namespace motet::program
