// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

namespace motet::nn::fused {

/// Operations with their gradients, each one pass over memory on a CPU (where LibTorch would make
/// five to ten) and composed of LibTorch's operations elsewhere. Arithmetic is in float32; what is
/// written has the type that is named. All are deterministic, whatever the number of threads.

/// x [..., D] float32, gain [D] float32; returns `type`: x * gain / sqrt(mean(x^2) + eps).
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& gain, double eps, at::ScalarType type);

/// gate, up [..., F] of one type; returns that type: silu(gate) * up.
at::Tensor swiglu(const at::Tensor& gate, const at::Tensor& up);

/// x [B, T, heads * S]; cosine, sine [T, S/2] float32; returns x's type. Element j of a head is
/// paired with j + S/2.
at::Tensor rope(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine);

/// logits [N, V]; targets [N] of int64, -1 where a row does not count. Returns the sum over the
/// rows that count of -ln softmax(logits)[target], float32, a scalar.
at::Tensor cross_entropy_sum(const at::Tensor& logits, const at::Tensor& targets);

}  // namespace motet::nn::fused
