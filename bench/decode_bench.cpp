// SPDX-License-Identifier: Apache-2.0
// How fast the decoder runs, beside the roof that this machine shows in the same run.
//
//     decode/D:256/L:6/F:768/V:1500/threads:1    tokens/s  GB/s  roof_GB/s  share_of_roof
//
// Decoding reads every weight once a token; the roof is how fast the same number of bytes can be
// read, by the same threads, when nothing else is done with them. Positions 256..319.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "motet/base/threads.h"
#include "motet/models/decoder.h"
#include "motet/nn/cpu/cpu_backend.h"
#include "tests/models/random_decoder.h"

namespace motet {
namespace {

constexpr int64_t kHeadSize = 64;
constexpr int64_t kPrompt = 256;
constexpr int64_t kDecoded = 64;

models::DecoderConfig config_of(const benchmark::State& state) {
  return {.vocab_size = state.range(3),
          .hidden_size = state.range(0),
          .intermediate_size = state.range(2),
          .num_hidden_layers = state.range(1),
          .num_attention_heads = state.range(0) / kHeadSize,
          .num_key_value_heads = state.range(0) / kHeadSize};
}

bool is_int8(const benchmark::State& state) { return state.range(5) == 8; }

nn::CpuBackend backend_of(const benchmark::State& state, ThreadPool& pool) {
  return {pool, nn::kernels::best(),
          is_int8(state) ? nn::CpuOptions{nn::WeightType::kInt8, nn::CacheType::kInt8}
                         : nn::CpuOptions{}};
}

#if defined(__x86_64__)
__attribute__((target_clones("default", "avx2", "avx512f")))
#endif
uint64_t
sum_of(const uint64_t* words, size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += words[i];
  return sum;
}

/// The best rate of some passes over a block of so many bytes, in bytes a second.
double measure_read_rate(ThreadPool& pool, size_t bytes) {
  using Clock = std::chrono::steady_clock;
  constexpr int kPasses = 60;
  const std::vector<uint64_t> block(bytes / sizeof(uint64_t), 1);
  double best = 0.0;
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto start = Clock::now();
    pool.run(block.size(), [&](size_t begin, size_t end) {
      benchmark::DoNotOptimize(sum_of(block.data() + begin, end - begin));
    });
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, static_cast<double>(bytes) / seconds);
  }
  return best;
}

void decode(benchmark::State& state) {
  const models::DecoderConfig config = config_of(state);
  ThreadPool pool(static_cast<size_t>(state.range(4)));
  nn::CpuBackend backend = backend_of(state, pool);
  const models::Decoder model = test::random_decoder(backend, config, 1);
  const auto bytes = static_cast<double>(models::count_parameters(config)) *
                     (is_int8(state) ? 1.0 : sizeof(float));
  const double roof = measure_read_rate(pool, static_cast<size_t>(bytes));

  nn::KvCache cache(static_cast<size_t>(config.num_hidden_layers));
  const std::vector<int32_t> prompt(kPrompt, 3);
  const nn::Tensor one = backend.indices(std::vector<int32_t>{5}, 1, 1);
  model.forward_last(backend, backend.indices(prompt, 1, kPrompt), &cache);
  for (auto _ : state) {
    if (cache.length == kPrompt + kDecoded) cache.length = kPrompt;
    benchmark::DoNotOptimize(model.forward_last(backend, one, &cache));
  }
  const auto tokens = static_cast<double>(state.iterations());
  using benchmark::Counter;
  state.counters["tokens/s"] = Counter(tokens, Counter::kIsRate);
  state.counters["GB/s"] = Counter(tokens * bytes * 1e-9, Counter::kIsRate);
  state.counters["roof_GB/s"] = roof * 1e-9;
  state.counters["share_of_roof"] = Counter(tokens * bytes / roof, Counter::kIsRate);
}

void prefill(benchmark::State& state) {
  const models::DecoderConfig config = config_of(state);
  ThreadPool pool(static_cast<size_t>(state.range(4)));
  nn::CpuBackend backend = backend_of(state, pool);
  const models::Decoder model = test::random_decoder(backend, config, 1);
  const std::vector<int32_t> ids(kPrompt, 3);
  const nn::Tensor prompt = backend.indices(ids, 1, kPrompt);
  for (auto _ : state) {
    nn::KvCache cache(static_cast<size_t>(config.num_hidden_layers));
    benchmark::DoNotOptimize(model.forward_last(backend, prompt, &cache));
  }
  const auto tokens = static_cast<double>(state.iterations() * kPrompt);
  const int64_t in_blocks = models::count_parameters(config) - config.vocab_size * state.range(0);
  using benchmark::Counter;
  state.counters["tokens/s"] = Counter(tokens, Counter::kIsRate);
  state.counters["GFLOP/s"] =
      Counter(2e-9 * tokens * static_cast<double>(in_blocks), Counter::kIsRate);
}

void each_shape(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"D", "L", "F", "V", "threads", "bits"})->UseRealTime();
  for (const int64_t bits : {8, 32}) {
    for (const int64_t threads : {1, 2}) {
      bench->Args({256, 6, 768, 1024, threads, bits});
      bench->Args({512, 8, 1536, 2048, threads, bits});
      bench->Args({768, 12, 2048, 8192, threads, bits});
      if (bits == 8) bench->Args({1024, 24, 4096, 2048, threads, bits});
    }
  }
}

BENCHMARK(decode)->Apply(each_shape)->Unit(benchmark::kMicrosecond);
BENCHMARK(prefill)->Apply(each_shape)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace motet

BENCHMARK_MAIN();
