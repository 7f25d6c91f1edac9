// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "motet/nn/backend.h"

namespace motet::nn {

enum class ComputeType : uint8_t {
  kF32,
  kBF16,  ///< linear maps and attention in bfloat16; residual stream, norms and loss in float32
};

/// "f32" or "bf16"; throws Error(kInvalidArgument) on anything else.
ComputeType compute_type_of(const std::string& name);

struct TorchConfig {
  ComputeType compute = ComputeType::kF32;
  std::string device = "cpu";  ///< "cpu", "cuda", "cuda:0" ...
  int threads = 0;             ///< of LibTorch, for the whole process; 0: its own choice
};

/// The backend that learns: the operations of nn::Backend on LibTorch, recorded by autograd where a
/// parameter asks for a gradient. Builds with LibTorch 1.13 to the newest. What LibTorch does
/// slowly on a CPU (norms, rotary positions, SwiGLU, the loss) has fused kernels here, in fused.h.
///
/// This header shows nothing of LibTorch; torch_tensor.h does, for train/.
class TorchBackend final : public Backend {
 public:
  /// Throws Error(kInvalidArgument) for a device that is no device, Error(kUnavailable) for one
  /// that this machine or build lacks.
  explicit TorchBackend(const TorchConfig& config);
  ~TorchBackend() override;

  std::string_view name() const override { return "torch"; }
  const TorchConfig& config() const noexcept { return config_; }

  Tensor parameter(const HostTensor& weights) override;
  Tensor indices(std::span<const int32_t> ids, int64_t rows, int64_t length) override;
  std::vector<float> to_host(const Tensor& tensor) override;
  Tensor embed(const Tensor& table, const Tensor& ids) override;
  Tensor linear(const Tensor& weight, const Tensor& x) override;
  Tensor add(const Tensor& a, const Tensor& b) override;
  Tensor rms_norm(const Tensor& gain, const Tensor& x, float eps) override;
  Tensor layer_norm(const Tensor& gain, const Tensor& bias, const Tensor& x, float eps) override;
  Tensor add_bias(const Tensor& x, const Tensor& bias) override;
  Tensor gelu(const Tensor& x) override;
  Tensor swiglu(const Tensor& gate, const Tensor& up) override;
  Tensor rope_each(const Tensor& x, int64_t head_size, const RopeConfig& config,
                   std::span<const int64_t> positions) override;
  /// Throws Error(kUnavailable) for a cache with a window.
  Tensor attention_each(const Tensor& q, const Tensor& k, const Tensor& v,
                        const AttentionShape& shape, std::span<KvLayer* const> caches,
                        std::span<const int64_t> positions) override;
  Tensor last(const Tensor& x) override;

 private:
  struct State;
  TorchConfig config_;
  std::unique_ptr<State> state_;
};

}  // namespace motet::nn
