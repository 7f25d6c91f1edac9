// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "motet/base/error.h"
#include "motet/base/threads.h"
#include "motet/models/bundle.h"
#include "motet/models/decoder.h"
#include "motet/nn/cpu/cpu_backend.h"
#include "motet/nn/torch/torch_backend.h"
#include "motet/nn/torch/torch_tensor.h"
#include "tests/models/random_decoder.h"

namespace motet::nn {
namespace {

using models::Decoder;
using models::DecoderConfig;
using models::DecoderWeights;

constexpr int64_t kLength = 40;

DecoderConfig small_config() {
  DecoderConfig config;
  config.vocab_size = 91;
  config.hidden_size = 64;
  config.intermediate_size = 144;
  config.num_hidden_layers = 3;
  config.num_attention_heads = 4;
  config.num_key_value_heads = 2;
  return config;
}

Decoder random_decoder(const DecoderConfig& config, Backend& on) {
  return test::random_decoder(on, config, 2);
}

std::vector<int32_t> some_ids(int64_t count) {
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < count; ++i) ids.push_back(static_cast<int32_t>((i * 37 + i * i) % 91));
  return ids;
}

/// |actual - expected| / |expected|, as vectors.
double relative_error(const std::vector<float>& actual, const std::vector<float>& expected) {
  double distance = 0.0;
  double size = 0.0;
  for (size_t i = 0; i < expected.size(); ++i) {
    distance += std::pow(double{actual[i]} - double{expected[i]}, 2);
    size += std::pow(double{expected[i]}, 2);
  }
  return actual.size() == expected.size() ? std::sqrt(distance / size) : INFINITY;
}

std::vector<float> logits_of(const Decoder& decoder, Backend& on, int64_t rows) {
  const auto ids = some_ids(rows * kLength);
  return on.to_host(decoder.forward(on, on.indices(ids, rows, kLength), nullptr));
}

TEST(Parity, CpuAndTorchGiveTheSameLogitsForEveryFamily) {
  DecoderConfig untied = small_config();
  untied.tie_word_embeddings = false;
  DecoderConfig aria = untied;
  aria.norm = models::NormKind::kLayer;
  DecoderConfig gpt2 = small_config();
  gpt2.norm = models::NormKind::kLayer;
  gpt2.position = models::PositionKind::kLearned;
  gpt2.mlp = models::MlpKind::kGelu;
  for (const DecoderConfig& config : {small_config(), untied, aria, gpt2}) {
    ThreadPool pool(2);
    CpuBackend cpu(pool);
    TorchBackend torch({});
    const auto expected = logits_of(random_decoder(config, cpu), cpu, 2);
    const auto actual = logits_of(random_decoder(config, torch), torch, 2);
    EXPECT_LT(relative_error(actual, expected), 1e-5);
  }
}

TEST(Parity, TheShippedModelGivesTheSameLogitsOnBothBackends) {
  ThreadPool pool(2);
  CpuBackend cpu(pool);
  TorchBackend torch({});
  const std::string folder = MOTET_SOURCE_DIR "/models/motet-small-v1";
  const auto fast = models::load_decoder(folder, cpu);
  const auto learning = models::load_decoder(folder, torch);
  std::vector<int32_t> ids;
  for (int32_t i = 0; i < 200; ++i) {
    ids.push_back(static_cast<int32_t>((i * 131 + i * i) % fast->config().vocab_size));
  }
  const auto actual = cpu.to_host(fast->forward(cpu, cpu.indices(ids, 1, 200), nullptr));
  const auto expected =
      torch.to_host(learning->forward(torch, torch.indices(ids, 1, 200), nullptr));
  EXPECT_LT(relative_error(actual, expected), 1e-4);
}

TEST(Parity, Bfloat16StaysNearFloat32) {
  TorchBackend exact({});
  TorchBackend rough({.compute = ComputeType::kBF16});
  const auto expected = logits_of(random_decoder(small_config(), exact), exact, 2);
  const auto actual = logits_of(random_decoder(small_config(), rough), rough, 2);
  const double error = relative_error(actual, expected);
  EXPECT_LT(error, 0.03);  // 8 bits of mantissa, 3 layers
  EXPECT_GT(error, 1e-5);  // or it was not bfloat16
}

TEST(TorchBackend, ACacheGivesWhatOneCallGives) {
  TorchBackend on({});
  const Decoder decoder = random_decoder(small_config(), on);
  const auto expected = logits_of(decoder, on, 1);
  const auto ids = some_ids(kLength);
  KvCache cache(3);
  std::vector<float> actual;
  for (const auto& [begin, end] : {std::pair(0, 7), std::pair(7, 8), std::pair(8, 40)}) {
    const std::span<const int32_t> part = std::span(ids).subspan(begin, end - begin);
    const auto some = on.to_host(decoder.forward(on, on.indices(part, 1, end - begin), &cache));
    actual.insert(actual.end(), some.begin(), some.end());
  }
  EXPECT_LT(relative_error(actual, expected), 1e-5);
}

TEST(TorchBackend, CopiedCachesDoNotDisturbEachOther) {
  TorchBackend on({});
  const Decoder decoder = random_decoder(small_config(), on);
  const auto next = [&](KvCache& cache, int32_t id) {
    return on.to_host(decoder.forward_last(on, on.indices(std::vector{id}, 1, 1), &cache));
  };
  KvCache cache(3);
  next(cache, 5);
  KvCache copy = cache;
  const auto first = next(cache, 6);
  EXPECT_EQ(next(copy, 6), first);
}

TEST(TorchBackend, GradientsAreThoseOfFiniteDifferences) {
  TorchBackend on({});
  const Decoder decoder = random_decoder(small_config(), on);
  DecoderWeights weights = decoder.weights();
  const auto ids = some_ids(2 * kLength);
  const auto loss = [&] {
    const Tensor logits = decoder.forward(on, on.indices(ids, 2, kLength), nullptr);
    return at::log_softmax(torch_of(logits), -1).select(2, 7).mean().neg();
  };
  const auto visit = [&](const auto& work) {
    models::each_tensor(decoder.config(), weights, work);
  };
  visit([](const std::string&, Tensor& t, const Shape&) {
    at::Tensor(torch_of(t)).set_requires_grad(true);
  });
  loss().backward();
  visit([&](const std::string& name, Tensor& t, const Shape&) {
    const at::Tensor gradient = torch_of(t).grad();
    const auto length = gradient.norm().item<double>();
    const at::Tensor along = gradient / length;
    const auto moved = [&](double step) {
      at::Tensor value = torch_of(t).detach();
      const at::Tensor before = value.clone();
      value.add_(along, step);
      const auto result = loss().to(at::kDouble).item<double>();
      value.copy_(before);
      return result;
    };
    constexpr double kStep = 2e-2;  // float32 loses what is smaller
    const double slope = (moved(kStep) - moved(-kStep)) / (2 * kStep);
    EXPECT_NEAR(slope, length, 0.02 * length + 1e-4) << name;
  });
}

TEST(TorchBackend, RefusesADeviceThatIsNotThere) {
  EXPECT_THROW(TorchBackend({.device = "abacus"}), Error);
  EXPECT_THROW(TorchBackend({.device = "cuda:77"}), Error);
}

TEST(TorchBackend, RefusesAnIdOutsideTheVocabulary) {
  TorchBackend on({});
  const Decoder decoder = random_decoder(small_config(), on);
  EXPECT_THROW(decoder.forward(on, on.indices(std::vector<int32_t>{91}, 1, 1), nullptr), Error);
}

}  // namespace
}  // namespace motet::nn
