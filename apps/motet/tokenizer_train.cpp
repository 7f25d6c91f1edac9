// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/threads.h"
#include "motet/commands.h"
#include "motet/data/corpus.h"
#include "motet/data/shard.h"
#include "motet/score_file.h"
#include "motet/terminal.h"
#include "motet/tokens/subword.h"
#include "motet/tokens/tokenizer.h"

namespace motet::program {
namespace {

struct TokenizerTrainOptions {
  std::vector<std::string> inputs;
  std::string model = "bpe";
  std::string split = "bar";
  size_t vocabulary_size = 5000;
  size_t threads = 0;
  std::string output;
};

using Ids = std::vector<tokens::TokenId>;

/// What the words came from, in numbers.
struct Corpus {
  size_t pieces = 0;
  size_t base_tokens = 0;
  size_t notes = 0;
  std::vector<Ids> sample;  ///< some pieces, to say how much shorter they become
};

constexpr size_t kSamples = 200;

bool is_note(tokens::TokenId id) {
  const tokens::Kind kind = tokens::meaning(id).kind;
  return kind == tokens::Kind::kPitch || kind == tokens::Kind::kDrum;
}

void add_piece(Ids ids, tokens::SubwordSplit split, tokens::SubwordTrainer& trainer,
               Corpus& corpus) {
  trainer.add(ids, tokens::word_starts(ids, split));
  ++corpus.pieces;
  corpus.base_tokens += ids.size();
  corpus.notes += static_cast<size_t>(std::count_if(ids.begin(), ids.end(), is_note));
  if (corpus.sample.size() < kSamples) corpus.sample.push_back(std::move(ids));
}

void add_shards(const std::string& folder, tokens::SubwordSplit split,
                tokens::SubwordTrainer& trainer, Corpus& corpus, const Progress& progress) {
  for (const data::Shard& shard : data::open_shards(folder, "train")) {
    if (static_cast<tokens::TokenId>(shard.vocab_size()) != tokens::vocabulary_size()) {
      throw Error(ErrorCode::kInvalidFile,
                  folder + ": expected shards of " + std::to_string(tokens::vocabulary_size()) +
                      " tokens, found " + std::to_string(shard.vocab_size()) +
                      "; make them anew with motet data prepare");
    }
    for (size_t i = 0; i < shard.size() && !progress.stop_requested(); ++i) {
      const auto piece = shard.piece(i);
      add_piece(Ids(piece.begin(), piece.end()), split, trainer, corpus);
      progress.report({"reading", static_cast<int64_t>(i + 1), static_cast<int64_t>(shard.size()),
                       shard.source()});
    }
  }
}

Corpus gather(const TokenizerTrainOptions& options, tokens::SubwordSplit split,
              tokens::SubwordTrainer& trainer, const Progress& progress) {
  Corpus corpus;
  for (size_t i = 0; i < options.inputs.size() && !progress.stop_requested(); ++i) {
    const std::string& input = options.inputs[i];
    if (std::filesystem::is_directory(input)) {
      add_shards(input, split, trainer, corpus, progress);
      continue;
    }
    Score score = read_score_file(input, 0).reading.score;
    add_piece(tokens::encode(data::to_training_piece(std::move(score), {})), split, trainer,
              corpus);
    progress.report(
        {"reading", static_cast<int64_t>(i + 1), static_cast<int64_t>(options.inputs.size()), ""});
  }
  return corpus;
}

void report(const Corpus& corpus, const tokens::Subword& subword, tokens::SubwordSplit split,
            size_t words) {
  size_t before = 0;
  size_t after = 0;
  size_t notes = 0;
  for (const Ids& ids : corpus.sample) {
    before += ids.size();
    after += subword.encode(ids, tokens::word_starts(ids, split)).size();
    notes += static_cast<size_t>(std::count_if(ids.begin(), ids.end(), is_note));
  }
  std::printf("%zu pieces, %zu base tokens, %zu notes, %zu distinct words; vocabulary %d\n",
              corpus.pieces, corpus.base_tokens, corpus.notes, words, subword.size());
  if (notes == 0) return;
  std::printf("the first %zu pieces: %.2f tokens a note before, %.2f after\n", corpus.sample.size(),
              static_cast<double>(before) / static_cast<double>(notes),
              static_cast<double>(after) / static_cast<double>(notes));
}

void run_tokenizer_train(const TokenizerTrainOptions& options) {
  const tokens::SubwordType type = tokens::subword_type_of(options.model);
  const tokens::SubwordSplit split = tokens::subword_split_of(options.split);
  std::filesystem::create_directories(options.output);
  const auto path = std::filesystem::path(options.output) / "tokenizer.json";
  require_writable(path);
  ThreadPool pool(options.threads == 0 ? hardware_threads() : options.threads);
  TerminalProgress terminal;
  tokens::SubwordTrainer trainer(tokens::vocabulary_size());
  const Corpus corpus = gather(options, split, trainer, terminal.progress());
  const tokens::Subword subword =
      trainer.train(type, options.vocabulary_size, pool, terminal.progress());
  terminal.clear();
  if (terminal.progress().stop_requested()) return mark_interrupted();
  write_file(path, std::string_view(subword.to_text()));
  report(corpus, subword, split, trainer.words());
  say(path.string());
}

}  // namespace

void add_tokenizer_train(CLI::App& group) {
  auto options = std::make_shared<TokenizerTrainOptions>();
  CLI::App* command = group.add_subcommand(
      "train", "Learn BPE, Unigram or WordPiece from shards or files; writes tokenizer.json");
  command
      ->add_option("inputs", options->inputs,
                   "Folders of shards (motet data prepare), MIDI or ABC files")
      ->required();
  command->add_option("--model", options->model, "bpe, unigram or wordpiece")
      ->capture_default_str();
  command->add_option("--vocab-size", options->vocabulary_size, "Pieces, the base tokens counted")
      ->capture_default_str();
  command->add_option("--split", options->split, "No piece crosses a: bar, beat; no: any may")
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Threads; 0: as many as the machine has");
  command->add_option("-o,--output", options->output, "The folder for tokenizer.json")->required();
  command->callback([options] { run_tokenizer_train(*options); });
}

}  // namespace motet::program
