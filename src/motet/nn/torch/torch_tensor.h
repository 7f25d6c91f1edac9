// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cassert>
#include <memory>
#include <utility>

#include "motet/nn/tensor.h"

namespace motet::nn {

/// What stands behind a Tensor of TorchBackend. For nn/torch and train only: whoever includes this
/// header compiles LibTorch.
struct TorchStorage final : Storage {
  explicit TorchStorage(at::Tensor tensor) : value(std::move(tensor)) {}
  at::Tensor value;
};

inline const at::Tensor& torch_of(const Tensor& tensor) {
  assert(dynamic_cast<const TorchStorage*>(tensor.storage.get()) != nullptr);
  return static_cast<const TorchStorage&>(*tensor.storage).value;
}

inline Tensor from_torch(at::Tensor value) {
  const Shape shape(value.sizes().begin(), value.sizes().end());
  return {shape, std::make_shared<TorchStorage>(std::move(value))};
}

}  // namespace motet::nn
