// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <string>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/nn/cpu/cpu_backend.h"
#include "motet/nn/cpu/kv_file.h"
#include "tests/models/count_allocations.h"
#include "tests/models/random_decoder.h"
#include "tests/support/random_floats.h"

namespace motet::models {
namespace {

using nn::KvCache;

constexpr nn::CpuOptions kBothInt8{nn::WeightType::kInt8, nn::CacheType::kInt8};
constexpr nn::CpuOptions kBothHalved{nn::WeightType::kBFloat16, nn::CacheType::kBFloat16};
constexpr int64_t kPage = nn::kPagePositions;

std::vector<int32_t> some_ids(int64_t count) {
  const Random random(3, 1);
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < count; ++i) {
    ids.push_back(static_cast<int32_t>(random.below(83, static_cast<uint64_t>(i))));
  }
  return ids;
}

/// Logits [V] of the last of these ids, read in chunks.
std::vector<float> read(const Decoder& model, nn::Backend& on, std::span<const int32_t> ids,
                        size_t chunk, KvCache& cache) {
  std::vector<float> logits;
  for (size_t at = 0; at < ids.size(); at += chunk) {
    const auto part = ids.subspan(at, std::min(chunk, ids.size() - at));
    const auto length = static_cast<int64_t>(part.size());
    logits = on.to_host(model.forward_last(on, on.indices(part, 1, length), &cache));
  }
  return logits;
}

/// A page of tokens, one by one, after the first time; `cache` is the model's, and empty.
void expect_no_allocation(const Decoder& model, nn::Backend& on, KvCache cache) {
  std::vector<float> logits(83);
  const std::array<int32_t, 1> id{5};
  const auto step = [&] {
    on.copy_to_host(model.forward_last(on, on.indices(id, 1, 1), &cache), logits);
  };
  read(model, on, some_ids(2 * kPage + 3), 1000, cache);
  const KvCache start = cache;
  for (int64_t i = 0; i < kPage; ++i) step();  // as far as the loop below will go
  cache = start;
  step();
  const long before = test::count_allocations();
  for (int64_t i = 0; i < kPage - 10; ++i) step();
  EXPECT_EQ(test::count_allocations(), before);
}

class CacheOf : public testing::TestWithParam<nn::CpuOptions> {
 protected:
  ThreadPool pool_{2};
  nn::CpuBackend backend_{pool_, nn::kernels::best(), GetParam()};
  Decoder model_ = test::random_decoder(backend_, test::awkward_config(), 7);
};

INSTANTIATE_TEST_SUITE_P(Types, CacheOf, testing::Values(nn::CpuOptions{}, kBothHalved, kBothInt8),
                         [](const auto& chosen) {
                           if (chosen.param.cache == nn::CacheType::kBFloat16) return "BFloat16";
                           return chosen.param.cache == nn::CacheType::kInt8 ? "Int8" : "Float32";
                         });

TEST_P(CacheOf, ForksShareTheirPagesAndGoOnAsIfAlone) {
  const auto ids = some_ids(3 * kPage);
  const auto prompt = std::span(ids).first(2 * kPage + 10);
  const auto rest = std::span(ids).subspan(prompt.size(), 20);
  KvCache first(2);
  read(model_, backend_, prompt, 1000, first);
  const size_t bytes = backend_.cache_bytes();
  KvCache second = first;
  KvCache third = first;
  EXPECT_EQ(backend_.cache_bytes(), bytes);
  KvCache alone(2);
  read(model_, backend_, prompt, 1000, alone);
  const auto expected = read(model_, backend_, rest, 1000, alone);
  read(model_, backend_, some_ids(20), 1000, third);  // must not be seen by the others
  EXPECT_EQ(read(model_, backend_, rest, 1, second), expected);
  EXPECT_EQ(read(model_, backend_, rest, 7, first), expected);
}

TEST_P(CacheOf, AShorterLengthForgetsWhatLayBehindIt) {
  const auto ids = some_ids(2 * kPage);
  KvCache straight(2);
  const auto expected = read(model_, backend_, ids, 1000, straight);
  KvCache cache(2);
  read(model_, backend_, std::span(ids).first(50), 1000, cache);
  read(model_, backend_, some_ids(100), 1000, cache);
  cache.length = 50;
  EXPECT_EQ(read(model_, backend_, std::span(ids).subspan(50), 1000, cache), expected);
}

TEST_P(CacheOf, AWindowAsLongAsTheSequenceChangesNothing) {
  const auto ids = some_ids(3 * kPage + 5);
  KvCache whole(2);
  KvCache windowed(2, {.length = 4 * kPage, .sinks = 4});
  EXPECT_EQ(read(model_, backend_, ids, 40, windowed), read(model_, backend_, ids, 40, whole));
}

TEST_P(CacheOf, AWindowGivesTheSameBitsForAnySplitAndKeepsItsMemory) {
  const auto ids = some_ids(7 * kPage + 30);
  const nn::KvWindow window{.length = 2 * kPage, .sinks = 4};
  KvCache cache(2, window);
  const auto expected = read(model_, backend_, ids, 1, cache);
  const size_t bytes = backend_.cache_bytes();
  read(model_, backend_, some_ids(5 * kPage), 1, cache);
  EXPECT_EQ(backend_.cache_bytes(), bytes);
  for (const size_t chunk : {size_t{7}, size_t{64}, size_t{150}, ids.size()}) {
    KvCache other(2, window);
    EXPECT_EQ(read(model_, backend_, ids, chunk, other), expected) << "chunks of " << chunk;
  }
  KvCache whole(2);
  EXPECT_NE(read(model_, backend_, ids, 1000, whole), expected);
}

TEST_P(CacheOf, AWindowRefusesToGoBackToWhatItLeft) {
  KvCache cache(2, {.length = kPage, .sinks = 0});
  read(model_, backend_, some_ids(6 * kPage), 32, cache);
  cache.length = 2 * kPage;
  EXPECT_THROW(read(model_, backend_, some_ids(1), 1, cache), Error);
}

/// What public families get by the one text: windows, sinks, and no memory asked for.
class CacheOfFamily : public testing::TestWithParam<const char*> {
 protected:
  static DecoderConfig config() {
    DecoderConfig config =
        GetParam() == std::string("Gpt2") ? test::gpt2_config() : test::aria_config();
    config.max_position_embeddings = 8 * kPage;
    return config;
  }

