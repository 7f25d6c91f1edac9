// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <span>
#include <string>

#include "motet/models/decoder.h"
#include "tests/support/random_floats.h"

namespace motet::test {

/// A decoder with seeded weights: gains near one, matrices scaled by 1 / sqrt(inputs). Families
/// with layer norms have biases, too.
inline models::Decoder random_decoder(nn::Backend& on, const models::DecoderConfig& config,
                                      uint64_t seed) {
  models::DecoderWeights weights;
  weights.blocks.resize(static_cast<size_t>(config.num_hidden_layers));
  models::TensorNames names = models::llama_names("model.");
  names.has_biases = config.norm == models::NormKind::kLayer;
  const auto make = [&](const models::TensorPlace& place, nn::Tensor& tensor) {
    const nn::Shape& shape = place.shape;
    const bool is_vector = shape.size() == 1;
    const double deviation = is_vector ? 0.1 : 1.0 / std::sqrt(static_cast<double>(shape.back()));
    auto floats = random_floats(static_cast<size_t>(nn::count_of(shape)), seed++, deviation);
    if (is_vector && place.name.ends_with("weight")) {
      for (float& gain : floats) gain += 1.0F;
    }
    const std::span bytes(reinterpret_cast<const uint8_t*>(floats.data()), floats.size() * 4);
    tensor = on.parameter({.type = nn::DType::kF32, .shape = shape, .bytes = bytes});
  };
  models::each_tensor(config, names, weights, make);
  return {config, std::move(weights)};
}

/// Sizes that no vector width divides.
inline models::DecoderConfig awkward_config() {
  return {.vocab_size = 83,
          .hidden_size = 60,
          .intermediate_size = 77,
          .num_hidden_layers = 2,
          .num_attention_heads = 6,
          .num_key_value_heads = 3,
          .max_position_embeddings = 128};
}

/// Rows of whole blocks of 32.
inline models::DecoderConfig blocked_config() {
  models::DecoderConfig config = awkward_config();
  config.hidden_size = 96;
  config.intermediate_size = 160;
  return config;
}

/// The same with what GPT-2 has instead.
inline models::DecoderConfig gpt2_config() {
  models::DecoderConfig config = awkward_config();
  config.norm = models::NormKind::kLayer;
  config.position = models::PositionKind::kLearned;
  config.mlp = models::MlpKind::kGelu;
  return config;
}

/// The same with what Aria has instead, and heads of another size than D / H.
inline models::DecoderConfig aria_config() {
  models::DecoderConfig config = awkward_config();
  config.norm = models::NormKind::kLayer;
  config.head_dim = 14;
  config.tie_word_embeddings = false;
  return config;
}

}  // namespace motet::test
