// SPDX-License-Identifier: Apache-2.0
#include "motet/models/decoder.h"

#include <array>
#include <cstddef>
#include <memory_resource>
#include <utility>

#include "motet/base/error.h"

namespace motet::models {
namespace {

void require_decoder(bool holds, const std::string& sentence) {
  if (!holds) throw Error(ErrorCode::kInvalidFile, "decoder config: " + sentence);
}

/// Where each sequence of a pass stands, and its cache of one layer. Small batches need no memory
/// beyond this.
class Places {
 public:
  explicit Places(std::span<nn::KvCache* const> caches) : caches_(caches) {
    for (const nn::KvCache* cache : caches) positions_.push_back(cache->length);
    layers_.resize(caches.size());
  }

  std::span<const int64_t> positions() const { return positions_; }
  std::span<nn::KvLayer* const> layer(size_t index) {
    for (size_t i = 0; i < caches_.size(); ++i) layers_[i] = &caches_[i]->layers[index];
    return layers_;
  }

 private:
  static constexpr size_t kBytes = 2048;
  std::span<nn::KvCache* const> caches_;
  std::array<std::byte, kBytes> memory_;
  std::pmr::monotonic_buffer_resource resource_{memory_.data(), memory_.size()};
  std::pmr::vector<int64_t> positions_{&resource_};
  std::pmr::vector<nn::KvLayer*> layers_{&resource_};
};

nn::Tensor attend(nn::Backend& on, const DecoderConfig& config, const DecoderBlock& block,
                  const nn::Tensor& x, std::span<nn::KvLayer* const> caches,
                  std::span<const int64_t> positions) {
  const nn::AttentionShape shape{.heads = config.num_attention_heads,
                                 .kv_heads = config.num_key_value_heads,
                                 .head_size = config.head_size(),
                                 .rope = config.rope()};
  std::array<nn::Tensor, 3> qkv;
  on.linears(std::array{&block.q, &block.k, &block.v}, x, qkv);
  const nn::Tensor q = on.rope_each(qkv[0], shape.head_size, shape.rope, positions);
  const nn::Tensor k = on.rope_each(qkv[1], shape.head_size, shape.rope, positions);
  return on.linear(block.o, on.attention_each(q, k, qkv[2], shape, caches, positions));
}

nn::Tensor mlp(nn::Backend& on, const DecoderBlock& block, const nn::Tensor& x) {
  return on.linear(block.down, on.gated_linear(block.gate, block.up, x));
}

/// No caches for none.
std::span<nn::KvCache* const> as_batch(nn::KvCache* const& cache) {
  return {&cache, cache == nullptr ? size_t{0} : size_t{1}};
}

}  // namespace

void DecoderConfig::validate() const {
  const auto positive = [](int64_t value, int64_t most) { return value >= 1 && value <= most; };
  require_decoder(positive(vocab_size, 1 << 20), "vocab_size must be in 1..1048576");
  require_decoder(positive(hidden_size, 1 << 16), "hidden_size must be in 1..65536");
  require_decoder(positive(intermediate_size, 1 << 18), "intermediate_size must be in 1..262144");
  require_decoder(positive(num_hidden_layers, 1024), "num_hidden_layers must be in 1..1024");
  require_decoder(positive(num_attention_heads, 1024), "num_attention_heads must be in 1..1024");
  require_decoder(positive(num_key_value_heads, num_attention_heads) &&
                      num_attention_heads % num_key_value_heads == 0,
                  "num_key_value_heads must divide num_attention_heads");
  require_decoder(hidden_size % num_attention_heads == 0 && head_size() % 2 == 0,
                  "hidden_size must be an even multiple of num_attention_heads");
  require_decoder(positive(max_position_embeddings, 1 << 24),
                  "max_position_embeddings must be positive");
  require_decoder(rms_norm_eps > 0.0F && rms_norm_eps < 1.0F, "rms_norm_eps must be in (0, 1)");
  require_decoder(rope_theta >= 1.0F, "rope_theta must be at least 1");
  require_decoder(rope_scaling.factor >= 1.0F, "rope_scaling.factor must be at least 1");
  require_decoder(rope_scaling.high_frequency_factor > rope_scaling.low_frequency_factor,
                  "rope_scaling.high_freq_factor must be above low_freq_factor");
  require_decoder(rope_scaling.beta_fast > rope_scaling.beta_slow && rope_scaling.beta_slow > 0.0F,
                  "rope_scaling.beta_fast must be above beta_slow, and that above 0");
  require_decoder(positive(rope_scaling.original_positions, 1 << 24),
                  "rope_scaling.original_max_position_embeddings must be positive");
  require_decoder(rope_scaling.attention_factor > 0.0F,
                  "rope_scaling.attention_factor must be positive");
}

Decoder::Decoder(const DecoderConfig& config, DecoderWeights weights)
    : config_(config), weights_(std::move(weights)) {
  config_.validate();
}

nn::RopeConfig DecoderConfig::rope() const {
  nn::RopeConfig config = rope_scaling;
  config.theta = rope_theta;
  return config;
}

nn::Tensor Decoder::hidden(nn::Backend& on, const nn::Tensor& ids,
                           std::span<nn::KvCache* const> caches) const {
  Places places(caches);
  nn::Tensor x = on.embed(weights_.embed, ids);  // [B, T, D]
  for (size_t i = 0; i < weights_.blocks.size(); ++i) {
    const DecoderBlock& block = weights_.blocks[i];
    const nn::Tensor n = on.rms_norm(block.input_norm, x, config_.rms_norm_eps);
    x = on.add(x, attend(on, config_, block, n, places.layer(i), places.positions()));
    const nn::Tensor m = on.rms_norm(block.attention_norm, x, config_.rms_norm_eps);
    x = on.add(x, mlp(on, block, m));
  }
  for (nn::KvCache* cache : caches) cache->length += ids.dim(1);
  return x;
}

nn::Tensor Decoder::head(nn::Backend& on, const nn::Tensor& x) const {
  return on.linear(config_.tie_word_embeddings ? weights_.embed : weights_.head,
                   on.rms_norm(weights_.norm, x, config_.rms_norm_eps));
}

nn::Tensor Decoder::forward(nn::Backend& on, const nn::Tensor& ids, nn::KvCache* cache) const {
  return head(on, hidden(on, ids, as_batch(cache)));
}

nn::Tensor Decoder::forward_last(nn::Backend& on, const nn::Tensor& ids, nn::KvCache* cache) const {
  return forward_batch(on, ids, as_batch(cache));
}

nn::Tensor Decoder::forward_batch(nn::Backend& on, const nn::Tensor& ids,
                                  std::span<nn::KvCache* const> caches) const {
  return head(on, on.last(hidden(on, ids, caches)));
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
