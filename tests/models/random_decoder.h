// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <span>
#include <string>

#include "motet/models/decoder.h"
#include "tests/support/random_floats.h"

namespace motet::test {

/// A decoder with seeded weights: gains near one, matrices scaled by 1 / sqrt(inputs).
inline models::Decoder random_decoder(nn::Backend& on, const models::DecoderConfig& config,
                                      uint64_t seed) {
  models::DecoderWeights weights;
  weights.blocks.resize(static_cast<size_t>(config.num_hidden_layers));
  const auto make = [&](const std::string&, nn::Tensor& tensor, const nn::Shape& shape) {
    const bool is_gain = shape.size() == 1;
    const double deviation = is_gain ? 0.1 : 1.0 / std::sqrt(static_cast<double>(shape.back()));
    auto floats = random_floats(static_cast<size_t>(nn::count_of(shape)), seed++, deviation);
    if (is_gain) {
      for (float& gain : floats) gain += 1.0F;
    }
    const std::span bytes(reinterpret_cast<const uint8_t*>(floats.data()), floats.size() * 4);
    tensor = on.parameter({.type = nn::DType::kF32, .shape = shape, .bytes = bytes});
  };
  models::each_tensor(config, weights, make);
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

}  // namespace motet::test
