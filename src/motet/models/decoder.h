// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "motet/nn/backend.h"

namespace motet::models {

/// Sizes of a decoder; the names are those of Hugging Face's LlamaConfig.
struct DecoderConfig {
  int64_t vocab_size = 0;
  int64_t hidden_size = 256;               ///< D
  int64_t intermediate_size = 768;         ///< F
  int64_t num_hidden_layers = 6;           ///< L
  int64_t num_attention_heads = 8;         ///< H; D / H is the head size S, and even
  int64_t num_key_value_heads = 4;         ///< K; divides H
  int64_t max_position_embeddings = 1024;  ///< the longest sequence trained on
  float rms_norm_eps = 1e-5F;
  float rope_theta = 10'000.0F;
  bool tie_word_embeddings = true;   ///< the head is the embedding table
  nn::RopeConfig rope_scaling = {};  ///< its theta is not read

  int64_t head_size() const { return hidden_size / num_attention_heads; }
  /// The whole of how positions are turned.
  nn::RopeConfig rope() const;
  /// Throws Error(kInvalidFile) naming the field and its range.
  void validate() const;
  auto operator<=>(const DecoderConfig&) const = default;
};

/// Calls visit(name, field, help) for each field: JSON, flags and --help go through here.
template <typename Config, typename Visit>
void each_field(Config& config, Visit&& visit) {
  visit("vocab_size", config.vocab_size, "token ids");
  visit("hidden_size", config.hidden_size, "width");
  visit("intermediate_size", config.intermediate_size, "SwiGLU width");
  visit("num_hidden_layers", config.num_hidden_layers, "layers");
  visit("num_attention_heads", config.num_attention_heads, "query heads");
  visit("num_key_value_heads", config.num_key_value_heads, "key/value heads");
  visit("max_position_embeddings", config.max_position_embeddings, "longest sequence");
  visit("rms_norm_eps", config.rms_norm_eps, "added to the mean square");
  visit("rope_theta", config.rope_theta, "rotary base");
  visit("tie_word_embeddings", config.tie_word_embeddings, "head is the embedding table");
}

struct DecoderBlock {
  nn::Tensor input_norm;      // [D]
  nn::Tensor q, k, v;         // [H*S, D] [K*S, D] [K*S, D]
  nn::Tensor o;               // [D, H*S]
  nn::Tensor attention_norm;  // [D]
  nn::Tensor gate, up;        // [F, D]
  nn::Tensor down;            // [D, F]
};

struct DecoderWeights {
  nn::Tensor embed;  // [V, D]
  std::vector<DecoderBlock> blocks;
  nn::Tensor norm;  // [D]
  nn::Tensor head;  // [V, D]; empty when tied
};

/// Calls visit(name, tensor, shape) for every tensor in a fixed order. Loading, saving, counting
/// and training all go through here, so that a tensor is named once. Names are the checkpoint's:
/// those of Hugging Face's LlamaForCausalLM.
template <typename Weights, typename Visit>
void each_tensor(const DecoderConfig& config, Weights& weights, Visit&& visit) {
  const int64_t D = config.hidden_size;
  const int64_t F = config.intermediate_size;
  const int64_t Q = config.num_attention_heads * config.head_size();
  const int64_t K = config.num_key_value_heads * config.head_size();
  visit("model.embed_tokens.weight", weights.embed, nn::Shape{config.vocab_size, D});
  for (size_t i = 0; i < weights.blocks.size(); ++i) {
    auto& block = weights.blocks[i];
    const std::string layer = "model.layers." + std::to_string(i) + ".";
    visit(layer + "input_layernorm.weight", block.input_norm, nn::Shape{D});
    visit(layer + "self_attn.q_proj.weight", block.q, nn::Shape{Q, D});
    visit(layer + "self_attn.k_proj.weight", block.k, nn::Shape{K, D});
    visit(layer + "self_attn.v_proj.weight", block.v, nn::Shape{K, D});
    visit(layer + "self_attn.o_proj.weight", block.o, nn::Shape{D, Q});
    visit(layer + "post_attention_layernorm.weight", block.attention_norm, nn::Shape{D});
    visit(layer + "mlp.gate_proj.weight", block.gate, nn::Shape{F, D});
    visit(layer + "mlp.up_proj.weight", block.up, nn::Shape{F, D});
    visit(layer + "mlp.down_proj.weight", block.down, nn::Shape{D, F});
  }
  visit("model.norm.weight", weights.norm, nn::Shape{D});
  if (!config.tie_word_embeddings) {
    visit("lm_head.weight", weights.head, nn::Shape{config.vocab_size, D});
  }
}

/// A pre-norm, decoder-only transformer of the LLaMA kind: token ids in, logits out.
///
///     x = embed[ids]
///     for each block:  x += o(attention(rope(q(n)), rope(k(n)), v(n))),  n = input_norm(x)
///                      x += down(silu(gate(m)) * up(m)),                 m = attention_norm(x)
///     logits = head(norm(x))
///
/// Immutable once made, so threads may share one; what changes lives in the KvCache of each
/// sequence. The weights belong to the backend that made them; use the same one to run.
class Decoder {
 public:
  /// Throws Error(kInvalidFile) as config.validate() does. weights.blocks has L entries.
  Decoder(const DecoderConfig& config, DecoderWeights weights);

  const DecoderConfig& config() const noexcept { return config_; }
  const DecoderWeights& weights() const noexcept { return weights_; }

  /// ids [B, T] of token ids, from backend.indices; returns logits [B, T, V].
  /// With a cache, B is 1 and T positions are appended to it.
  nn::Tensor forward(nn::Backend& on, const nn::Tensor& ids, nn::KvCache* cache) const;

  /// The same, but the logits of the last position only: [B, 1, V].
  nn::Tensor forward_last(nn::Backend& on, const nn::Tensor& ids, nn::KvCache* cache) const;

  /// The next T positions of B sequences, each with its own cache: logits of the last ones,
  /// [B, 1, V]. Each sequence gets what it would have got alone.
  nn::Tensor forward_batch(nn::Backend& on, const nn::Tensor& ids,
                           std::span<nn::KvCache* const> caches) const;

 private:
  nn::Tensor hidden(nn::Backend& on, const nn::Tensor& ids,
                    std::span<nn::KvCache* const> caches) const;
  nn::Tensor head(nn::Backend& on, const nn::Tensor& x) const;

  DecoderConfig config_;
  DecoderWeights weights_;
};

/// The number of weights.
int64_t count_parameters(const DecoderConfig& config);

}  // namespace motet::models
