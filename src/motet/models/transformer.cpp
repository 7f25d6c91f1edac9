// SPDX-License-Identifier: Apache-2.0
#include "motet/models/transformer.h"

#include <numeric>
#include <utility>

#include "motet/base/error.h"

namespace motet::models {
namespace {

void require_transformer(bool holds, const std::string& sentence) {
  if (!holds) throw Error(ErrorCode::kInvalidFile, "transformer config: " + sentence);
}

/// position, position + 1, ... as indices [1, length].
nn::Tensor position_ids(nn::Backend& on, int64_t position, int64_t rows, int64_t length) {
  std::vector<int32_t> ids(static_cast<size_t>(rows * length));
  for (size_t i = 0; i < ids.size(); ++i) {
    ids[i] = static_cast<int32_t>(position + static_cast<int64_t>(i) % length);
  }
  return on.indices(ids, rows, length);
}

int64_t count_of(const nn::Tensor& tensor) {
  return tensor.storage == nullptr ? 0 : nn::count_of(tensor.shape);
}

int64_t count_of(const Affine& map) { return count_of(map.weight) + count_of(map.bias); }

}  // namespace

void TransformerConfig::validate() const {
  const auto within = [](int64_t value, int64_t most) { return value >= 1 && value <= most; };
  require_transformer(within(vocab_size, 1 << 20), "the vocabulary must be in 1..1048576");
  require_transformer(within(hidden_size, 1 << 16), "the width must be in 1..65536");
  require_transformer(within(intermediate_size, 1 << 18), "the inner width must be in 1..262144");
  require_transformer(within(layers, 1024), "the layers must be in 1..1024");
  require_transformer(within(heads, 1024), "the heads must be in 1..1024");
  require_transformer(within(kv_heads, heads) && heads % kv_heads == 0,
                      "the key/value heads must divide the heads");
  require_transformer(within(head_size, 1 << 14), "the size of a head must be in 1..16384");
  require_transformer(position != PositionKind::kRotary || head_size % 2 == 0,
                      "rotary positions need heads of even size");
  require_transformer(within(positions, 1 << 24), "the positions must be in 1..16777216");
  require_transformer(norm_eps > 0.0F && norm_eps < 1.0F,
                      "the epsilon of the norms must be in (0, 1)");
  require_transformer(rope.theta >= 1.0F && rope.theta <= 1e12F,
                      "the rotary base must be in 1..1e12");
  require_transformer(rope.factor > 0.0F && rope.factor <= 1e6F,
                      "the rotary factor must be in (0, 1e6]");
  require_transformer(rope.scaling != nn::RopeConfig::Scaling::kLlama3 ||
                          (rope.low_frequency_factor < rope.high_frequency_factor &&
                           within(rope.original_positions, 1 << 24)),
                      "llama3 rotary scaling needs low_freq_factor below high_freq_factor");
}

Transformer::Transformer(const TransformerConfig& config, TransformerWeights weights)
    : config_(config), weights_(std::move(weights)) {
  config_.validate();
}

nn::Tensor affine(nn::Backend& on, const Affine& map, const nn::Tensor& x) {
  const nn::Tensor y = on.linear(map.weight, x);
  return map.bias.storage == nullptr ? y : on.add_bias(y, map.bias);
}

nn::Tensor Transformer::normed(nn::Backend& on, const Affine& norm, const nn::Tensor& x) const {
  if (config_.norm == NormKind::kRms) return on.rms_norm(norm.weight, x, config_.norm_eps);
  return on.layer_norm(norm.weight, norm.bias, x, config_.norm_eps);
}

nn::Tensor Transformer::attend(nn::Backend& on, const TransformerBlock& block, const nn::Tensor& x,
                               nn::KvLayer* cache, int64_t position) const {
  const nn::AttentionShape shape{
      .heads = config_.heads, .kv_heads = config_.kv_heads, .head_size = config_.head_size};
  nn::Tensor q = affine(on, block.q, x);
  nn::Tensor k = affine(on, block.k, x);
  const nn::Tensor v = affine(on, block.v, x);
  if (config_.position == PositionKind::kRotary) {
    q = on.rope(q, shape.head_size, config_.rope, position);
    k = on.rope(k, shape.head_size, config_.rope, position);
  }
  return affine(on, block.o, on.attention(q, k, v, shape, cache, position));
}

nn::Tensor Transformer::embed(nn::Backend& on, const nn::Tensor& ids) const {
  return on.embed(weights_.embed, ids);
}

nn::Tensor Transformer::hidden(nn::Backend& on, nn::Tensor x, nn::KvCache* cache) const {
  const int64_t position = cache != nullptr ? cache->length : 0;
  const int64_t length = x.dim(1);
  if (config_.position == PositionKind::kLearned) {
    if (position + length > config_.positions) {
      throw Error(ErrorCode::kInvalidArgument,
                  "this model has learnt " + std::to_string(config_.positions) +
                      " positions, and was asked for " + std::to_string(position + length));
    }
    const nn::Tensor ids = position_ids(on, position, x.dim(0), length);
    x = on.add(x, on.embed(weights_.positions, ids));
  }
  for (size_t i = 0; i < weights_.blocks.size(); ++i) {
    const TransformerBlock& block = weights_.blocks[i];
    nn::KvLayer* layer = cache != nullptr ? &cache->layers[i] : nullptr;
    x = on.add(x, attend(on, block, normed(on, block.attention_norm, x), layer, position));
    const nn::Tensor m = normed(on, block.mlp_norm, x);
    const nn::Tensor up = affine(on, block.up, m);
    const nn::Tensor inner =
        config_.mlp == MlpKind::kSwiglu ? on.swiglu(affine(on, block.gate, m), up) : on.gelu(up);
    x = on.add(x, affine(on, block.down, inner));
  }
  if (cache != nullptr) cache->length += length;
  return normed(on, weights_.norm, x);
}

nn::Tensor Transformer::logits(nn::Backend& on, const nn::Tensor& hidden) const {
  return on.linear(weights_.head.storage == nullptr ? weights_.embed : weights_.head, hidden);
}

nn::Tensor Transformer::forward(nn::Backend& on, const nn::Tensor& ids, nn::KvCache* cache) const {
  return logits(on, hidden(on, embed(on, ids), cache));
}

int64_t count_parameters(const Transformer& model) {
  const TransformerWeights& weights = model.weights();
  int64_t count = count_of(weights.embed) + count_of(weights.positions) + count_of(weights.norm) +
                  count_of(weights.head);
  for (const TransformerBlock& block : weights.blocks) {
    for (const Affine* map : {&block.attention_norm, &block.q, &block.k, &block.v, &block.o,
                              &block.mlp_norm, &block.gate, &block.up, &block.down}) {
      count += count_of(*map);
    }
  }
  return count;
}

}  // namespace motet::models
