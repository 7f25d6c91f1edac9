// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "motet/nn/backend.h"
#include "motet/nn/tensor_source.h"

namespace motet::models {

enum class NormKind : uint8_t { kRms, kLayer };
enum class PositionKind : uint8_t { kRotary, kLearned };
enum class MlpKind : uint8_t { kSwiglu, kGelu };

/// Sizes of a decoder; the names are those of Hugging Face's LlamaConfig.
struct DecoderConfig {
  int64_t vocab_size = 0;                  ///< V
  int64_t hidden_size = 256;               ///< D
  int64_t intermediate_size = 768;         ///< F
  int64_t num_hidden_layers = 6;           ///< L
  int64_t num_attention_heads = 8;         ///< H
  int64_t num_key_value_heads = 4;         ///< K; divides H
  int64_t max_position_embeddings = 1024;  ///< the longest sequence trained on: see PositionKind
  float norm_eps = 1e-5F;
  bool tie_word_embeddings = true;  ///< the head is the embedding table
  nn::RopeConfig rope = {};         ///< where positions are rotary
  int64_t head_dim = 0;             ///< S; 0: D / H

  // What families differ in. LLaMA, and so Motet, is what stands here; GPT-2 is kLayer, kLearned,
  // kGelu; Aria is kLayer, kRotary, kSwiglu.
  NormKind norm = NormKind::kRms;
  PositionKind position = PositionKind::kRotary;  ///< learned ones end at max_position_embeddings
  MlpKind mlp = MlpKind::kSwiglu;

  int64_t head_size() const { return head_dim != 0 ? head_dim : hidden_size / num_attention_heads; }
  /// Throws Error(kInvalidFile) naming the field and its range.
  void validate() const;
  auto operator<=>(const DecoderConfig&) const = default;
};

/// Calls visit(name, field, help) for each field of a bundle: JSON, flags and --help go through
/// here.
template <typename Config, typename Visit>
void each_field(Config& config, Visit&& visit) {
  visit("vocab_size", config.vocab_size, "token ids");
  visit("hidden_size", config.hidden_size, "width");
  visit("intermediate_size", config.intermediate_size, "SwiGLU width");
  visit("num_hidden_layers", config.num_hidden_layers, "layers");
  visit("num_attention_heads", config.num_attention_heads, "query heads");
  visit("num_key_value_heads", config.num_key_value_heads, "key/value heads");
  visit("max_position_embeddings", config.max_position_embeddings, "longest sequence");
  visit("rms_norm_eps", config.norm_eps, "added to the mean square");
  visit("rope_theta", config.rope.theta, "rotary base");
  visit("tie_word_embeddings", config.tie_word_embeddings, "head is the embedding table");
}

/// y = x weight^T + bias.
struct Affine {
  nn::Tensor weight;  // [N, M]
  nn::Tensor bias;    // [N]; empty: none
};

/// gain and bias of a norm, [D]; kRms has no bias.
struct Norm {
  nn::Tensor gain;
  nn::Tensor bias;
};

struct DecoderBlock {
  Norm attention_norm;
  Affine q, k, v;  // [H*S, D] [K*S, D] [K*S, D]
  Affine o;        // [D, H*S]
  Norm mlp_norm;
  Affine gate, up;  // [F, D]; kGelu has no gate
  Affine down;      // [D, F]
};

struct DecoderWeights {
  nn::Tensor embed;      // [V, D]; empty where the family embeds something else
  nn::Tensor positions;  // [max_position_embeddings, D] where they are learned
  std::vector<DecoderBlock> blocks;
  Norm norm;
  nn::Tensor head;  // [V, D]; empty when tied
};

/// What a family calls its tensors, and how it stores them. "%" is the number of the block.
/// Matrices end in ".weight", biases in ".bias".
struct TensorNames {
  std::string embed;  ///< empty: the family embeds something else
  std::string positions, norm, head;
  std::string attention_norm;
  std::string q, k, v;  ///< of one name: [q; k; v] in one matrix
  std::string o;
  std::string mlp_norm;
  std::string gate, up, down;
  bool has_biases = true;         ///< of matrices, each where the file has it
  bool inputs_first = false;      ///< matrices of blocks are [in, out]: GPT-2's Conv1D
  bool interleaved_rope = false;  ///< rows of q and k pair 2j with 2j+1: LLaMA in GGUF

