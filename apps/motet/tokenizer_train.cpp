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
#include "motet/event_tokens.h"
#include "motet/score_file.h"
#include "motet/terminal.h"
#include "motet/tokens/event_reader.h"
#include "motet/tokens/event_tokenizer.h"
#include "motet/tokens/subword.h"
#include "motet/tokens/tokenizer.h"

namespace motet::program {
namespace {

struct TokenizerTrainOptions {
  std::vector<std::string> inputs;
  std::string tokenizer;
  std::string model = "bpe";
  std::string split;  ///< empty: bar, or as the tokenizer has it
  size_t vocabulary_size = 5000;
  size_t threads = 0;
  std::string output;
};

/// A sequence of base ids and where its words begin.
struct TrainingSequence {
  std::vector<tokens::TokenId> ids;
  std::vector<size_t> starts;
};

/// What is learnt from: files and shards as sequences of one vocabulary's base ids.
class Material {
 public:
  Material() = default;
  Material(const Material&) = delete;
  Material& operator=(const Material&) = delete;
  virtual ~Material() = default;

  virtual tokens::TokenId base_tokens() const = 0;
  virtual bool is_note(tokens::TokenId id) const = 0;
  virtual std::vector<TrainingSequence> read(const std::string& path) const = 0;
  virtual TrainingSequence cut(std::vector<tokens::TokenId> ids) const = 0;  ///< of a shard
  virtual bool reads_shards() const = 0;
  virtual std::string text_of(const tokens::Subword& subword) const = 0;
};

/// Motet's own tokens.
class OwnTokens : public Material {
 public:
  explicit OwnTokens(const std::string& split) : split_(tokens::subword_split_of(split)) {}

  tokens::TokenId base_tokens() const override { return tokens::vocabulary_size(); }
  bool is_note(tokens::TokenId id) const override {
    const tokens::Kind kind = tokens::meaning(id).kind;
    return kind == tokens::Kind::kPitch || kind == tokens::Kind::kDrum;
  }
  std::vector<TrainingSequence> read(const std::string& path) const override {
    Score score = read_score_file(path, 0).reading.score;
    return {cut(tokens::encode(data::to_training_piece(std::move(score), {})))};
  }
  TrainingSequence cut(std::vector<tokens::TokenId> ids) const override {
    std::vector<size_t> starts = tokens::word_starts(ids, split_);
    return {std::move(ids), std::move(starts)};
  }
  bool reads_shards() const override { return true; }
  std::string text_of(const tokens::Subword& subword) const override { return subword.to_text(); }

 private:
  tokens::SubwordSplit split_;
};

/// The tokens of one of MidiTok's tokenizers.
class EventTokens : public Material {
 public:
  EventTokens(const std::string& path, const std::string& split) {
    const auto base = tokens::load_event_tokenizer(path);
    tokens::EventConfig config = base->config();
    if (!split.empty()) config.encode_ids_split = split;
    tokenizer_ = tokens::make_event_tokenizer(base->tokenization(), std::move(config));
  }

  tokens::TokenId base_tokens() const override {
    return static_cast<tokens::TokenId>(tokenizer_->vocabulary().size());
  }
  bool is_note(tokens::TokenId id) const override {
    const tokens::EventType type = tokenizer_->vocabulary().token(id).type;
    return tokens::is_pitch(type) || type == tokens::EventType::kNoteOn ||
           type == tokens::EventType::kDrumOn;
  }
  std::vector<TrainingSequence> read(const std::string& path) const override {
    tokens::EventWords words = tokenizer_->encode_words(read_tracks(path, 0));
    std::vector<TrainingSequence> sequences;
    for (size_t i = 0; i < words.ids.size(); ++i) {
      sequences.push_back({std::move(words.ids[i]), std::move(words.starts[i])});
    }
    return sequences;
  }
  TrainingSequence cut(std::vector<tokens::TokenId> ids) const override {
    return {std::move(ids), {}};
  }
  bool reads_shards() const override { return false; }
  std::string text_of(const tokens::Subword& subword) const override {
    return to_text(tokens::with_model(*tokenizer_, subword)->to_json());
  }

 private:
  std::unique_ptr<tokens::EventTokenizer> tokenizer_;
};

std::unique_ptr<Material> material_of(const TokenizerTrainOptions& options) {
  if (!options.tokenizer.empty()) {
    return std::make_unique<EventTokens>(options.tokenizer, options.split);
  }
  return std::make_unique<OwnTokens>(options.split.empty() ? "bar" : options.split);
}

bool has_shards(const std::string& folder) {
  const std::filesystem::directory_iterator files(folder);
  return std::any_of(begin(files), end(files),
                     [](const auto& entry) { return entry.path().extension() == ".shard"; });
}

/// Reads everything into the trainer, and counts.
class Gathering {
 public:
  Gathering(const Material& material, tokens::SubwordTrainer& trainer, const Progress& progress)
      : material_(material), trainer_(trainer), progress_(progress) {}

  void add_all(const std::vector<std::string>& inputs) {
    std::vector<std::string> files;
    for (const std::string& input : inputs) {
      if (!std::filesystem::is_directory(input)) {
        files.push_back(input);
      } else if (material_.reads_shards() && has_shards(input)) {
        add_shards(input);
      } else {
        for (std::string& file : midi_files_below(input)) files.push_back(std::move(file));
      }
    }
    for (size_t i = 0; i < files.size() && !progress_.stop_requested(); ++i) {
      add_file(files[i], files.size() == 1);
      progress_.report(
          {"reading", static_cast<int64_t>(i + 1), static_cast<int64_t>(files.size()), ""});
    }
    if (base_tokens_ == 0 && !progress_.stop_requested()) {
      throw Error(ErrorCode::kInvalidFile, "there is no token to learn from");
    }
  }

