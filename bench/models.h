// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "motet/models/decoder.h"
#include "motet/nn/backend.h"
#include "motet/nn/int4.h"

namespace motet::bench {

/// The four sizes of docs/kernels.md: (width, layers, SwiGLU width, vocabulary), heads of 64, as
/// many key/value heads as query heads.
inline models::DecoderConfig config_of(int64_t D, int64_t L, int64_t F, int64_t V) {
  return {.vocab_size = V,
          .hidden_size = D,
          .intermediate_size = F,
          .num_hidden_layers = L,
          .num_attention_heads = D / 64,
          .num_key_value_heads = D / 64,
          .max_position_embeddings = 4096};
}
inline const std::array<models::DecoderConfig, 4> kShapes{
    config_of(256, 6, 768, 1024), config_of(512, 8, 1536, 2048), config_of(768, 12, 2048, 8192),
    config_of(1024, 24, 4096, 2048)};

inline std::string name_of(const models::DecoderConfig& config) {
  return std::to_string(config.hidden_size) + ", " + std::to_string(config.num_hidden_layers) +
         ", " + std::to_string(config.intermediate_size) + ", " + std::to_string(config.vocab_size);
}

/// A decoder of random int8 or int4 weights, made matrix by matrix so that memory holds little
/// else. The table of tokens is int8 in either.
inline models::Decoder random_decoder(nn::Backend& on, const models::DecoderConfig& config,
                                      nn::DType type) {
  models::DecoderWeights weights;
  weights.blocks.resize(static_cast<size_t>(config.num_hidden_layers));
  uint64_t state = 88172645463325252U;  // xorshift64: Marsaglia 2003
  const auto make = [&](const std::string&, nn::Tensor& tensor, const nn::Shape& shape) {
    if (shape.size() == 1) {
      const std::vector<float> ones(static_cast<size_t>(shape[0]), 1.0F);
      tensor = on.parameter(
          {.type = nn::DType::kF32,
           .shape = shape,
           .bytes = {reinterpret_cast<const uint8_t*>(ones.data()), ones.size() * sizeof(float)}});
      return;
    }
    const bool is_int4 = type == nn::DType::kI4 && &tensor != &weights.embed;
    const auto count = static_cast<size_t>(nn::count_of(shape));
    std::vector<uint8_t> bytes(is_int4 ? count / 2 : count);
    for (uint8_t& byte : bytes) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      byte = static_cast<uint8_t>(state % 255 + 129);  // as int8: -127..127
    }
    const float scale = (is_int4 ? 0.25F : 0.014F) / std::sqrt(static_cast<float>(shape[1]));
    const int64_t scale_count = shape[0] * (is_int4 ? shape[1] / nn::kInt4Block : 1);
    const std::vector<float> scales(static_cast<size_t>(scale_count), scale);
    tensor = on.parameter({.type = is_int4 ? nn::DType::kI4 : nn::DType::kI8,
                           .shape = shape,
                           .bytes = bytes,
                           .row_scales = scales});
  };
  models::each_tensor(config, weights, make);
  return {config, std::move(weights)};
}

}  // namespace motet::bench
