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

void require_rope(const nn::RopeConfig& rope) {
  require_decoder(rope.theta >= 1.0F && rope.theta <= 1e12F, "rope_theta must be in 1..1e12");
  require_decoder(rope.factor >= 1.0F && rope.factor <= 1e6F,
                  "rope_scaling.factor must be at least 1, and at most 1e6");
  require_decoder(rope.high_frequency_factor > rope.low_frequency_factor,
                  "rope_scaling.high_freq_factor must be above low_freq_factor");
  require_decoder(rope.beta_fast > rope.beta_slow && rope.beta_slow > 0.0F,
                  "rope_scaling.beta_fast must be above beta_slow, and that above 0");
  require_decoder(rope.original_positions >= 1 && rope.original_positions <= 1 << 24,
                  "rope_scaling.original_max_position_embeddings must be positive");
  require_decoder(rope.attention_factor > 0.0F, "rope_scaling.attention_factor must be positive");
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

  /// The position of each of the T ids of B sequences, [B, T].
  /// Throws Error(kInvalidArgument) for one that was never learnt.
  nn::Tensor ids(nn::Backend& on, int64_t B, int64_t T, int64_t learnt) {
    std::pmr::vector<int32_t> ids(&resource_);
    for (int64_t b = 0; b < B; ++b) {
      const int64_t first = positions_.empty() ? 0 : positions_[static_cast<size_t>(b)];
      if (first + T > learnt) {
        throw Error(ErrorCode::kInvalidArgument, "this model has learnt " + std::to_string(learnt) +
                                                     " positions, and was asked for " +
                                                     std::to_string(first + T));
      }
      for (int64_t t = 0; t < T; ++t) ids.push_back(static_cast<int32_t>(first + t));
    }
    return on.indices(ids, B, T);
  }

 private:
  static constexpr size_t kBytes = 2048;
  std::span<nn::KvCache* const> caches_;
  std::array<std::byte, kBytes> memory_;
  std::pmr::monotonic_buffer_resource resource_{memory_.data(), memory_.size()};
  std::pmr::vector<int64_t> positions_{&resource_};
  std::pmr::vector<nn::KvLayer*> layers_{&resource_};
};

nn::Tensor normed(nn::Backend& on, const DecoderConfig& config, const Norm& norm,
                  const nn::Tensor& x) {
  if (config.norm == NormKind::kRms) return on.rms_norm(norm.gain, x, config.norm_eps);
  return on.layer_norm(norm.gain, norm.bias, x, config.norm_eps);
}

nn::Tensor biased(nn::Backend& on, const Affine& map, const nn::Tensor& y) {
  return map.bias.storage == nullptr ? y : on.add_bias(y, map.bias);
}

nn::Tensor affine(nn::Backend& on, const Affine& map, const nn::Tensor& x) {
  return biased(on, map, on.linear(map.weight, x));
}

/// Several maps of one x, in one job.
template <typename... Maps>
std::array<nn::Tensor, sizeof...(Maps)> affines(nn::Backend& on, const nn::Tensor& x,
                                                const Maps&... maps) {
  std::array<nn::Tensor, sizeof...(Maps)> y;
  on.linears(std::array{&maps.weight...}, x, y);
  size_t i = 0;
  ((y[i] = biased(on, maps, y[i]), ++i), ...);
  return y;
}

nn::Tensor attend(nn::Backend& on, const DecoderConfig& config, const DecoderBlock& block,
                  const nn::Tensor& x, std::span<nn::KvLayer* const> caches,
                  std::span<const int64_t> positions) {
  nn::AttentionShape shape{.heads = config.num_attention_heads,
                           .kv_heads = config.num_key_value_heads,
                           .head_size = config.head_size()};
  auto [q, k, v] = affines(on, x, block.q, block.k, block.v);
  if (config.position == PositionKind::kRotary) {
    shape.rope = config.rope;
    q = on.rope_each(q, shape.head_size, config.rope, positions);
    k = on.rope_each(k, shape.head_size, config.rope, positions);
  }
  return affine(on, block.o, on.attention_each(q, k, v, shape, caches, positions));
}