  ThreadPool pool_{2};
  nn::CpuBackend backend_{pool_, nn::kernels::best(), kBothInt8};
  Decoder model_ = test::random_decoder(backend_, config(), 7);
};

INSTANTIATE_TEST_SUITE_P(Families, CacheOfFamily, testing::Values("Gpt2", "Aria"),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(CacheOfFamily, AWindowWithSinksGivesTheSameBitsForAnySplit) {
  const auto ids = some_ids(7 * kPage + 30);
  const nn::KvWindow window{.length = 2 * kPage, .sinks = 4};
  KvCache cache = model_.new_cache(window);
  const auto expected = read(model_, backend_, ids, 1, cache);
  for (const size_t chunk : {size_t{64}, size_t{150}, ids.size()}) {
    KvCache other = model_.new_cache(window);
    EXPECT_EQ(read(model_, backend_, ids, chunk, other), expected) << "chunks of " << chunk;
  }
  KvCache whole = model_.new_cache();
  EXPECT_NE(read(model_, backend_, ids, 1000, whole), expected);
}

TEST_P(CacheOfFamily, DecodingAllocatesNothing) {
  expect_no_allocation(model_, backend_, model_.new_cache());
}

/// The rule of the paper, in double: the sinks stand right before the window, wherever it is. Where
/// nothing is turned, they are seen as they are.
void check_sinks(bool is_turned) {
  constexpr int64_t kHead = 8;
  constexpr int64_t kLength = 6 * kPage + 17;
  ThreadPool pool(1);
  nn::CpuBackend backend(pool);
  const nn::RopeConfig rope{.theta = 100.0F};
  const auto tensor = [&](uint64_t seed) {
    const auto floats = test::random_floats(kLength * kHead, seed);
    const std::span bytes(reinterpret_cast<const uint8_t*>(floats.data()), floats.size() * 4);
    return backend.parameter(
        {.type = nn::DType::kF32, .shape = {1, kLength, kHead}, .bytes = bytes});
  };
  const nn::Tensor q = tensor(1);
  const nn::Tensor k = tensor(2);
  const nn::Tensor v = tensor(3);
  nn::KvLayer layer{.storage = nullptr, .window = {.length = 2 * kPage, .sinks = 1}};
  nn::AttentionShape shape{.head_size = kHead};
  if (is_turned) shape.rope = rope;
  const auto turned = [&](const nn::Tensor& x) {
    return is_turned ? backend.rope(x, kHead, rope, 0) : x;
  };
  const auto y = backend.to_host(backend.attention(turned(q), turned(k), v, shape, &layer, 0));

  const auto qs = backend.to_host(q);
  const auto ks = backend.to_host(k);
  const auto vs = backend.to_host(v);
  const auto frequencies = nn::rotary_frequencies(kHead, rope);
  for (const int64_t t : {int64_t{70}, 3 * kPage, 4 * kPage + 63, kLength - 1}) {
    std::vector<int64_t> seen;
    for (int64_t s = 0; s <= t; ++s) {
      if (s < kPage || s / kPage >= t / kPage - 2) seen.push_back(s);
    }
    std::array<double, kHead> mixed{};
    double total = 0.0;
    for (size_t i = 0; i < seen.size(); ++i) {
      const auto distance = static_cast<double>(seen.size() - 1 - i);  // places in the cache
      double score = 0.0;
      for (int64_t j = 0; j < kHead / 2; ++j) {
        const double angle = is_turned ? distance * frequencies[static_cast<size_t>(j)] : 0.0;
        const double a = qs[t * kHead + j];
        const double b = qs[t * kHead + j + kHead / 2];
        const double c = ks[seen[i] * kHead + j];
        const double d = ks[seen[i] * kHead + j + kHead / 2];
        score += (a * c + b * d) * std::cos(angle) + (a * d - b * c) * std::sin(angle);
      }
      const double weight = std::exp(score / std::sqrt(double{kHead}));
      total += weight;
      for (int64_t j = 0; j < kHead; ++j) {
        mixed[static_cast<size_t>(j)] += weight * vs[seen[i] * kHead + j];
      }
    }
    for (int64_t j = 0; j < kHead; ++j) {
      EXPECT_NEAR(y[t * kHead + j], mixed[static_cast<size_t>(j)] / total, 1e-4) << t << " " << j;
    }
  }
}

TEST(Cache, SinksAreSeenAsIfTheyStoodRightBeforeTheWindow) { check_sinks(true); }

TEST(Cache, SinksAreSeenAsTheyAreWhereNothingIsTurned) { check_sinks(false); }

TEST_P(CacheOf, WhatWasSavedGoesOnBitForBit) {
  const auto path =
      std::filesystem::temp_directory_path() / ("motet_cache_" + std::to_string(::getpid()));
  const auto ids = some_ids(6 * kPage + 11);
  const nn::KvShape shape{.layers = 2, .kv_heads = 3, .head_size = 10};
  for (const nn::KvWindow window : {nn::KvWindow{}, nn::KvWindow{.length = kPage, .sinks = 4}}) {
    KvCache cache(2, window);
    read(model_, backend_, ids, 50, cache);
    nn::save_cache(path, cache, "a hash");
    nn::CpuBackend other(pool_, nn::kernels::best(), GetParam());
    KvCache loaded = nn::load_cache(path, other, shape, "a hash");
    EXPECT_EQ(loaded.length, cache.length);
    const auto more = some_ids(2 * kPage);
    EXPECT_EQ(read(model_, other, more, 9, loaded), read(model_, backend_, more, 9, cache));
  }
  std::filesystem::remove(path);
}

TEST_P(CacheOf, ASavedCacheThatIsCutChangedOrOfAnotherBundleIsRefused) {
  const auto path =
      std::filesystem::temp_directory_path() / ("motet_cut_" + std::to_string(::getpid()));
  const nn::KvShape shape{.layers = 2, .kv_heads = 3, .head_size = 10};
  KvCache cache(2);
  EXPECT_THROW(nn::save_cache(path, cache, "a hash"), Error);
  EXPECT_THROW(nn::load_cache(path, backend_, shape, "a hash"), Error);  // no such file
  read(model_, backend_, some_ids(70), 70, cache);
  nn::save_cache(path, cache, "a hash");
  const auto refused = [&](const nn::KvShape& wanted, const char* hash) {
    try {
      nn::load_cache(path, backend_, wanted, hash);
    } catch (const Error& error) {
      return error.code() == ErrorCode::kInvalidFile;
    }
    return false;
  };
  EXPECT_FALSE(refused(shape, "a hash"));
  EXPECT_TRUE(refused(shape, "another"));
  EXPECT_TRUE(refused({.layers = 3, .kv_heads = 3, .head_size = 10}, "a hash"));
  EXPECT_TRUE(refused({.layers = 2, .kv_heads = 2, .head_size = 10}, "a hash"));
  std::string whole = read_text(path);
  for (const size_t kept : {size_t{0}, size_t{7}, size_t{20}, whole.size() / 2, whole.size() - 1}) {
    write_file(path, whole.substr(0, kept));
    EXPECT_TRUE(refused(shape, "a hash")) << kept << " bytes";
  }
  for (const size_t at : {size_t{0}, size_t{30}, whole.size() / 2, whole.size() - 1}) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    write_file(path, changed);
    EXPECT_TRUE(refused(shape, "a hash")) << "byte " << at;
  }
  std::filesystem::remove(path);
}

TEST_P(CacheOf, DecodingAllocatesNothing) { expect_no_allocation(model_, backend_, KvCache(2)); }

}  // namespace
}  // namespace motet::models
