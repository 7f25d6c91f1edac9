// SPDX-License-Identifier: Apache-2.0
#include "motet/models/decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "motet/base/error.h"
#include "motet/nn/cpu/cpu_backend.h"
#include "tests/models/random_decoder.h"
#include "tests/support/expect_close.h"

namespace motet::models {
namespace {

using test::awkward_config;
using test::random_decoder;

constexpr int64_t kLength = 45;
constexpr nn::CpuOptions kInt8{nn::WeightType::kInt8, nn::CacheType::kInt8};

std::vector<int32_t> some_ids(int64_t count, int64_t vocabulary, uint64_t seed) {
  const Random random(seed, 1);
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < count; ++i) {
    ids.push_back(static_cast<int32_t>(
        random.below(static_cast<uint64_t>(vocabulary), static_cast<uint64_t>(i))));
  }
  return ids;
}

/// All logits [T, V], the ids given in calls of at most `chunk`.
std::vector<float> cached_logits(const Decoder& model, nn::Backend& on,
                                 const std::vector<int32_t>& ids, size_t chunk) {
  nn::KvCache cache(static_cast<size_t>(model.config().num_hidden_layers));
  std::vector<float> all;
  for (size_t at = 0; at < ids.size(); at += chunk) {
    const auto part = std::span(ids).subspan(at, std::min(chunk, ids.size() - at));
    const auto length = static_cast<int64_t>(part.size());
    const auto logits = on.to_host(model.forward(on, on.indices(part, 1, length), &cache));
    all.insert(all.end(), logits.begin(), logits.end());
  }
  EXPECT_EQ(cache.length, static_cast<int64_t>(ids.size()));
  return all;
}

std::vector<float> uncached_logits(const Decoder& model, nn::Backend& on,
                                   const std::vector<int32_t>& ids) {
  const auto length = static_cast<int64_t>(ids.size());
  return on.to_host(model.forward(on, on.indices(ids, 1, length), nullptr));
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

constexpr nn::CpuOptions kInt4{nn::WeightType::kInt4, nn::CacheType::kInt8};
constexpr nn::CpuOptions kInt8Block{nn::WeightType::kInt8Block, nn::CacheType::kInt8};
constexpr nn::CpuOptions kBFloat16{nn::WeightType::kBFloat16, nn::CacheType::kBFloat16};

/// A family with weights and a cache of some type.
struct Kind {
  std::string name;
  nn::CpuOptions options;
  DecoderConfig config;
};

class DecoderOf : public testing::TestWithParam<Kind> {};

INSTANTIATE_TEST_SUITE_P(Kinds, DecoderOf,
                         testing::Values(Kind{"Float32", {}, awkward_config()},
                                         Kind{"BFloat16", kBFloat16, awkward_config()},
                                         Kind{"Int8", kInt8, awkward_config()},
                                         Kind{"Int8Block", kInt8Block, test::blocked_config()},
                                         Kind{"Int4", kInt4, test::blocked_config()},
                                         Kind{"Gpt2Float32", {}, test::gpt2_config()},
                                         Kind{"Gpt2Int8", kInt8, test::gpt2_config()},
                                         Kind{"AriaFloat32", {}, test::aria_config()},
                                         Kind{"AriaInt8", kInt8, test::aria_config()}),
                         [](const auto& chosen) { return chosen.param.name; });

TEST_P(DecoderOf, LogitsAreTheSameBitsForAnyThreadsInstructionSetAndSplitOfThePrompt) {
  const auto ids = some_ids(kLength, awkward_config().vocab_size, 5);
  std::vector<float> expected;
  for (const size_t threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    for (const nn::kernels::KernelTable* kernel : nn::kernels::available()) {
      nn::CpuBackend backend(pool, *kernel, GetParam().options);
      const Decoder model = random_decoder(backend, GetParam().config, 7);
      if (expected.empty()) expected = uncached_logits(model, backend, ids);
      for (const size_t chunk : {size_t{1}, size_t{7}, ids.size()}) {
        EXPECT_TRUE(same_bits(cached_logits(model, backend, ids, chunk), expected))
            << kernel->name << ", " << threads << " threads, chunks of " << chunk;
      }
      EXPECT_TRUE(same_bits(uncached_logits(model, backend, ids), expected))
          << kernel->name << ", " << threads << " threads, without a cache";
    }
  }
  EXPECT_GT(*std::ranges::max_element(expected) - *std::ranges::min_element(expected), 1.0F);
}

/// Large enough that every operation is shared among threads.
TEST_P(DecoderOf, ThreadsChangeNothingWhereEveryOperationIsShared) {
  DecoderConfig config = GetParam().config;
  config.vocab_size = 500;
  config.hidden_size = 256;
  config.intermediate_size = 768;
  config.num_attention_heads = 8;
  config.num_key_value_heads = 4;
  config.max_position_embeddings = 256;
  const auto ids = some_ids(150, config.vocab_size, 6);
  ThreadPool one(1);
  ThreadPool three(3);
  nn::CpuBackend alone(one, *nn::kernels::available().back(), GetParam().options);
  nn::CpuBackend shared(three, *nn::kernels::available().back(), GetParam().options);
  const Decoder model = random_decoder(alone, config, 8);
  const auto expected = uncached_logits(model, alone, ids);
  EXPECT_TRUE(same_bits(uncached_logits(model, shared, ids), expected));
  EXPECT_TRUE(same_bits(cached_logits(model, shared, ids, 64), expected));
}

TEST_P(DecoderOf, ABatchIsItsSequencesSideBySide) {
  ThreadPool pool(2);
  nn::CpuBackend backend(pool, nn::kernels::best(), GetParam().options);
  const Decoder model = random_decoder(backend, GetParam().config, 7);
  const auto a = some_ids(20, awkward_config().vocab_size, 1);
  const auto b = some_ids(20, awkward_config().vocab_size, 2);
  auto both = a;
  both.insert(both.end(), b.begin(), b.end());
  auto expected = uncached_logits(model, backend, a);
  const auto second = uncached_logits(model, backend, b);
  expected.insert(expected.end(), second.begin(), second.end());
  const auto actual =
      backend.to_host(model.forward(backend, backend.indices(both, 2, 20), nullptr));
  EXPECT_TRUE(same_bits(actual, expected));
}

TEST(Decoder, AReferenceInDoubleGivesTheSameLogits) {
  const auto ids = some_ids(kLength, awkward_config().vocab_size, 5);
  ThreadPool pool(1);
  nn::CpuBackend fast(pool);
  nn::CpuBackend reference(pool, nn::kernels::reference());
  for (const DecoderConfig& config : {awkward_config(), test::gpt2_config(), test::aria_config()}) {
    const Decoder model = random_decoder(fast, config, 7);
    // Rounding of float32 through two layers, on logits of size one.
    test::expect_close(uncached_logits(model, fast, ids), uncached_logits(model, reference, ids),
                       1e-5, 1e-5);
  }
}

TEST(Decoder, Int8StaysNearFloat32) {
  const auto ids = some_ids(kLength, awkward_config().vocab_size, 5);
  ThreadPool pool(1);
  nn::CpuBackend plain(pool);
  nn::CpuBackend int8(pool, nn::kernels::best(), kInt8);
  const auto expected = uncached_logits(random_decoder(plain, awkward_config(), 7), plain, ids);
  const auto actual = uncached_logits(random_decoder(int8, awkward_config(), 7), int8, ids);
  double error = 0.0;
  double size = 0.0;
  for (size_t i = 0; i < expected.size(); ++i) {
    error += std::pow(actual[i] - expected[i], 2.0);
    size += std::pow(expected[i], 2.0);
  }
  EXPECT_LT(std::sqrt(error / size),
            0.05);  // steps of 1/127 of a row's largest, through 14 products
  EXPECT_GT(error, 0.0);
}

TEST(Decoder, ALaterIdChangesNoEarlierLogit) {
  ThreadPool pool(1);
  nn::CpuBackend backend(pool);
  const Decoder model = random_decoder(backend, awkward_config(), 7);
  const auto V = static_cast<size_t>(awkward_config().vocab_size);
  auto ids = some_ids(kLength, awkward_config().vocab_size, 5);
  const auto before = uncached_logits(model, backend, ids);
  for (const size_t changed : {size_t{0}, size_t{16}, size_t{44}}) {
    auto other = ids;
    other[changed] = (other[changed] + 1) % static_cast<int32_t>(V);
    const auto after = uncached_logits(model, backend, other);
    const auto edge = static_cast<int64_t>(changed * V);
    EXPECT_TRUE(std::equal(before.begin(), before.begin() + edge, after.begin()));
    EXPECT_FALSE(std::equal(before.begin() + edge, before.end(), after.begin() + edge));
  }
}

TEST(Decoder, ForwardLastIsTheLastRowOfForward) {
  ThreadPool pool(1);
  nn::CpuBackend backend(pool);
  DecoderConfig config = awkward_config();
  config.tie_word_embeddings = false;
  const Decoder model = random_decoder(backend, config, 9);
  const auto ids = some_ids(10, config.vocab_size, 5);
  const auto all = uncached_logits(model, backend, ids);
  const auto last =
      backend.to_host(model.forward_last(backend, backend.indices(ids, 1, 10), nullptr));
  EXPECT_EQ(last, std::vector<float>(all.end() - config.vocab_size, all.end()));
}

TEST(Decoder, CountsItsParameters) {
  // embed 83*60; a block: norms 2*60, q and o 2*60*60, k and v 2*30*60, mlp 3*77*60; final norm 60
  const int64_t block = 2 * 60 + 2 * 60 * 60 + 2 * 30 * 60 + 3 * 77 * 60;
  EXPECT_EQ(count_parameters(awkward_config()), 83 * 60 + 2 * block + 60);
  DecoderConfig untied = awkward_config();
  untied.tie_word_embeddings = false;
  EXPECT_EQ(count_parameters(untied), 2 * 83 * 60 + 2 * block + 60);
  ThreadPool pool(1);
  nn::CpuBackend backend(pool);
  EXPECT_EQ(count_parameters(random_decoder(backend, untied, 7)), count_parameters(untied));
  // GPT-2: positions 128*60, no gates, and a bias a row of each matrix and a norm.
  const int64_t gpt2 = block - 77 * 60 + 2 * 60 + (60 + 2 * 30 + 60 + 77 + 60);
  EXPECT_EQ(count_parameters(random_decoder(backend, test::gpt2_config(), 7)),
            (83 + 128) * 60 + 2 * gpt2 + 2 * 60);
}

TEST(Decoder, ConfigNamesTheFieldThatIsOutOfRange) {
  DecoderConfig config = awkward_config();
  config.num_key_value_heads = 4;
  try {
    config.validate();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    EXPECT_NE(std::string(error.what()).find("num_key_value_heads"), std::string::npos);
  }
}

TEST(Decoder, HeadsLargerThanABackendKeepsAreRefused) {
  DecoderConfig config = awkward_config();
  config.hidden_size = 4096;
  config.num_attention_heads = 2;
  EXPECT_THROW(config.validate(), Error);
  config.num_attention_heads = 4;
  config.num_key_value_heads = 2;
  EXPECT_NO_THROW(config.validate());
}

TEST(Decoder, LearntPositionsEndForEverySequenceOfABatch) {
  ThreadPool pool(1);
  nn::CpuBackend backend(pool);
  const Decoder model = random_decoder(backend, test::gpt2_config(), 7);
  const auto ids = some_ids(128, 83, 5);
  nn::KvCache nearly = model.new_cache();
  model.forward_last(backend, backend.indices(std::span(ids).first(127), 1, 127), &nearly);
  nn::KvCache full = model.new_cache();
  model.forward_last(backend, backend.indices(ids, 1, 128), &full);
  const auto next = [&](nn::KvCache& first, nn::KvCache& second) {
    const std::array caches{&first, &second};
    model.forward_batch(backend, backend.indices(std::span(ids).first(2), 2, 1), caches);
  };
  nn::KvCache other = nearly;
  EXPECT_NO_THROW(next(nearly, other));
  other = nearly;
  EXPECT_THROW(next(other, full), Error);
}

}  // namespace
}  // namespace motet::models