nn::Tensor mlp(nn::Backend& on, const DecoderConfig& config, const DecoderBlock& block,
               const nn::Tensor& x) {
  if (config.mlp == MlpKind::kGelu) {
    return affine(on, block.down, on.gelu(affine(on, block.up, x)));
  }
  if (block.gate.bias.storage == nullptr && block.up.bias.storage == nullptr) {
    return affine(on, block.down, on.gated_linear(block.gate.weight, block.up.weight, x));
  }
  const auto [gate, up] = affines(on, x, block.gate, block.up);
  return affine(on, block.down, on.swiglu(gate, up));
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
  require_decoder(head_dim != 0 || hidden_size % num_attention_heads == 0,
                  "hidden_size must be a multiple of num_attention_heads");
  require_decoder(
      positive(head_size(), nn::kLargestHead),
      "head_dim, or hidden_size a head, must be in 1.." + std::to_string(nn::kLargestHead));
  require_decoder(position == PositionKind::kLearned || head_size() % 2 == 0,
                  "head_dim must be even, to be turned in pairs");
  require_decoder(positive(max_position_embeddings, 1 << 24),
                  "max_position_embeddings must be positive");
  require_decoder(norm_eps > 0.0F && norm_eps < 1.0F, "rms_norm_eps must be in (0, 1)");
  require_rope(rope);
}

TensorNames llama_names(const std::string& prefix) {
  const std::string block = prefix + "layers.%.";
  return {.embed = prefix + "embed_tokens",
          .positions = prefix + "embed_positions",
          .norm = prefix + "norm",
          .head = "lm_head",
          .attention_norm = block + "input_layernorm",
          .q = block + "self_attn.q_proj",
          .k = block + "self_attn.k_proj",
          .v = block + "self_attn.v_proj",
          .o = block + "self_attn.o_proj",
          .mlp_norm = block + "post_attention_layernorm",
          .gate = block + "mlp.gate_proj",
          .up = block + "mlp.up_proj",
          .down = block + "mlp.down_proj"};
}

std::string TensorNames::numbered(const std::string& pattern, size_t block) {
  std::string name = pattern;
  const size_t at = name.find('%');
  return at == std::string::npos ? name : name.replace(at, 1, std::to_string(block));
}

Decoder::Decoder(const DecoderConfig& config, DecoderWeights weights)
    : config_(config), weights_(std::move(weights)) {
  config_.validate();
}

nn::Tensor Decoder::embed(nn::Backend& on, const nn::Tensor& ids) const {
  return on.embed(weights_.embed, ids);
}

/// x [B, T, D]; returns what the blocks make of it, [B, T, D].
nn::Tensor Decoder::run(nn::Backend& on, nn::Tensor x, std::span<nn::KvCache* const> caches) const {
  const int64_t T = x.dim(1);
  Places places(caches);
  if (config_.position == PositionKind::kLearned) {
    const nn::Tensor ids = places.ids(on, x.dim(0), T, config_.max_position_embeddings);
    x = on.add(x, on.embed(weights_.positions, ids));
  }
  for (size_t i = 0; i < weights_.blocks.size(); ++i) {
    const DecoderBlock& block = weights_.blocks[i];
    const nn::Tensor n = normed(on, config_, block.attention_norm, x);
    x = on.add(x, attend(on, config_, block, n, places.layer(i), places.positions()));
    const nn::Tensor m = normed(on, config_, block.mlp_norm, x);
    x = on.add(x, mlp(on, config_, block, m));
  }
  for (nn::KvCache* cache : caches) cache->length += T;
  return x;
}

nn::Tensor Decoder::last_hidden(nn::Backend& on, const nn::Tensor& x, nn::KvCache* cache) const {
  return normed(on, config_, weights_.norm, on.last(run(on, x, as_batch(cache))));
}

nn::Tensor Decoder::logits(nn::Backend& on, const nn::Tensor& hidden) const {
  return on.linear(config_.tie_word_embeddings ? weights_.embed : weights_.head, hidden);
}

nn::Tensor Decoder::forward(nn::Backend& on, const nn::Tensor& ids, nn::KvCache* cache) const {
  const nn::Tensor x = run(on, embed(on, ids), as_batch(cache));
  return logits(on, normed(on, config_, weights_.norm, x));
}

nn::Tensor Decoder::forward_last(nn::Backend& on, const nn::Tensor& ids, nn::KvCache* cache) const {
  return forward_batch(on, ids, as_batch(cache));
}

nn::Tensor Decoder::forward_batch(nn::Backend& on, const nn::Tensor& ids,
                                  std::span<nn::KvCache* const> caches) const {
  const nn::Tensor x = on.last(run(on, embed(on, ids), caches));
  return logits(on, normed(on, config_, weights_.norm, x));
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

int64_t count_parameters(const Decoder& model) {
  int64_t count = 0;
  const auto add = [&](const TensorPlace& place, const nn::Tensor& tensor) {
    if (tensor.storage != nullptr) count += nn::count_of(place.shape);
  };
  each_tensor(model.config(), llama_names(""), model.weights(), add);
  return count;
}

}  // namespace motet::models
