// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace motet::nn {

/// The dimensions of a tensor, outermost first; at most eight, so that none needs memory of its
/// own.
class Shape {
 public:
  static constexpr size_t kMost = 8;

  Shape() = default;
  /// Throws Error(kInvalidArgument) beyond kMost dimensions, as push_back does.
  Shape(std::initializer_list<int64_t> sizes) : Shape(sizes.begin(), sizes.end()) {}
  template <typename Iterator>
  Shape(Iterator first, Iterator last) {
    for (; first != last; ++first) push_back(*first);
  }

  size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  int64_t* data() noexcept { return sizes_.data(); }
  const int64_t* data() const noexcept { return sizes_.data(); }
  int64_t* begin() noexcept { return data(); }
  int64_t* end() noexcept { return data() + count_; }
  const int64_t* begin() const noexcept { return data(); }
  const int64_t* end() const noexcept { return data() + count_; }
  int64_t& operator[](size_t i) noexcept { return sizes_[i]; }
  int64_t operator[](size_t i) const noexcept { return sizes_[i]; }
  int64_t& back() noexcept { return sizes_[count_ - 1]; }
  int64_t back() const noexcept { return sizes_[count_ - 1]; }
  void push_back(int64_t size);
  bool operator==(const Shape&) const = default;  // what lies beyond size() is zero

 private:
  std::array<int64_t, kMost> sizes_{};
  size_t count_ = 0;
};

/// The product of the dimensions; 1 for a scalar.
int64_t count_of(const Shape& shape);
std::string to_string(const Shape& shape);  ///< "[2, 3]"

enum class DType : uint8_t {
  kF32,
  kBF16,
  kF16,
  kI8,
  kI4,       ///< of matrices in memory alone: int4.h
  kI8Block,  ///< int8 with a scale for 32 elements of a row, matrices alone: int8_block.h
};
size_t size_of(DType type);       ///< bytes an element; not of kI4 and kI8Block
std::string name_of(DType type);  ///< as safetensors writes it: "F32" "BF16" "F16" "I8"

/// Numbers on the host, looked at and not owned: a tensor inside a mapped safetensors file, or a
/// vector that outlives the call. Row-major, little-endian.
struct HostTensor {
  DType type = DType::kF32;
  Shape shape;
  std::span<const uint8_t> bytes;  ///< count_of(shape) * size_of(type)
  /// Of an I8 matrix [N, M]: [N], what a byte of each row is to be multiplied by. Of an I4 matrix:
  /// [N, M/32]. Else empty.
  std::span<const float> row_scales = {};
};

/// IEEE 754 binary16, from its bits; and the nearest one, half to even, of a finite number. What is
/// too large becomes the largest.
float from_f16(uint16_t bits);
uint16_t to_f16(float value);

/// The elements as float32, whatever the type.
std::vector<float> to_floats(const HostTensor& tensor);

/// "element 17 is not a number", or "... is infinite", of the first such element; empty where every
/// one is finite. Looks at the bits and makes no copy.
std::string what_is_not_finite(const HostTensor& tensor);

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
