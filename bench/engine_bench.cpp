// SPDX-License-Identifier: Apache-2.0
// How fast the engine is, beside what this machine shows in the same run; one table, and a file:
//
//     engine_bench [FILE.json [SHAPE]]
//
// SHAPE is 1 to 4, all by default. Each size runs in a process of its own, so that its peak memory
// is its own. Decoding reads every weight once a token: the roof is how fast so many bytes are read
// by the same threads when nothing else is done with them. Prefill is judged by the best rate of
// the same machine's int8 products: ours, or oneDNN's where the program was built with it. "Busy"
// is beside one process that only counts. Every rate is the median of its slices.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "bench/dnnl_rate.h"
#include "bench/models.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/base/threads.h"
#include "motet/nn/cpu/cpu_backend.h"
#include "motet/nn/cpu/packed.h"

namespace motet::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr nn::CpuOptions kInt8{nn::WeightType::kInt8, nn::CacheType::kInt8};
constexpr int64_t kPrompt = 256;
constexpr int64_t kSlice = 16;  // tokens
constexpr int64_t kBatch = 8;
constexpr double kSeconds = 0.6;  // of each measurement

double seconds_of(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Seconds of one slice: the median over as many as fit into kSeconds, three at least.
double median_seconds(const std::function<void()>& slice) {
  constexpr size_t kFewest = 3;
  std::vector<double> times;
  slice();  // warms up
  for (double spent = 0.0; spent < kSeconds || times.size() < kFewest; spent += times.back()) {
    times.push_back(seconds_of(slice));
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
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

/// Bytes a second.
double read_rate(ThreadPool& pool, size_t bytes) {
  nn::WeightMemory memory;  // as weights lie
  const std::shared_ptr<uint8_t> block = memory.take(bytes);
  const size_t count = bytes / sizeof(uint64_t);
  auto* words = reinterpret_cast<uint64_t*>(block.get());
  std::fill_n(words, count, 1);
  std::atomic<uint64_t> sink{0};
  const double seconds = median_seconds([&] {
    pool.run(count, [&](size_t begin, size_t end) { sink += sum_of(words + begin, end - begin); });
  });
  return static_cast<double>(bytes) / seconds;
}

/// The best rate of our own int8 products that stay in the caches, in operations a second.
double matrix_rate(ThreadPool& pool) {
  constexpr size_t kWidth = 1024;
  constexpr size_t kRows = 256;
  const nn::Int8Matrix matrix{.rows = kWidth,
                              .columns = kWidth,
                              .bytes = std::vector<int8_t>(kWidth * kWidth, 3),
                              .scales = std::vector<float>(kWidth, 1.0F)};
  nn::WeightMemory memory;
  const nn::PackedInt8 packed(matrix, memory);
  const std::vector<uint8_t> bytes(kRows * kWidth, 130);
  const std::vector<float> scales(kRows, 1.0F);
  std::vector<float> y(kRows * kWidth);
  const nn::kernels::Int8Rows rows{
      .bytes = bytes.data(), .scales = scales.data(), .stride = kWidth, .count = kRows};
  const nn::kernels::KernelTable& kernel = nn::kernels::best();
  double best = 1e9;
  for (int i = 0; i < 100; ++i) {
    best = std::min(best, seconds_of([&] {
                      pool.run(packed.panel_count(), [&](size_t begin, size_t end) {
                        packed.multiply(kernel, begin, end, rows, y.data());
                      });
                    }));
  }
  return 2.0 * kRows * kWidth * kWidth / best;
}

double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

/// One model on one pool.
struct Bench {
  Bench(ThreadPool& threads, const models::DecoderConfig& config, const nn::CpuOptions& options)
      : pool(threads),
        backend(threads, nn::kernels::best(), options),
        model(random_decoder(backend, config, nn::DType::kI8)) {}

  nn::KvCache prompted(int64_t length) {
    nn::KvCache cache(model.weights().blocks.size());
    const std::vector<int32_t> ids(static_cast<size_t>(length), 3);
    model.forward_last(backend, backend.indices(ids, 1, length), &cache);
    return cache;
  }

  /// Tokens a second of `count` sequences that share a prompt: the median step, so that a moment in
  /// which the machine did something else does not count.
  double decode(int64_t count) {
    Sequences sequences(*this, count);
    return static_cast<double>(count) / median_seconds([&] { sequences.step(); });
  }

  /// The same of one sequence over the whole time, whatever else the machine did.
  double decode_among_others() {
    constexpr double kLong = 2.0;  // seconds: many turns of the scheduler
    Sequences sequences(*this, 1);
    int64_t tokens = 0;
    double spent = 0.0;
    for (; spent < kLong; tokens += kSlice) {
      spent += seconds_of([&] {
        for (int64_t i = 0; i < kSlice; ++i) sequences.step();
      });
    }
    return static_cast<double>(tokens) / spent;
  }

  double prefill() {
    return static_cast<double>(kPrompt) / median_seconds([&] { prompted(kPrompt); });
  }

  double first_token_ms() {
    constexpr int64_t kShort = 64;
    return 1e3 * median_seconds([&] { prompted(kShort); });
  }

  /// Sequences that stand at positions 256 to 511, and begin again behind their prompt.
  struct Sequences {
    Sequences(Bench& owner, int64_t count)
        : bench(owner),
          caches(static_cast<size_t>(count), owner.prompted(kPrompt)),
          ids(caches.size(), 5) {
      for (nn::KvCache& cache : caches) batch.push_back(&cache);
    }

    void step() {
      if (caches[0].length >= 2 * kPrompt) {
        for (nn::KvCache& cache : caches) cache.length = kPrompt;
      }
      const auto count = static_cast<int64_t>(ids.size());
      bench.model.forward_batch(bench.backend, bench.backend.indices(ids, count, 1), batch);
    }

    Bench& bench;
    std::vector<nn::KvCache> caches;
    std::vector<nn::KvCache*> batch;
    std::vector<int32_t> ids;
  };

  ThreadPool& pool;
  nn::CpuBackend backend;
  models::Decoder model;
};

/// A process that only counts, for as long as this lives.
class BusyNeighbour {
 public:
  BusyNeighbour() : child_(fork()) {
    if (child_ != 0) return;
    std::atomic<uint64_t> count{0};
    while (true) ++count;
  }
  ~BusyNeighbour() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  BusyNeighbour(const BusyNeighbour&) = delete;
  BusyNeighbour& operator=(const BusyNeighbour&) = delete;

 private:
  pid_t child_;
};

Json measure(const models::DecoderConfig& config, size_t threads) {
  ThreadPool pool(threads);
  Bench bench(pool, config, kInt8);
  Json row;
  row["shape"] = name_of(config);
  row["threads"] = threads;
  row["decode_tokens_s"] = bench.decode(1);
  row["batch8_tokens_s"] = bench.decode(kBatch);
  row["prefill_tokens_s"] = bench.prefill();
  row["first_token_ms"] = bench.first_token_ms();
  row["peak_mb"] = peak_megabytes();
  {
    const BusyNeighbour neighbour;
    row["busy_decode_tokens_s"] = bench.decode_among_others();
  }
  const auto bytes = static_cast<double>(models::count_parameters(config));
  const double blocks = bytes - static_cast<double>(config.vocab_size * config.hidden_size);
  row["weights_mb"] = bytes * 1e-6;
  row["decode_gb_s"] = bytes * 1e-9 * row["decode_tokens_s"].get<double>();
  row["roof_gb_s"] = 1e-9 * read_rate(pool, static_cast<size_t>(bytes));
  row["share_of_roof"] = row["decode_gb_s"].get<double>() / row["roof_gb_s"].get<double>();
  row["prefill_gflop_s"] = 2e-9 * blocks * row["prefill_tokens_s"].get<double>();
  const double own_rate = matrix_rate(pool);
  row["own_matrix_gflop_s"] = 1e-9 * own_rate;
  row["matrix_gflop_s"] = 1e-9 * std::max(own_rate, dnnl_int8_rate(threads));
  row["share_of_matrix_rate"] =
      row["prefill_gflop_s"].get<double>() / row["matrix_gflop_s"].get<double>();
  return row;
}

/// measure() in a child; what it found comes back as a line.
Json measure_apart(const models::DecoderConfig& config, size_t threads) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    const std::string line = measure(config, threads).dump();
    const bool is_written =
        write(ends[1], line.data(), line.size()) == static_cast<ssize_t>(line.size());
    _exit(is_written ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n = read(ends[0], buffer, sizeof buffer); n > 0;
       n = read(ends[0], buffer, sizeof buffer)) {
    text.append(buffer, static_cast<size_t>(n));
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return parse_json(text, "the measurement of " + name_of(config));
}

void print_row(const Json& row) {
  const auto number = [&](const char* field) { return row[field].get<double>(); };
  std::printf(
      "| %-21s | %zu | %6.0f | %6.0f | %5.1f | %5.1f | %3.0f %% | %7.0f | %4.1f | %7.0f | %5.0f | "
      "%5.0f | %3.0f %% | %6.1f | %5.0f |\n",
      row["shape"].get<std::string>().c_str(), row["threads"].get<size_t>(),
      number("decode_tokens_s"), number("busy_decode_tokens_s"), number("decode_gb_s"),
      number("roof_gb_s"), 100.0 * number("share_of_roof"), number("batch8_tokens_s"),
      number("batch8_tokens_s") / number("decode_tokens_s"), number("prefill_tokens_s"),
      number("prefill_gflop_s"), number("matrix_gflop_s"), 100.0 * number("share_of_matrix_rate"),
      number("first_token_ms"), number("peak_mb"));
  std::fflush(stdout);
}

int run(int argc, char** argv) {
  std::printf("int8 weights and cache, kernels %s, positions 256 to 511\n\n",
              nn::kernels::best().name);
  std::printf(
      "| D, L, F, V            | threads | tokens/s | busy | GB/s | roof | share | 8 together | "
      "times | prefill/s | GFLOP/s | matrix | share | first ms | peak MB |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  std::fflush(stdout);
  Json all = Json::array();
  const size_t only = argc > 2 ? static_cast<size_t>(std::atoi(argv[2])) : 0;
  for (size_t shape = 0; shape < kShapes.size(); ++shape) {
    if (only != 0 && shape + 1 != only) continue;
    for (const size_t threads : {size_t{1}, size_t{2}}) {
      all.push_back(measure_apart(kShapes[shape], threads));
      print_row(all.back());
    }
  }
  if (argc > 1) write_file(argv[1], to_text(all));
  return 0;
}

}  // namespace
}  // namespace motet::bench

int main(int argc, char** argv) { return motet::bench::run(argc, argv); }
