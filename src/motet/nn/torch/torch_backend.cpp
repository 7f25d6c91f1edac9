// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/torch/torch_backend.h"

#include <ATen/Parallel.h>
#include <torch/version.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "motet/base/error.h"
#include "motet/nn/torch/fused.h"
#include "motet/nn/torch/torch_tensor.h"

// scaled_dot_product_attention took its present form in 2.0.
#define MOTET_TORCH_HAS_SDPA (TORCH_VERSION_MAJOR >= 2)

namespace motet::nn {
namespace {

at::ScalarType scalar_type_of(DType type) {
  switch (type) {
    case DType::kF32:
      return at::kFloat;
    case DType::kBF16:
      return at::kBFloat16;
    case DType::kF16:
      return at::kHalf;
    case DType::kI8:
    case DType::kI4:  // two to a byte; see parameter
    case DType::kI8Block:
      return at::kChar;
  }
  return at::kFloat;
}

at::Device device_of(const std::string& name) {
  try {
    const at::Device device(name);
    if (device.is_cpu()) return device;
    at::empty({1}, at::TensorOptions().device(device));
    return device;
  } catch (const c10::Error& e) {
    const bool unknown = !name.starts_with("cuda");
    throw Error(unknown ? ErrorCode::kInvalidArgument : ErrorCode::kUnavailable,
                "device \"" + name + "\": expected cpu, cuda or cuda:N that this machine has: " +
                    e.what_without_backtrace());
  }
}

struct TorchKv final : Storage {
  at::Tensor k, v;  // [1, K, positions, S]
};

/// What the layer holds after `position` positions and these. A new record each time, so that a
/// copied cache keeps what it held.
const TorchKv& append(KvLayer& layer, const at::Tensor& k, const at::Tensor& v, int64_t position) {
  if (layer.window.length > 0) {
    throw Error(ErrorCode::kUnavailable, "torch: sliding windows are for the cpu backend");
  }
  const auto held = std::make_shared<TorchKv>();
  held->k = k;
  held->v = v;
  if (const auto* before = static_cast<const TorchKv*>(layer.storage.get());
      before != nullptr && position > 0) {
    held->k = at::cat({before->k.narrow(2, 0, position), k}, 2);
    held->v = at::cat({before->v.narrow(2, 0, position), v}, 2);
  }
  layer.storage = held;
  return *held;
}

/// [B, T, heads * S] as [B, heads, T, S].
at::Tensor split_heads(const at::Tensor& x, int64_t heads, int64_t head_size) {
  return x.view({x.size(0), x.size(1), heads, head_size}).transpose(1, 2);
}

/// Query head h reads key head h / (H/K): each key head is repeated H/K times.
at::Tensor repeat_heads(const at::Tensor& x, int64_t times) {
  if (times == 1) return x;
  return x.unsqueeze(2)
      .expand({x.size(0), x.size(1), times, x.size(2), x.size(3)})
      .reshape({x.size(0), x.size(1) * times, x.size(2), x.size(3)});
}

/// Softmax attention written out; the queries are the last positions of the keys.
at::Tensor attend_plainly(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(-1)));
  const int64_t queries = q.size(2);
  const int64_t keys = k.size(2);
  at::Tensor scores = at::matmul(q * scale, k.transpose(-2, -1));
  if (queries > 1) {
    const at::Tensor hidden = at::ones({queries, keys}, q.options().dtype(at::kBool))
                                  .triu(/*diagonal=*/keys - queries + 1);
    scores = scores.masked_fill(hidden, -INFINITY);
  }
  const at::Tensor shares = at::softmax(scores, -1, at::kFloat).to(q.scalar_type());
  return at::matmul(shares, v);
}

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
#if MOTET_TORCH_HAS_SDPA
  if (q.size(2) == k.size(2)) {
    return at::scaled_dot_product_attention(q, k, v, /*attn_mask=*/{}, /*dropout_p=*/0.0,
                                            /*is_causal=*/true);
  }
#endif
  return attend_plainly(q, k, v);
}

}  // namespace

ComputeType compute_type_of(const std::string& name) {
  if (name == "f32") return ComputeType::kF32;
  if (name == "bf16") return ComputeType::kBF16;
  throw Error(ErrorCode::kInvalidArgument,
              "compute type: expected f32 or bf16, found \"" + name + "\"");
}

