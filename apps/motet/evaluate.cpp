// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "motet/base/threads.h"
#include "motet/commands.h"
#include "motet/data/shard.h"
#include "motet/data/window.h"
#include "motet/metrics/ngram.h"
#include "motet/model_folder.h"
#include "motet/tasks/engine.h"
#include "motet/terminal.h"
#include "motet/tokens/tokenizer.h"

namespace motet::program {
namespace {

using tokens::Kind;
using tokens::TokenId;
using Ids = std::vector<TokenId>;

constexpr int kBaselineOrder = 5;
/// A header takes part of the model's window; the rest is for bars.
constexpr double kBarShare = 0.85;

struct EvaluateOptions {
  std::string shards;
  std::string model;
  size_t threads = hardware_threads();
  size_t limit = 0;
};

/// Bits spent on what follows the header, and what it held.
struct Tally {
  double model = 0.0;
  double unigram = 0.0;
  double ngram = 0.0;
  int64_t ids = 0;
  int64_t notes = 0;

  void operator+=(const Tally& other) {
    model += other.model;
    unigram += other.unigram;
    ngram += other.ngram;
    ids += other.ids;
    notes += other.notes;
  }
};

/// A piece as the models hear it: windows in C major or A minor, told apart by style alone.
std::vector<Ids> documents_of(std::span<const uint16_t> piece, size_t room) {
  std::vector<Ids> documents;
  for (tokens::GridPiece& window : data::consecutive_windows(piece, room)) {
    data::normalise(window);
    window.controls.key.reset();
    documents.push_back(tokens::encode(window));
  }
  return documents;
}

NgramModel count_ngrams(const std::string& folder, int order, size_t room,
                        const Progress& progress) {
  NgramModel model(order, tokens::vocabulary_size());
  int64_t done = 0;
  for (const data::Shard& shard : data::open_shards(folder, "train")) {
    for (size_t i = 0; i < shard.size(); ++i) {
      for (const Ids& ids : documents_of(shard.piece(i), room)) model.add(ids);
      progress.report({"counting", ++done, 0, shard.source()});
    }
  }
  model.finish();
  return model;
}

/// -log2 of what the decoder gives to each id after the first: bits[i] is for ids[i + 1].
std::vector<double> bits_of(const tasks::Engine& engine, const Ids& ids) {
  nn::Backend& on = engine.backend();
  const auto length = static_cast<int64_t>(ids.size()) - 1;
  const auto input = on.indices(std::span(ids).first(ids.size() - 1), 1, length);
  const auto logits = on.to_host(engine.decoder().forward(on, input, nullptr));
  const auto width = static_cast<size_t>(tokens::vocabulary_size());
  std::vector<double> bits;
  for (size_t t = 0; t + 1 < ids.size(); ++t) {
    const float* row = logits.data() + t * width;
    double largest = row[0];
    for (size_t v = 1; v < width; ++v) largest = std::max<double>(largest, row[v]);
    double sum = 0.0;
    for (size_t v = 0; v < width; ++v) sum += std::exp(row[v] - largest);
    bits.push_back((std::log(sum) + largest - row[ids[t + 1]]) / std::log(2.0));
  }
  return bits;
}

Tally judge(const Ids& ids, const tasks::Engine& engine, const NgramModel& unigram,
            const NgramModel& ngram) {
  Tally tally;
  const std::vector<double> bits = bits_of(engine, ids);
  bool in_body = false;
  for (size_t i = 1; i < ids.size(); ++i) {
    const Kind kind = tokens::meaning(ids[i]).kind;
    if (in_body) {
      const auto context = std::span(ids).first(i);
      tally.model += bits[i - 1];
      tally.unigram -= unigram.log2_probability(context, ids[i]);
      tally.ngram -= ngram.log2_probability(context, ids[i]);
      ++tally.ids;
      tally.notes += kind == Kind::kPitch || kind == Kind::kDrum ? 1 : 0;
    }
    in_body = in_body || kind == Kind::kBody;
  }
  return tally;
}

void print_tally(const std::string& name, const Tally& tally) {
  const auto notes = static_cast<double>(std::max<int64_t>(tally.notes, 1));
  const auto ids = static_cast<double>(std::max<int64_t>(tally.ids, 1));
  std::printf("%-22s %9lld %10lld %9.3f %9.3f %9.3f %12.3f\n", name.c_str(),
              static_cast<long long>(tally.notes), static_cast<long long>(tally.ids),
              tally.unigram / notes, tally.ngram / notes, tally.model / notes, tally.model / ids);
}

void run_evaluate(const EvaluateOptions& options) {
  ThreadPool pool(options.threads);
  const tasks::Engine engine(find_model(options.model), pool);
  const auto room = static_cast<size_t>(
      kBarShare * static_cast<double>(engine.decoder().config().max_position_embeddings));
  TerminalProgress terminal;
  const NgramModel unigram = count_ngrams(options.shards, 1, room, terminal.progress());
  const NgramModel ngram = count_ngrams(options.shards, kBaselineOrder, room, terminal.progress());
  std::map<std::string, Tally> by_source;
  Tally total;
  for (const data::Shard& shard : data::open_shards(options.shards, "valid")) {
    const size_t count = options.limit > 0 ? std::min(options.limit, shard.size()) : shard.size();
    for (size_t i = 0; i < count && !terminal.progress().stop_requested(); ++i) {
      for (const Ids& ids : documents_of(shard.piece(i), room)) {
        const Tally tally = judge(ids, engine, unigram, ngram);
        by_source[shard.source()] += tally;
        total += tally;
      }
      terminal.progress().report(
          {"judging", static_cast<int64_t>(i + 1), static_cast<int64_t>(count), shard.source()});
    }
  }
  terminal.clear();
  if (terminal.progress().stop_requested()) mark_interrupted();
  std::printf("%-22s %9s %10s %9s %9s %9s %12s\n", "bits a note", "notes", "tokens", "unigram",
              "5-gram", "model", "bits a token");
  for (const auto& [name, tally] : by_source) print_tally(name, tally);
  print_tally("all", total);
}

}  // namespace

void add_evaluate(CLI::App& app) {
  auto options = std::make_shared<EvaluateOptions>();
  CLI::App* command = app.add_subcommand(
      "evaluate", "Judge a bundle on held-out pieces, in bits a note, beside counting models");
  command->add_option("shards", options->shards, "The folder that `motet data prepare` wrote")
      ->required();
  command->add_option("--model", options->model, "A bundle folder");
  command->add_option("--threads", options->threads, "Threads")->check(CLI::Range(1, 256));
  command->add_option("--limit", options->limit, "Pieces of each source; 0 is all");
  command->callback([options] { run_evaluate(*options); });
}

}  // namespace motet::program
