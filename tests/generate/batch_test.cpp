// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "motet/base/error.h"
#include "motet/nn/cpu/cpu_backend.h"
#include "tests/models/random_decoder.h"

namespace motet::generate {
namespace {

using Ids = std::vector<int32_t>;

constexpr nn::CpuOptions kInt8{nn::WeightType::kInt8, nn::CacheType::kInt8};
constexpr nn::CpuOptions kInt8Block{nn::WeightType::kInt8Block, nn::CacheType::kInt8};
constexpr size_t kMost = 12;

struct Written {
  Ids ids;
  std::vector<float> logits;  // of every choice, one after the other
  bool operator==(const Written&) const = default;
};

Ids prompt_of(uint64_t sequence, size_t length) {
  const Random random(sequence, 9);
  Ids ids;
  for (size_t i = 0; i < length; ++i) ids.push_back(static_cast<int32_t>(random.below(83, i)));
  return ids;
}

/// Draws, and keeps what it saw.
Choose recording(uint64_t stream, std::vector<float>& logits_seen) {
  return [draw = choose_by_sampling({}, 5, stream), &logits_seen](std::span<float> logits,
                                                                  uint64_t step) {
    logits_seen.insert(logits_seen.end(), logits.begin(), logits.end());
    return draw(logits, step);
  };
}

/// What a sequence writes by itself, the model asked directly.
Written alone(const models::Decoder& model, nn::Backend& on, const Ids& prompt, uint64_t stream) {
  Written result;
  const Choose choose = recording(stream, result.logits);
  nn::KvCache cache = model.new_cache();
  Ids unread = prompt;
  while (result.ids.size() < kMost) {
    const auto input = on.indices(unread, 1, static_cast<int64_t>(unread.size()));
    auto logits = on.to_host(model.forward_last(on, input, &cache));
    unread = {choose(logits, result.ids.size())};
    result.ids.push_back(unread.front());
  }
  return result;
}

size_t length_of(uint64_t sequence) { return 1 + 9 * (sequence % 5); }

/// `count` sequences that join two a step, and leave as they end.
std::vector<Written> together(const models::Decoder& model, nn::Backend& on, size_t count,
                              int64_t chunk) {
  std::vector<Written> results(count);
  std::vector<Batch::Id> ids;
  Batch batch(model, on, {.chunk = chunk});
  bool is_open = true;
  while (is_open) {
    for (int joined = 0; joined < 2 && ids.size() < count; ++joined) {
      const uint64_t s = ids.size();
      ids.push_back(batch
                        .add({.prompt = prompt_of(s, length_of(s)),
                              .writers = {recording(s, results[s].logits)},
                              .most_ids = kMost})
                        .front());
    }
    is_open = batch.step() > 0 || ids.size() < count;
  }
  for (size_t s = 0; s < count; ++s) {
    EXPECT_TRUE(batch.finished(ids[s]));
    results[s].ids = batch.take(ids[s]);
  }
  return results;
}

/// A family with weights and a cache of some type.
struct Kind {
  std::string name;
  nn::CpuOptions options;
  models::DecoderConfig config;
};

class BatchOf : public testing::TestWithParam<Kind> {};

INSTANTIATE_TEST_SUITE_P(Kinds, BatchOf,
                         testing::Values(Kind{"Float32", {}, test::awkward_config()},
                                         Kind{"Int8", kInt8, test::awkward_config()},
                                         Kind{"Int8Block", kInt8Block, test::blocked_config()},
                                         Kind{"Gpt2Float32", {}, test::gpt2_config()},
                                         Kind{"AriaInt8", kInt8, test::aria_config()}),
                         [](const auto& chosen) { return chosen.param.name; });

TEST_P(BatchOf, WritesWhatEachSequenceWritesAloneBitForBit) {
  const auto& config = GetParam().config;
  std::vector<Written> expected;
  for (const size_t threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    for (const nn::kernels::KernelTable* kernel : nn::kernels::available()) {
      if (threads > 2 && kernel != nn::kernels::available().back()) continue;
      nn::CpuBackend backend(pool, *kernel, GetParam().options);
      const auto model = test::random_decoder(backend, config, 7);
      if (expected.empty()) {
        for (uint64_t s = 0; s < 8; ++s) {
          expected.push_back(alone(model, backend, prompt_of(s, length_of(s)), s));
        }
      }
      for (const size_t count : {1, 3, 8}) {
        for (const int64_t chunk : {1, 7, 1000}) {
          const auto actual = together(model, backend, count, chunk);
          for (size_t s = 0; s < count; ++s) {
            EXPECT_TRUE(actual[s] == expected[s])
                << kernel->name << ", " << threads << " threads, batch of " << count
                << ", chunks of " << chunk << ", sequence " << s;
          }
        }
      }
    }
  }
  EXPECT_NE(expected[0].ids, expected[1].ids);
}

TEST_P(BatchOf, WritersOfOnePromptShareItAndWriteAsIfAlone) {
  ThreadPool pool(1);
  nn::CpuBackend backend(pool, nn::kernels::best(), GetParam().options);
  const auto model = test::random_decoder(backend, GetParam().config, 7);
  const Ids prompt = prompt_of(3, 100);
  std::vector<Written> results(4);
  Batch batch(model, backend);
  BatchRequest request{.prompt = prompt, .most_ids = kMost};
  for (uint64_t s = 0; s < 4; ++s) request.writers.push_back(recording(s, results[s].logits));
  const auto ids = batch.add(request);
  batch.step();
  const size_t shared = backend.cache_bytes();
  EXPECT_GT(shared, 0U);
  batch.step();
  // The prompt fills one page of two in each of two layers: each sequence has its own second.
  EXPECT_EQ(backend.cache_bytes(), shared / 2 + 4 * (shared / 2));
  while (batch.step() > 0) {
  }
  for (size_t s = 0; s < 4; ++s) {
    results[s].ids = batch.take(ids[s]);
    EXPECT_TRUE(results[s] == alone(model, backend, prompt, s)) << s;
  }
  EXPECT_EQ(backend.cache_bytes(), 0U);
}

TEST(Batch, AForkGoesOnFromWhereItsOriginalWas) {
  ThreadPool pool(1);
  nn::CpuBackend backend(pool);
  const auto model = test::random_decoder(backend, test::awkward_config(), 7);
  Batch batch(model, backend, {.chunk = 4});
  const auto original = batch.add({.prompt = prompt_of(1, 10),
                                   .writers = {choose_by_sampling({}, 5, 1)},
                                   .most_ids = kMost})[0];
  for (int i = 0; i < 6; ++i) batch.step();
  const Ids before(batch.written(original).begin(), batch.written(original).end());
  ASSERT_EQ(before.size(), 4U);
  const auto same = batch.fork(original, choose_by_sampling({}, 5, 1));
  const auto other = batch.fork(original, choose_by_sampling({}, 5, 2));
  while (batch.step() > 0) {
  }
  const Ids first = batch.take(original);
  const Ids different = batch.take(other);
  EXPECT_EQ(batch.take(same), first);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), different.begin()));
  EXPECT_NE(different, first);
}