struct TorchBackend::State {
  using Turn = std::pair<at::Tensor, at::Tensor>;  // cosine, sine [T, S/2]

  at::Device device = at::kCPU;
  at::ScalarType compute = at::kFloat;
  std::mutex mutex;
  std::map<std::tuple<int64_t, RopeConfig, int64_t>, Turn> turns;  // of sequences from position 0

  /// Rows firsts[b] + t: [B * length, S/2], or [length, S/2] where all begin at 0.
  Turn make_turn(int64_t head_size, const RopeConfig& config, std::span<const int64_t> firsts,
                 int64_t length) const {
    const std::vector<double> frequencies = rotary_frequencies(head_size, config);
    std::vector<float> cosine;
    std::vector<float> sine;
    for (const int64_t first : firsts) {
      for (int64_t t = 0; t < length; ++t) {
        for (const double frequency : frequencies) {
          const double angle = static_cast<double>(first + t) * frequency;
          cosine.push_back(static_cast<float>(std::cos(angle)) * config.attention_factor);
          sine.push_back(static_cast<float>(std::sin(angle)) * config.attention_factor);
        }
      }
    }
    const auto table = [&](std::vector<float>& values) {
      const auto half = static_cast<int64_t>(frequencies.size());
      return at::from_blob(values.data(), {static_cast<int64_t>(values.size()) / half, half},
                           at::kFloat)
          .clone()
          .to(device);
    };
    return {table(cosine), table(sine)};
  }

  Turn turn_from_zero(int64_t head_size, const RopeConfig& config, int64_t length) {
    const std::lock_guard lock(mutex);
    const auto key = std::tuple(head_size, config, length);
    const auto found = turns.find(key);
    if (found != turns.end()) return found->second;
    constexpr std::array<int64_t, 1> kZero{0};
    return turns.emplace(key, make_turn(head_size, config, kZero, length)).first->second;
  }
};

TorchBackend::TorchBackend(const TorchConfig& config)
    : config_(config), state_(std::make_unique<State>()) {
  state_->device = device_of(config.device);
  state_->compute = config.compute == ComputeType::kBF16 ? at::kBFloat16 : at::kFloat;
  if (config.threads > 0) at::set_num_threads(config.threads);
}

TorchBackend::~TorchBackend() = default;

