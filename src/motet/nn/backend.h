// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "motet/nn/rotary.h"
#include "motet/nn/tensor.h"

namespace motet::nn {

/// Which positions are kept and seen: the first `sinks` and the last `length`, both rounded up to
/// whole pages of the backend; length 0 keeps all. The sinks are seen as if they stood right before
/// the rest. Xiao et al., "Efficient Streaming Language Models with Attention Sinks", 2023.
struct KvWindow {
  int64_t length = 0;
  int64_t sinks = 0;
};

/// Keys and values of one layer for the positions seen so far; a backend keeps them as it likes. A
/// copy is a fork: both go on from what was there, and what they share is kept once.
struct KvLayer {
  std::shared_ptr<Storage> storage;
  KvWindow window = {};
};

/// What one sequence remembers between calls. The caller owns it; the model only reads its length
/// and asks the backend to append. Setting a shorter length forgets what lay behind it.
struct KvCache {
  explicit KvCache(size_t layer_count, KvWindow window = {})
      : layers(layer_count, KvLayer{.storage = nullptr, .window = window}) {}

  int64_t length = 0;  ///< positions held
  std::vector<KvLayer> layers;
};

inline constexpr int64_t kLargestHead = 1024;  ///< S that a backend must be able to keep

struct AttentionShape {
  int64_t heads = 1;      ///< H query heads
  int64_t kv_heads = 1;   ///< K key/value heads; divides heads
  int64_t head_size = 1;  ///< S
  /// How q and k were turned, for caches with sinks; where they were not, sinks are seen as they
  /// are.
  std::optional<RopeConfig> rope = {};
};

/// The operations that every model text is written over. `nn/cpu` makes them fast, `nn/torch`
/// makes them learn. Shapes are the caller's duty (checked once, when a model is made); inside,
/// backends assert. Letters are explained in docs/shapes.md.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;

  /// Takes weights over, in whatever form this backend wants them.
  virtual Tensor parameter(const HostTensor& weights) = 0;
  /// ids, row-major [B, T], as a tensor of indices.
  virtual Tensor indices(std::span<const int32_t> ids, int64_t rows, int64_t length) = 0;
  /// The elements as float32, row-major.
  virtual std::vector<float> to_host(const Tensor& tensor) = 0;
  /// The same into memory of the caller's, as many floats as the tensor has.
  virtual void copy_to_host(const Tensor& tensor, std::span<float> floats) {
    const std::vector<float> from = to_host(tensor);
    for (size_t i = 0; i < floats.size(); ++i) floats[i] = from[i];
  }

  /// table [V, D], ids [B, T]; returns [B, T, D].
  virtual Tensor embed(const Tensor& table, const Tensor& ids) = 0;
  /// weight [N, M], x [..., M]; returns x weight^T, [..., N].
  virtual Tensor linear(const Tensor& weight, const Tensor& x) = 0;
  /// Several weights on one x, y[i] = linear(weights[i], x): a backend may share the work.
  virtual void linears(std::span<const Tensor* const> weights, const Tensor& x,
                       std::span<Tensor> y) {
    for (size_t i = 0; i < weights.size(); ++i) y[i] = linear(*weights[i], x);
  }
  /// Elementwise, same shapes.
  virtual Tensor add(const Tensor& a, const Tensor& b) = 0;
  /// gain [D], x [..., D]: x * gain / sqrt(mean(x^2) + eps). Zhang and Sennrich 2019, eq. 4.
  virtual Tensor rms_norm(const Tensor& gain, const Tensor& x, float eps) = 0;
  /// gain, bias [D], x [..., D]: (x - mean) / sqrt(variance + eps) * gain + bias. Ba, Kiros and
  /// Hinton, "Layer Normalization", 2016.
  virtual Tensor layer_norm(const Tensor& gain, const Tensor& bias, const Tensor& x, float eps) = 0;
  /// x [..., N], bias [N]: bias added to every row.
  virtual Tensor add_bias(const Tensor& x, const Tensor& bias) = 0;
  /// Elementwise x / 2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). Hendrycks and Gimpel, "GELU",
  /// 2016, in the tanh form that GPT-2 learnt with.
  virtual Tensor gelu(const Tensor& x) = 0;
  /// gate, up [..., F]: silu(gate) * up. Shazeer, "GLU Variants Improve Transformer", 2020, eq. 6.
  virtual Tensor swiglu(const Tensor& gate, const Tensor& up) = 0;
  /// gate, up [F, D], x [..., D]: swiglu(gate x, up x), [..., F]. A backend may share the work.
  virtual Tensor gated_linear(const Tensor& gate, const Tensor& up, const Tensor& x) {
    std::array<Tensor, 2> y;
    linears(std::array{&gate, &up}, x, y);
    return swiglu(y[0], y[1]);
  }
  /// Rotary positions on x [B, T, heads * S]: element j is paired with j + S/2 inside each head,
  /// and turned by (positions[b] + t) * frequency j of the config. Su et al., "RoFormer", 2021, in
  /// the half-split layout of Hugging Face's LLaMA. positions: [B], or empty where all begin at 0.
  virtual Tensor rope_each(const Tensor& x, int64_t head_size, const RopeConfig& config,
                           std::span<const int64_t> positions) = 0;
  /// Causal attention, scaled by 1/sqrt(S): q [B, T, H*S], k and v [B, T, K*S]; query head h uses
  /// key/value head h / (H/K). Returns [B, T, H*S].
  /// With caches, one a sequence, k and v are appended to them first and the queries of a sequence
  /// are the last T positions of what its cache then holds; positions[b] is how many it held
  /// before. Both are [B], or both empty. No two caches may be the same.
  virtual Tensor attention_each(const Tensor& q, const Tensor& k, const Tensor& v,
                                const AttentionShape& shape, std::span<KvLayer* const> caches,
                                std::span<const int64_t> positions) = 0;
  /// The last position of each sequence: x [B, T, D]; returns [B, 1, D].
  virtual Tensor last(const Tensor& x) = 0;

  /// rope_each of one sequence, or of any number from position 0.
  Tensor rope(const Tensor& x, int64_t head_size, const RopeConfig& config, int64_t position) {
    if (position == 0) return rope_each(x, head_size, config, {});
    return rope_each(x, head_size, config, std::array{position});
  }
  /// attention_each of one sequence with a cache, or of any number without.
  Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionShape& shape,
                   KvLayer* cache, int64_t position) {
    if (cache == nullptr) return attention_each(q, k, v, shape, {}, {});
    return attention_each(q, k, v, shape, std::array{cache}, std::array{position});
  }
};

}  // namespace motet::nn