  /// "h.%.ln_1" and 3: "h.3.ln_1".
  static std::string numbered(const std::string& pattern, size_t block);
};

/// Those of Hugging Face's LlamaModel behind a prefix.
TensorNames llama_names(const std::string& prefix);

/// Where a checkpoint keeps a tensor of a decoder, and how it lies there.
struct TensorPlace {
  std::string name = {};      ///< "model.layers.3.self_attn.q_proj.weight"
  nn::Shape shape = {};       ///< the decoder's
  int64_t first_row = 0;      ///< of the rows that the name stands for
  int64_t all_rows = 0;       ///< how many those are; 0: as many as the decoder's
  bool inputs_first = false;  ///< it lies transposed
  bool interleaved = false;   ///< pairs of rows of a head lie side by side, not half a head apart
  bool optional = false;
};

/// Calls visit(place, tensor) for every tensor of a family's decoder in a fixed order. Loading,
/// saving, counting and training all go through here, so that a tensor is named once.
template <typename Weights, typename Visit>
void each_tensor(const DecoderConfig& config, const TensorNames& names, Weights& weights,
                 Visit&& visit) {
  const int64_t V = config.vocab_size;
  const int64_t D = config.hidden_size;
  const int64_t F = config.intermediate_size;
  const int64_t Q = config.num_attention_heads * config.head_size();
  const int64_t K = config.num_key_value_heads * config.head_size();
  const bool one = names.q == names.k;  // [q; k; v]
  const int64_t all = one ? Q + 2 * K : 0;
  const auto table = [&](const std::string& name, auto& tensor, int64_t rows) {
    visit(TensorPlace{.name = name + ".weight", .shape = {rows, D}}, tensor);
  };
  const auto norm = [&](const std::string& name, auto& of) {
    visit(TensorPlace{.name = name + ".weight", .shape = {D}}, of.gain);
    if (config.norm == NormKind::kRms) return;
    visit(TensorPlace{.name = name + ".bias", .shape = {D}}, of.bias);
  };
  const auto matrix = [&](const std::string& name, auto& map, TensorPlace place) {
    place.name = name + ".weight";
    place.inputs_first = names.inputs_first;
    visit(place, map.weight);
    if (!names.has_biases) return;
    place.name = name + ".bias";
    place.shape = {place.shape[0]};
    place.inputs_first = false;
    place.optional = true;
    visit(place, map.bias);
  };
  if (!names.embed.empty()) table(names.embed, weights.embed, V);
  if (config.position == PositionKind::kLearned) {
    table(names.positions, weights.positions, config.max_position_embeddings);
  }
  for (size_t i = 0; i < weights.blocks.size(); ++i) {
    auto& block = weights.blocks[i];
    const auto at = [&](const std::string& pattern) { return TensorNames::numbered(pattern, i); };
    const bool paired = names.interleaved_rope;
    norm(at(names.attention_norm), block.attention_norm);
    matrix(at(names.q), block.q, {.shape = {Q, D}, .all_rows = all, .interleaved = paired});
    matrix(at(names.k), block.k,
           {.shape = {K, D}, .first_row = one ? Q : 0, .all_rows = all, .interleaved = paired});
    matrix(at(names.v), block.v, {.shape = {K, D}, .first_row = one ? Q + K : 0, .all_rows = all});
    matrix(at(names.o), block.o, {.shape = {D, Q}});
    norm(at(names.mlp_norm), block.mlp_norm);
    if (config.mlp == MlpKind::kSwiglu) matrix(at(names.gate), block.gate, {.shape = {F, D}});
    matrix(at(names.up), block.up, {.shape = {F, D}});
    matrix(at(names.down), block.down, {.shape = {D, F}});
  }
  norm(names.norm, weights.norm);
  if (!config.tie_word_embeddings) table(names.head, weights.head, V);
}

/// The same for Motet's own bundles, visit(name, tensor, shape): Hugging Face's LlamaForCausalLM
/// without biases.
template <typename Weights, typename Visit>
void each_tensor(const DecoderConfig& config, Weights& weights, Visit&& visit) {
  TensorNames names = llama_names("model.");
  names.has_biases = false;
  each_tensor(config, names, weights, [&](const TensorPlace& place, auto& tensor) {
    visit(place.name, tensor, place.shape);
  });
}

/// A pre-norm, decoder-only transformer, one text for Motet's own bundles and for every public
/// family: token ids in, logits out.
///
///     x = embed[ids]                                                plus positions[t], if learned
///     for each block:  x += o(attention(q(n), k(n), v(n))),         n = attention_norm(x),
///                                                                   q and k turned, if rotary
///                      x += down(silu(gate(m)) * up(m))             m = mlp_norm(x)
///                        or down(gelu(up(m)))
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
  nn::KvCache new_cache(nn::KvWindow window = {}) const {
    return nn::KvCache(weights_.blocks.size(), window);
  }

  /// ids [B, T] of token ids, from backend.indices; returns logits [B, T, V].
  /// With a cache, B is 1 and T positions are appended to it. This and all that follow throw
  /// Error(kInvalidArgument) when learned positions are exceeded.
  nn::Tensor forward(nn::Backend& on, const nn::Tensor& ids, nn::KvCache* cache) const;

  /// The same, but the logits of the last position only: [B, 1, V].
  nn::Tensor forward_last(nn::Backend& on, const nn::Tensor& ids, nn::KvCache* cache) const;

  /// The next T positions of B sequences, each with its own cache: logits of the last ones,
  /// [B, 1, V]. Each sequence gets what it would have got alone.
  nn::Tensor forward_batch(nn::Backend& on, const nn::Tensor& ids,
                           std::span<nn::KvCache* const> caches) const;

  /// The steps of forward_last, for models of two networks: ids [B, T] to [B, T, D]; x [B, T, D]
  /// to the normed states of the last position [B, 1, D]; those to logits [B, 1, V].
  nn::Tensor embed(nn::Backend& on, const nn::Tensor& ids) const;
  nn::Tensor last_hidden(nn::Backend& on, const nn::Tensor& x, nn::KvCache* cache) const;
  nn::Tensor logits(nn::Backend& on, const nn::Tensor& hidden) const;

 private:
  nn::Tensor run(nn::Backend& on, nn::Tensor x, std::span<nn::KvCache* const> caches) const;

  DecoderConfig config_;
  DecoderWeights weights_;
};

/// Reads every tensor of a config from a source, each as it lies there: float32, bfloat16, float16,
/// int8 in blocks, or int8 and int4 with their scales, as quantize.h says. At no time does memory
/// hold the file beside the weights. Throws Error(kInvalidFile) naming the tensor when one is
/// missing, misshapen or not finite.
std::shared_ptr<const Decoder> load_decoder(const nn::TensorSource& source,
                                            const DecoderConfig& config, const TensorNames& names,
                                            nn::Backend& on);

/// The number of weights: of a bundle, and of what was loaded.
int64_t count_parameters(const DecoderConfig& config);
int64_t count_parameters(const Decoder& model);

}  // namespace motet::models
