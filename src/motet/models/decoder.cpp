// SPDX-License-Identifier: Apache-2.0
#include "motet/models/decoder.h"

#include <utility>

#include "motet/base/error.h"

namespace motet::models {
namespace {

void require(bool holds, const std::string& sentence) {
  if (!holds) throw Error(ErrorCode::kInvalidFile, "decoder config: " + sentence);
}

nn::Tensor attend(nn::Backend& on, const DecoderConfig& config, const DecoderBlock& block,
                  const nn::Tensor& x, nn::KvLayer* cache, int64_t position) {
  const nn::AttentionShape shape{.heads = config.num_attention_heads,
                                 .kv_heads = config.num_key_value_heads,
                                 .head_size = config.head_size()};
  const nn::RopeConfig rope{.theta = config.rope_theta};
  const nn::Tensor q = on.rope(on.linear(block.q, x), shape.head_size, rope, position);
  const nn::Tensor k = on.rope(on.linear(block.k, x), shape.head_size, rope, position);
  const nn::Tensor v = on.linear(block.v, x);
  return on.linear(block.o, on.attention(q, k, v, shape, cache, position));
}

nn::Tensor mlp(nn::Backend& on, const DecoderBlock& block, const nn::Tensor& x) {
  return on.linear(block.down, on.swiglu(on.linear(block.gate, x), on.linear(block.up, x)));
}

}  // namespace

void DecoderConfig::validate() const {
  const auto positive = [](int64_t value, int64_t most) { return value >= 1 && value <= most; };
  require(positive(vocab_size, 1 << 20), "vocab_size must be in 1..1048576");
  require(positive(hidden_size, 1 << 16), "hidden_size must be in 1..65536");
  require(positive(intermediate_size, 1 << 18), "intermediate_size must be in 1..262144");
  require(positive(num_hidden_layers, 1024), "num_hidden_layers must be in 1..1024");
  require(positive(num_attention_heads, 1024), "num_attention_heads must be in 1..1024");
  require(positive(num_key_value_heads, num_attention_heads) &&
              num_attention_heads % num_key_value_heads == 0,
          "num_key_value_heads must divide num_attention_heads");
  require(hidden_size % num_attention_heads == 0 && head_size() % 2 == 0,
          "hidden_size must be an even multiple of num_attention_heads");
  require(positive(max_position_embeddings, 1 << 24), "max_position_embeddings must be positive");
  require(rms_norm_eps > 0.0F && rms_norm_eps < 1.0F, "rms_norm_eps must be in (0, 1)");
  require(rope_theta >= 1.0F, "rope_theta must be at least 1");
}

Decoder::Decoder(const DecoderConfig& config, DecoderWeights weights)
    : config_(config), weights_(std::move(weights)) {
  config_.validate();
}

nn::Tensor Decoder::hidden(nn::Backend& on, const nn::Tensor& ids, nn::KvCache* cache) const {
  const int64_t position = cache != nullptr ? cache->length : 0;
  nn::Tensor x = on.embed(weights_.embed, ids);  // [B, T, D]
  for (size_t i = 0; i < weights_.blocks.size(); ++i) {
    const DecoderBlock& block = weights_.blocks[i];
    nn::KvLayer* layer = cache != nullptr ? &cache->layers[i] : nullptr;
    const nn::Tensor n = on.rms_norm(block.input_norm, x, config_.rms_norm_eps);
    x = on.add(x, attend(on, config_, block, n, layer, position));
    const nn::Tensor m = on.rms_norm(block.attention_norm, x, config_.rms_norm_eps);
    x = on.add(x, mlp(on, block, m));
  }
  if (cache != nullptr) cache->length += ids.dim(1);
  return x;
}

nn::Tensor Decoder::forward(nn::Backend& on, const nn::Tensor& ids, nn::KvCache* cache) const {
  const nn::Tensor x = on.rms_norm(weights_.norm, hidden(on, ids, cache), config_.rms_norm_eps);
  return on.linear(config_.tie_word_embeddings ? weights_.embed : weights_.head, x);
}

nn::Tensor Decoder::forward_last(nn::Backend& on, const nn::Tensor& ids, nn::KvCache* cache) const {
  const nn::Tensor x =
      on.rms_norm(weights_.norm, on.last(hidden(on, ids, cache)), config_.rms_norm_eps);
  return on.linear(config_.tie_word_embeddings ? weights_.embed : weights_.head, x);
}

int64_t count_parameters(const DecoderConfig& config) {
  DecoderWeights weights;
  weights.blocks.resize(static_cast<size_t>(config.num_hidden_layers));
  int64_t count = 0;
  each_tensor(config, weights, [&](const std::string&, const nn::Tensor&, const nn::Shape& shape) {
    count += nn::count_of(shape);
  });
  return count;
}

}  // namespace motet::models
