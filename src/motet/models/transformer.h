// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "motet/nn/backend.h"
#include "motet/nn/tensor_source.h"

namespace motet::models {

enum class NormKind : uint8_t { kRms, kLayer };
enum class PositionKind : uint8_t { kRotary, kLearned };
enum class MlpKind : uint8_t { kSwiglu, kGelu };

/// What public decoder-only checkpoints differ in. LLaMA is kRms, kRotary, kSwiglu; GPT-2 is
/// kLayer, kLearned, kGelu; Aria is kLayer, kRotary, kSwiglu.
struct TransformerConfig {
  NormKind norm = NormKind::kRms;
  PositionKind position = PositionKind::kRotary;
  MlpKind mlp = MlpKind::kSwiglu;
  int64_t vocab_size = 0;         ///< V
  int64_t hidden_size = 0;        ///< D
  int64_t intermediate_size = 0;  ///< F
  int64_t layers = 0;             ///< L
  int64_t heads = 0;              ///< H
  int64_t kv_heads = 0;           ///< K; divides H
  int64_t head_size = 0;          ///< S; even where positions are rotary
  int64_t positions = 0;          ///< the longest sequence; a hard limit where they are learned
  float norm_eps = 1e-5F;
  nn::RopeConfig rope;

  /// Throws Error(kInvalidFile) naming the field and its range.
  void validate() const;
};

/// What a family calls its tensors, and how it stores them. "%" is the number of the block; an
/// empty name means that the family has no such tensor. Matrices end in ".weight", biases in
/// ".bias"; whether a bias is there is read from the file.
struct TensorNames {
  std::string embed, positions, norm, head;  ///< an absent head is the embedding table
  std::string attention_norm;
  std::string q, k, v;
  std::string qkv;  ///< instead of the three: [q; k; v] in one matrix
  std::string o;
  std::string mlp_norm;
  std::string gate, up, down;     ///< kGelu has no gate
  bool inputs_first = false;      ///< matrices of blocks are [in, out]: GPT-2's Conv1D
  bool interleaved_rope = false;  ///< rows of q and k pair 2j with 2j+1: LLaMA in GGUF
};

/// y = x weight^T + bias.
struct Affine {
  nn::Tensor weight;  // [N, M]
  nn::Tensor bias;    // [N], or empty
};

struct TransformerBlock {
  Affine attention_norm;  // gain [D], bias [D] or empty
  Affine q, k, v, o;      // [H*S, D] [K*S, D] [K*S, D] [D, H*S]
  Affine mlp_norm;
  Affine gate, up, down;  // [F, D] [F, D] [D, F]
};

struct TransformerWeights {
  nn::Tensor embed;      // [V, D]; empty where the family embeds something else
  nn::Tensor positions;  // [P, D] where they are learned
  std::vector<TransformerBlock> blocks;
  Affine norm;
  nn::Tensor head;  // [V, D]; empty: none, or the embedding table
};

/// A pre-norm, decoder-only transformer of any of the public families, one text for all:
///
///     x += positions[t]                                             where positions are learned
///     for each block:  x += o(attention(q(n), k(n), v(n))),         n = attention_norm(x),
///                                                                   q and k turned where rotary
///                      x += down(silu(gate(m)) * up(m))             m = mlp_norm(x)
///                        or down(gelu(up(m)))
///     hidden = norm(x);  logits = head hidden
///
/// Immutable once made, as Decoder is. Motet's own bundles are run, and trained, by Decoder.
class Transformer {
 public:
  /// Throws Error(kInvalidFile) as config.validate() does. weights.blocks has L entries.
  Transformer(const TransformerConfig& config, TransformerWeights weights);

  const TransformerConfig& config() const noexcept { return config_; }
  const TransformerWeights& weights() const noexcept { return weights_; }
  nn::KvCache new_cache() const { return nn::KvCache(weights_.blocks.size()); }

  /// ids [B, T]; returns [B, T, D].
  nn::Tensor embed(nn::Backend& on, const nn::Tensor& ids) const;
  /// x [B, T, D], as embed() gives it; returns the normed hidden states [B, T, D]. With a cache, B
  /// is 1 and T positions are appended to it. Throws Error(kInvalidArgument) when learned positions
  /// are exceeded.
  nn::Tensor hidden(nn::Backend& on, nn::Tensor x, nn::KvCache* cache) const;
  /// hidden [B, T, D]; returns [B, T, V].
  nn::Tensor logits(nn::Backend& on, const nn::Tensor& hidden) const;
  /// logits(hidden(embed(ids))).
  nn::Tensor forward(nn::Backend& on, const nn::Tensor& ids, nn::KvCache* cache) const;

 private:
  nn::Tensor normed(nn::Backend& on, const Affine& norm, const nn::Tensor& x) const;
  nn::Tensor attend(nn::Backend& on, const TransformerBlock& block, const nn::Tensor& x,
                    nn::KvLayer* cache, int64_t position) const;

  TransformerConfig config_;
  TransformerWeights weights_;
};

/// x weight^T + bias.
nn::Tensor affine(nn::Backend& on, const Affine& map, const nn::Tensor& x);

/// Reads every tensor of a config from a source. Throws Error(kInvalidFile) naming the tensor when
/// one is missing, misshapen or not finite.
std::shared_ptr<const Transformer> load_transformer(const nn::TensorSource& source,
                                                    const TransformerConfig& config,
                                                    const TensorNames& names, nn::Backend& on);

/// The number of weights.
int64_t count_parameters(const Transformer& model);

}  // namespace motet::models