TEST(Batch, ASequenceThatIsTakenEarlyLeavesTheOthersAlone) {
  ThreadPool pool(1);
  nn::CpuBackend backend(pool);
  const auto model = test::random_decoder(backend, test::awkward_config(), 7);
  Batch batch(model, backend, {.chunk = 4});
  const auto ids =
      batch.add({.prompt = prompt_of(1, 10),
                 .writers = {choose_by_sampling({}, 5, 0), choose_by_sampling({}, 5, 1),
                             choose_by_sampling({}, 5, 2)},
                 .most_ids = kMost});
  batch.step();
  EXPECT_TRUE(batch.take(ids[0]).empty());  // it was reading for all three
  EXPECT_TRUE(batch.take(ids[2]).empty());  // it waited
  while (batch.step() > 0) {
  }
  EXPECT_EQ(batch.take(ids[1]), alone(model, backend, prompt_of(1, 10), 1).ids);
  EXPECT_THROW(batch.take(ids[1]), Error);
  EXPECT_EQ(backend.cache_bytes(), 0U);
}

TEST(Batch, EndsAtTheIdsThatEnd) {
  ThreadPool pool(1);
  nn::CpuBackend backend(pool);
  const auto model = test::random_decoder(backend, test::awkward_config(), 7);
  Batch batch(model, backend);
  const auto counting = [](std::span<float>, uint64_t step) { return static_cast<int32_t>(step); };
  const auto id =
      batch.add({.prompt = {1}, .writers = {counting}, .most_ids = 50, .last_ids = {60, 4}})[0];
  while (batch.step() > 0) {
  }
  EXPECT_EQ(batch.take(id), (Ids{0, 1, 2, 3, 4}));
}

TEST(Batch, RefusesWhatItCannotRead) {
  ThreadPool pool(1);
  nn::CpuBackend backend(pool);
  const auto model = test::random_decoder(backend, test::awkward_config(), 7);
  Batch batch(model, backend);
  EXPECT_THROW(batch.add({.prompt = {}, .writers = {choose_by_sampling({}, 1, 1)}}), Error);
  EXPECT_THROW(batch.add({.prompt = {83}, .writers = {choose_by_sampling({}, 1, 1)}}), Error);
  EXPECT_THROW(batch.add({.prompt = {1}}), Error);
  EXPECT_THROW(batch.written(0), Error);
  EXPECT_THROW(Batch(model, backend, {.chunk = 0}), Error);
}

}  // namespace
}  // namespace motet::generate
