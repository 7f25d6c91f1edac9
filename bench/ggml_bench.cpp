// SPDX-License-Identifier: Apache-2.0
// The engine beside ggml's own library, on the same sizes, turn by turn in one run:
//
//     ggml_bench [FILE.json [SHAPE]]
//
// SHAPE is 1 to 4, all by default. tools/bench_ggml.sh builds it where there is a copy of ggml.
// ggml's cache is tried in its 16-bit floats and in Q8_0, and the faster of the two is what the
// ratio is against; its graph is cut to 64 positions above what is seen, which is finer than
// llama.cpp's.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "bench/ggml_model.h"
#include "bench/models.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/base/threads.h"
#include "motet/nn/cpu/cpu_backend.h"

namespace motet::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kPrompt = 256;
constexpr int64_t kEnd = 512;  // where a sequence begins again behind its prompt
constexpr int kTokensOfATurn = 8;
constexpr double kSeconds = 0.6;  // of each, in turns

/// What is timed: some work of so many tokens, so often in a turn.
struct Runner {
  const char* name;
  int64_t tokens;
  int repeats;
  std::function<void()> work;
  std::vector<double> times = {};

  double tokens_a_second() const {
    std::vector<double> sorted = times;
    std::ranges::sort(sorted);
    return static_cast<double>(tokens) / sorted[sorted.size() / 2];
  }
};

/// In turns, with a pause between them in which the other's threads fall asleep.
void race(std::vector<Runner>& runners) {
  constexpr std::chrono::milliseconds kPause{10};
  constexpr size_t kFewest = 5;
  for (Runner& each : runners) each.work();  // warms up
  double spent = 0.0;
  for (size_t round = 0; round < kFewest || spent < kSeconds * static_cast<double>(runners.size());
       ++round) {
    for (Runner& each : runners) {
      std::this_thread::sleep_for(kPause);
      for (int i = 0; i < each.repeats; ++i) {
        const auto start = Clock::now();
        each.work();
        each.times.push_back(std::chrono::duration<double>(Clock::now() - start).count());
        spent += each.times.back();
      }
    }
  }
}

/// Our engine, a slice of tokens at a time.
class Ours {
 public:
  Ours(ThreadPool& pool, const models::DecoderConfig& config, bool is_int4)
      : backend_(pool, nn::kernels::best(), {.cache = nn::CacheType::kInt8}),
        model_(random_decoder(backend_, config, is_int4 ? nn::DType::kI4 : nn::DType::kI8)),
        cache_(model_.weights().blocks.size()) {
    prefill();
  }

  void prefill() {
    cache_.length = 0;
    const std::vector<int32_t> ids(kPrompt, 5);
    model_.forward_last(backend_, backend_.indices(ids, 1, kPrompt), &cache_);
  }

  void decode() {
    if (cache_.length == kEnd) cache_.length = kPrompt;
    constexpr int32_t kId = 5;
    model_.forward_last(backend_, backend_.indices({&kId, 1}, 1, 1), &cache_);
  }

 private:
  nn::CpuBackend backend_;
  models::Decoder model_;
  nn::KvCache cache_;
};

/// ggml's, with one kind of cache.
class Theirs {
 public:
  Theirs(const GgmlModel& model, ggml_type cache)
      : model_(model), cache_(model.make_cache(cache, kEnd)) {
    prefill_.emplace(model.make_pass(cache_, kPrompt, kPrompt));
    for (int64_t width = kPrompt + kStep; width <= kEnd; width += kStep) {
      passes_.push_back(model.make_pass(cache_, width, 1));
    }
    prefill();
  }

  void prefill() { model_.run(*prefill_, 0); }

  void decode() {
    if (position_ == kEnd) position_ = kPrompt;
    model_.run(passes_[static_cast<size_t>((position_ - kPrompt) / kStep)], position_);
    ++position_;
  }

 private:
  static constexpr int64_t kStep = 64;  // positions between two graphs

  const GgmlModel& model_;
  GgmlCache cache_;
  std::optional<GgmlModel::Pass> prefill_;
  std::vector<GgmlModel::Pass> passes_;
  int64_t position_ = kPrompt;
};

Json measure_beside_ggml(const models::DecoderConfig& config, bool is_int4, size_t threads) {
  ThreadPool pool(threads);
  Ours ours(pool, config, is_int4);
  const GgmlModel model(config, is_int4 ? GGML_TYPE_Q4_0 : GGML_TYPE_Q8_0, threads);
  Theirs halves(model, GGML_TYPE_F16);
  Theirs bytes(model, GGML_TYPE_Q8_0);
  Json row;
  row["shape"] = name_of(config);
  row["weights"] = is_int4 ? "int4, Q4_0" : "int8, Q8_0";
  row["threads"] = threads;
  const auto compare = [&](const std::string& what, int64_t tokens, int repeats, const auto& work) {
    std::vector<Runner> runners{{"motet", tokens, repeats, [&] { work(ours); }},
                                {"ggml_f16", tokens, repeats, [&] { work(halves); }},
                                {"ggml_q8_0", tokens, repeats, [&] { work(bytes); }}};
    race(runners);
    for (const Runner& each : runners) row[what + "_" + each.name] = each.tokens_a_second();
    row[what + "_ratio"] = runners[0].tokens_a_second() /
                           std::max(runners[1].tokens_a_second(), runners[2].tokens_a_second());
  };
  compare("decode", 1, kTokensOfATurn, [](auto& engine) { engine.decode(); });
  compare("prefill", kPrompt, 1, [](auto& engine) { engine.prefill(); });
  return row;
}

void print_beside_ggml(const Json& row) {
  const auto number = [&](const char* field) { return row[field].get<double>(); };
  std::printf(
      "| %-21s | %s | %zu | %6.0f | %6.0f | %6.0f | %4.1f | %7.0f | %7.0f | %7.0f | %4.1f |\n",
      row["shape"].get<std::string>().c_str(), row["weights"].get<std::string>().c_str(),
      row["threads"].get<size_t>(), number("decode_motet"), number("decode_ggml_f16"),
      number("decode_ggml_q8_0"), number("decode_ratio"), number("prefill_motet"),
      number("prefill_ggml_f16"), number("prefill_ggml_q8_0"), number("prefill_ratio"));
  std::fflush(stdout);
}

int run_beside_ggml(int argc, char** argv) {
  std::printf(
      "kernels %s, int8 cache, positions 256 to 511; tokens/s, medians taken in turns\n\n"
      "| D, L, F, V            | weights    | threads | decode | ggml, F16 cache | Q8_0 cache | "
      "ratio | prefill 256 | ggml, F16 cache | Q8_0 cache | ratio |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|\n",
      nn::kernels::best().name);
  ggml_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  const size_t only = argc > 2 ? static_cast<size_t>(std::atoi(argv[2])) : 0;
  Json all = Json::array();
  for (size_t shape = 0; shape < kShapes.size(); ++shape) {
    if (only != 0 && shape + 1 != only) continue;
    for (const bool is_int4 : {false, true}) {
      for (const size_t threads : {size_t{1}, size_t{2}}) {
        all.push_back(measure_beside_ggml(kShapes[shape], is_int4, threads));
        print_beside_ggml(all.back());
      }
    }
  }
  if (argc > 1) write_file(argv[1], to_text(all));
  return 0;
}

}  // namespace
}  // namespace motet::bench

int main(int argc, char** argv) { return motet::bench::run_beside_ggml(argc, argv); }
