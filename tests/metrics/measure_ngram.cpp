// SPDX-License-Identifier: Apache-2.0
// Trains n-gram models on the training shards of a prepared corpus and prints how many bits a token
// they need on the held-out shards. The table of docs/evaluation.md is its output.
//
//   measure_ngram build/shards
#include <chrono>
#include <cstdio>
#include <iostream>
#include <vector>

#include "motet/base/error.h"
#include "motet/data/shard.h"
#include "motet/metrics/ngram.h"

namespace motet {
namespace {

std::vector<int32_t> ids_of(const data::Shard& shard, size_t piece) {
  const auto ids = shard.piece(piece);
  return {ids.begin(), ids.end()};
}

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void run(const std::string& folder) {
  const auto training = data::open_shards(folder, "train");
  const auto held_out = data::open_shards(folder, "valid");
  for (const int order : {1, 2, 3, 4, 5, 6, 8}) {
    const double begin = seconds();
    NgramModel model(order, static_cast<int32_t>(training.front().vocab_size()));
    uint64_t trained = 0;
    for (const data::Shard& shard : training) {
      trained += shard.ids();
      for (size_t i = 0; i < shard.size(); ++i) model.add(ids_of(shard, i));
    }
    model.finish();
    const double end = seconds();
    double bits = 0.0;
    uint64_t tokens = 0;
    for (const data::Shard& shard : held_out) {
      tokens += shard.ids();
      for (size_t i = 0; i < shard.size(); ++i) bits += model.bits_of(ids_of(shard, i));
    }
    std::printf(
        "order %d: %.4f bits a token on %llu held out; %.1f M n-grams of %.2f M tokens, %.0f s\n",
        order, bits / static_cast<double>(tokens), static_cast<unsigned long long>(tokens),
        static_cast<double>(model.count_ngrams()) / 1e6, static_cast<double>(trained) / 1e6,
        end - begin);
  }
}

}  // namespace
}  // namespace motet

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: measure_ngram FOLDER\n";
    return 2;
  }
  try {
    motet::run(argv[1]);
    return 0;
  } catch (const motet::Error& error) {
    std::cerr << "measure_ngram: " << error.what() << "\n";
    return 1;
  }
}