Tensor TorchBackend::parameter(const HostTensor& weights) {
  if (weights.type == DType::kI4 || weights.type == DType::kI8Block) {
    const std::vector<float> floats = to_floats(weights);
    return parameter({.type = DType::kF32,
                      .shape = weights.shape,
                      .bytes = {reinterpret_cast<const uint8_t*>(floats.data()),
                                floats.size() * sizeof(float)}});
  }
  auto* bytes = const_cast<uint8_t*>(weights.bytes.data());  // from_blob asks; nothing is written
  const at::Tensor view =
      at::from_blob(bytes, weights.shape, at::TensorOptions().dtype(scalar_type_of(weights.type)));
  at::Tensor value = view.to(state_->device, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  if (weights.type == DType::kI8) {  // a scale a row
    auto* scales = const_cast<float*>(weights.row_scales.data());
    value.mul_(at::from_blob(scales, {weights.shape[0], 1}, at::kFloat).to(state_->device));
  }
  return from_torch(value);
}

Tensor TorchBackend::indices(std::span<const int32_t> ids, int64_t rows, int64_t length) {
  auto* data = const_cast<int32_t*>(ids.data());  // as above
  const at::Tensor view = at::from_blob(data, {rows, length}, at::kInt);
  return from_torch(view.to(at::kLong).to(state_->device));
}

std::vector<float> TorchBackend::to_host(const Tensor& tensor) {
  const at::Tensor value = torch_of(tensor).detach().to(at::kCPU, at::kFloat).contiguous();
  const float* data = value.data_ptr<float>();
  return {data, data + value.numel()};
}

Tensor TorchBackend::embed(const Tensor& table, const Tensor& ids) {
  try {
    return from_torch(at::embedding(torch_of(table), torch_of(ids)));
  } catch (const c10::Error&) {  // on a CPU; CUDA cannot say it so early
    throw Error(ErrorCode::kInvalidArgument,
                "embed: a token id is outside the vocabulary of " + std::to_string(table.dim(0)));
  }
}

Tensor TorchBackend::linear(const Tensor& weight, const Tensor& x) {
  const at::ScalarType type = state_->compute;
  return from_torch(at::linear(torch_of(x).to(type), torch_of(weight).to(type)));
}

Tensor TorchBackend::add(const Tensor& a, const Tensor& b) {
  return from_torch(at::add(torch_of(a), torch_of(b)));  // float32 + bfloat16 is float32
}

Tensor TorchBackend::rms_norm(const Tensor& gain, const Tensor& x, float eps) {
  return from_torch(fused::rms_norm(torch_of(x), torch_of(gain), eps, state_->compute));
}

Tensor TorchBackend::layer_norm(const Tensor& gain, const Tensor& bias, const Tensor& x,
                                float eps) {
  const at::Tensor value = torch_of(x).to(at::kFloat);
  const at::Tensor y =
      at::layer_norm(value, {x.dim(-1)}, torch_of(gain), torch_of(bias), double{eps});
  return from_torch(y.to(state_->compute));
}

Tensor TorchBackend::add_bias(const Tensor& x, const Tensor& bias) {
  return from_torch(at::add(torch_of(x), torch_of(bias)));
}

Tensor TorchBackend::gelu(const Tensor& x) { return from_torch(at::gelu(torch_of(x), "tanh")); }

Tensor TorchBackend::swiglu(const Tensor& gate, const Tensor& up) {
  return from_torch(fused::swiglu(torch_of(gate), torch_of(up)));
}

Tensor TorchBackend::rope_each(const Tensor& x, int64_t head_size, const RopeConfig& config,
                               std::span<const int64_t> positions) {
  const at::Tensor& value = torch_of(x);
  const auto is_zero = [](int64_t position) { return position == 0; };
  if (std::ranges::all_of(positions, is_zero)) {
    const auto [cosine, sine] = state_->turn_from_zero(head_size, config, x.dim(1));
    return from_torch(fused::rope(value, cosine, sine));
  }
  std::vector<at::Tensor> turned;
  for (int64_t b = 0; b < x.dim(0); ++b) {
    const auto first = positions.subspan(static_cast<size_t>(b), 1);
    const auto [cosine, sine] = state_->make_turn(head_size, config, first, x.dim(1));
    turned.push_back(fused::rope(value.narrow(0, b, 1).contiguous(), cosine, sine));
  }
  return from_torch(at::cat(turned, 0));
}

Tensor TorchBackend::attention_each(const Tensor& q, const Tensor& k, const Tensor& v,
                                    const AttentionShape& shape, std::span<KvLayer* const> caches,
                                    std::span<const int64_t> positions) {
  const at::Tensor queries = split_heads(torch_of(q), shape.heads, shape.head_size);
  const at::Tensor keys = split_heads(torch_of(k), shape.kv_heads, shape.head_size);
  const at::Tensor values = split_heads(torch_of(v), shape.kv_heads, shape.head_size);
  const int64_t times = shape.heads / shape.kv_heads;
  const auto merge = [&](const at::Tensor& y) {
    return from_torch(y.transpose(1, 2).reshape({q.dim(0), q.dim(1), q.dim(2)}));
  };
  if (caches.empty()) {
    return merge(attend(queries, repeat_heads(keys, times), repeat_heads(values, times)));
  }
  std::vector<at::Tensor> parts;
  for (size_t b = 0; b < caches.size(); ++b) {
    const auto row = static_cast<int64_t>(b);
    const TorchKv& held =
        append(*caches[b], keys.narrow(0, row, 1), values.narrow(0, row, 1), positions[b]);
    parts.push_back(attend(queries.narrow(0, row, 1), repeat_heads(held.k, times),
                           repeat_heads(held.v, times)));
  }
  return merge(at::cat(parts, 0));
}

Tensor TorchBackend::last(const Tensor& x) {
  const at::Tensor& value = torch_of(x);
  return from_torch(value.narrow(1, value.size(1) - 1, 1).contiguous());
}

}  // namespace motet::nn
