// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "motet/nn/tensor.h"

namespace motet::nn {

/// Keys and values of one layer for the positions seen so far; a backend keeps them as it likes.
struct KvLayer {
  std::shared_ptr<Storage> storage;
};

/// What one sequence remembers between calls. The caller owns it; the model only reads its length
/// and asks the backend to append.
struct KvCache {
  explicit KvCache(size_t layer_count) : layers(layer_count) {}

  int64_t length = 0;  ///< positions held
  std::vector<KvLayer> layers;
};

struct AttentionShape {
  int64_t heads = 1;      ///< H query heads
  int64_t kv_heads = 1;   ///< K key/value heads; divides heads
  int64_t head_size = 1;  ///< S
};

/// Rotary frequencies: theta^(-2j/S), and how a checkpoint stretched them for longer sequences.
struct RopeConfig {
  enum class Scaling : uint8_t {
    kNone,
    kLinear,  ///< every frequency / factor. Chen et al., "Position Interpolation", 2023
    kLlama3,  ///< long wavelengths / factor, short ones kept, between them a blend: see rotary.cpp
  };

  float theta = 10'000.0F;  ///< at least 1
  Scaling scaling = Scaling::kNone;
  float factor = 1.0F;                 ///< above 0
  float low_frequency_factor = 1.0F;   ///< kLlama3: below high_frequency_factor
  float high_frequency_factor = 4.0F;  ///< kLlama3
  int64_t original_positions = 8192;   ///< kLlama3: the length before it was stretched
  auto operator<=>(const RopeConfig&) const = default;
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

  /// table [V, D], ids [B, T]; returns [B, T, D].
  virtual Tensor embed(const Tensor& table, const Tensor& ids) = 0;
  /// weight [N, M], x [..., M]; returns x weight^T, [..., N].
  virtual Tensor linear(const Tensor& weight, const Tensor& x) = 0;
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
  /// Rotary positions on x [B, T, heads * S]: element j is paired with j + S/2 inside each head,
  /// and turned by (position + t) * frequency j of the config. Su et al., "RoFormer", 2021, in the
  /// half-split layout of Hugging Face's LLaMA.
  virtual Tensor rope(const Tensor& x, int64_t head_size, const RopeConfig& config,
                      int64_t position) = 0;
  /// Causal attention, scaled by 1/sqrt(S): q [B, T, H*S], k and v [B, T, K*S]; query head h uses
  /// key/value head h / (H/K). Returns [B, T, H*S].
  /// With a cache (B is 1), k and v are appended to it first and the queries are the last T
  /// positions of what it then holds; `position` is how many it held before.
  virtual Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v,
                           const AttentionShape& shape, KvLayer* cache, int64_t position) = 0;
  /// The last position of each sequence: x [B, T, D]; returns [B, 1, D].
  virtual Tensor last(const Tensor& x) = 0;
};

}  // namespace motet::nn
