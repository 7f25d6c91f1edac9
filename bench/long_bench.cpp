// SPDX-License-Identifier: Apache-2.0
// Time and memory of one very long sequence under a sliding window with attention sinks:
//
//     long_bench [TOKENS [WINDOW]]      1,000,000 tokens and a window of 1,024, unless told
//
// A line for each tenth of the way: position, microseconds a token, resident memory.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "bench/models.h"
#include "motet/base/threads.h"
#include "motet/nn/cpu/cpu_backend.h"

namespace motet::bench {
namespace {

double resident_megabytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word != "VmRSS:") continue;
    double kilobytes = 0.0;
    status >> kilobytes;
    return kilobytes / 1024.0;
  }
  return 0.0;
}

int run(int64_t tokens, int64_t window) {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t kSinks = 4;
  constexpr int64_t kParts = 10;
  ThreadPool pool(1);
  nn::CpuBackend backend(pool, nn::kernels::best(), {nn::WeightType::kInt8, nn::CacheType::kInt8});
  const models::Decoder model = random_decoder(backend, kShapes[0], nn::DType::kI8);
  nn::KvCache cache(model.weights().blocks.size(), {.length = window, .sinks = kSinks});
  std::vector<float> logits(static_cast<size_t>(model.config().vocab_size));
  std::vector<int32_t> id{1};
  std::printf("| position | microseconds a token | resident MB | cache MB |\n|---|---|---|---|\n");
  for (int64_t part = 0; part < kParts; ++part) {
    const auto start = Clock::now();
    const int64_t count = tokens / kParts;
    for (int64_t i = 0; i < count; ++i) {
      const nn::Tensor y = model.forward_last(backend, backend.indices(id, 1, 1), &cache);
      backend.copy_to_host(y, logits);
      id[0] = static_cast<int32_t>((cache.length * 7 + (logits[0] > 0.0F ? 1 : 0)) %
                                   model.config().vocab_size);
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::printf("| %lld | %.1f | %.1f | %.2f |\n", static_cast<long long>(cache.length),
                1e6 * seconds / static_cast<double>(count), resident_megabytes(),
                static_cast<double>(backend.cache_bytes()) / 1e6);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace motet::bench

int main(int argc, char** argv) {
  const auto number = [&](int i, int64_t otherwise) {
    return argc > i ? static_cast<int64_t>(std::atoll(argv[i])) : otherwise;
  };
  return motet::bench::run(number(1, 1'000'000), number(2, 1024));
}
