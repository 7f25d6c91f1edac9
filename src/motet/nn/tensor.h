// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace motet::nn {

using Shape = std::vector<int64_t>;

/// The product of the dimensions; 1 for a scalar.
int64_t count_of(const Shape& shape);
std::string to_string(const Shape& shape);  ///< "[2, 3]"

enum class DType : uint8_t { kF32, kBF16, kF16, kI8 };
size_t size_of(DType type);       ///< bytes an element
std::string name_of(DType type);  ///< as safetensors writes it: "F32" "BF16" "F16" "I8"

/// Numbers on the host, looked at and not owned: a tensor inside a mapped safetensors file, or a
/// vector that outlives the call. Row-major, little-endian.
struct HostTensor {
  DType type = DType::kF32;
  Shape shape;
  std::span<const uint8_t> bytes;  ///< count_of(shape) * size_of(type)
  /// Of an I8 matrix [N, M]: [N], what a byte of each row is to be multiplied by. Else empty.
  std::span<const float> row_scales = {};
};

/// The elements as float32, whatever the type.
std::vector<float> to_floats(const HostTensor& tensor);

/// What a backend keeps behind a tensor.
class Storage {
 public:
  virtual ~Storage() = default;
};

/// A value of some backend: cheap to copy, never changed after it was made. Only the backend that
/// made it may look inside.
struct Tensor {
  Shape shape;
  std::shared_ptr<Storage> storage;

  int64_t dim(int i) const {
    return shape[static_cast<size_t>(i < 0 ? i + static_cast<int>(shape.size()) : i)];
  }
};

}  // namespace motet::nn