  void report(const tokens::Subword& subword) const {
    size_t before = 0;
    size_t after = 0;
    size_t notes = 0;
    for (const TrainingSequence& sequence : sample_) {
      before += sequence.ids.size();
      after += subword.encode(sequence.ids, sequence.starts).size();
      notes += count_notes(sequence);
    }
    std::printf("%zu pieces, %zu base tokens, %zu notes, %zu distinct words; vocabulary %d\n",
                pieces_, base_tokens_, notes_, trainer_.words(), subword.size());
    if (notes == 0) return;
    const auto a_note = [notes](size_t count) {
      return static_cast<double>(count) / static_cast<double>(notes);
    };
    std::printf("the first %zu sequences: %.2f tokens a note before, %.2f after\n", sample_.size(),
                a_note(before), a_note(after));
  }

 private:
  static constexpr size_t kSamples = 200;

  void add_file(const std::string& file, bool is_only) {
    try {
      for (TrainingSequence& sequence : material_.read(file)) add(std::move(sequence));
      ++pieces_;
    } catch (const Error& error) {
      if (is_only) throw;
      std::fprintf(stderr, "motet: %s: %s\n", file.c_str(), error.what());
    }
  }

  void add_shards(const std::string& folder) {
    for (const data::Shard& shard : data::open_shards(folder, "train")) {
      if (static_cast<tokens::TokenId>(shard.vocab_size()) != material_.base_tokens()) {
        throw Error(ErrorCode::kInvalidFile,
                    folder + ": expected shards of " + std::to_string(material_.base_tokens()) +
                        " tokens, found " + std::to_string(shard.vocab_size()) +
                        "; make them anew with motet data prepare");
      }
      for (size_t i = 0; i < shard.size() && !progress_.stop_requested(); ++i) {
        const auto piece = shard.piece(i);
        add(material_.cut({piece.begin(), piece.end()}));
        ++pieces_;
        progress_.report({"reading", static_cast<int64_t>(i + 1),
                          static_cast<int64_t>(shard.size()), shard.source()});
      }
    }
  }

  void add(TrainingSequence sequence) {
    trainer_.add(sequence.ids, sequence.starts);
    base_tokens_ += sequence.ids.size();
    notes_ += count_notes(sequence);
    if (sample_.size() < kSamples) sample_.push_back(std::move(sequence));
  }

  size_t count_notes(const TrainingSequence& sequence) const {
    return static_cast<size_t>(std::ranges::count_if(
        sequence.ids, [this](tokens::TokenId id) { return material_.is_note(id); }));
  }

  const Material& material_;
  tokens::SubwordTrainer& trainer_;
  const Progress& progress_;
  size_t pieces_ = 0;
  size_t base_tokens_ = 0;
  size_t notes_ = 0;
  std::vector<TrainingSequence> sample_;  ///< some, to say how much shorter they become
};

void run_tokenizer_train(const TokenizerTrainOptions& options) {
  const tokens::SubwordType type = tokens::subword_type_of(options.model);
  const auto material = material_of(options);
  std::filesystem::create_directories(options.output);
  const auto path = std::filesystem::path(options.output) / "tokenizer.json";
  require_writable(path);
  ThreadPool pool(options.threads == 0 ? hardware_threads() : options.threads);
  TerminalProgress terminal;
  tokens::SubwordTrainer trainer(material->base_tokens());
  Gathering gathering(*material, trainer, terminal.progress());
  gathering.add_all(options.inputs);
  const tokens::Subword subword =
      trainer.train(type, options.vocabulary_size, pool, terminal.progress());
  terminal.clear();
  if (terminal.progress().stop_requested()) return mark_interrupted();
  write_file(path, std::string_view(material->text_of(subword)));
  gathering.report(subword);
  say(path.string());
}

}  // namespace

void add_tokenizer_train(CLI::App& group) {
  auto options = std::make_shared<TokenizerTrainOptions>();
  CLI::App* command = group.add_subcommand(
      "train", "Learn BPE, Unigram or WordPiece over a vocabulary; writes tokenizer.json");
  command
      ->add_option("inputs", options->inputs,
                   "Files of notes, folders of MIDI files, or of shards (motet data prepare)")
      ->required();
  command->add_option("--tokenizer", options->tokenizer,
                      "Learn over this tokenizer of MidiTok's (motet tokenizer new) rather than "
                      "Motet's own tokens");
  command->add_option("--model", options->model, "bpe, unigram or wordpiece")
      ->capture_default_str();
  command->add_option("--vocab-size", options->vocabulary_size, "Pieces, the base tokens counted")
      ->capture_default_str();
  command->add_option("--split", options->split,
                      "No piece crosses a: bar, beat; no: any may. Without it: bar, or as "
                      "--tokenizer has it");
  command->add_option("--threads", options->threads, "Threads; 0: as many as the machine has");
  command->add_option("-o,--output", options->output, "The folder for tokenizer.json")->required();
  command->callback([options] { run_tokenizer_train(*options); });
}

}  // namespace motet::program
