// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/tensor.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <optional>

#include "motet/base/error.h"
#include "motet/nn/int8_block.h"

namespace motet::nn {
namespace {

uint16_t half_at(std::span<const uint8_t> bytes, size_t i) {
  return static_cast<uint16_t>(bytes[2 * i] | (bytes[2 * i + 1] << 8));
}

/// bf16 is the upper half of a float32.
float from_bf16(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

/// The first of the numbers whose exponent bits are all ones. Looks at many at once, then again
/// where one was seen.
template <typename Bits>
std::optional<size_t> first_with_ones(std::span<const uint8_t> bytes, Bits ones) {
  constexpr size_t kAtOnce = 1024;
  const size_t count = bytes.size() / sizeof(Bits);
  const auto is_odd = [&](size_t i) {
    Bits bits;
    std::memcpy(&bits, bytes.data() + i * sizeof(Bits), sizeof(Bits));
    return (bits & ones) == ones;
  };
  for (size_t begin = 0; begin < count; begin += kAtOnce) {
    const size_t end = std::min(begin + kAtOnce, count);
    bool seen = false;
    for (size_t i = begin; i < end; ++i) seen |= is_odd(i);
    for (size_t i = begin; seen && i < end; ++i) {
      if (is_odd(i)) return i;
    }
  }
  return std::nullopt;
}

/// The first element of a block whose scale is not finite.
std::optional<size_t> first_block_not_finite(std::span<const uint8_t> bytes) {
  const size_t blocks = bytes.size() / kInt8BlockBytes;
  for (size_t b = 0; b < blocks; ++b) {
    const uint16_t scale = half_at(bytes.subspan(b * kInt8BlockBytes), 0);
    if ((scale & 0x7C00U) == 0x7C00U) return b * kInt8Block;
  }
  return std::nullopt;
}

std::optional<size_t> first_not_finite(const HostTensor& tensor) {
  switch (tensor.type) {
    case DType::kF32:
      return first_with_ones<uint32_t>(tensor.bytes, 0x7F80'0000U);
    case DType::kBF16:
      return first_with_ones<uint16_t>(tensor.bytes, 0x7F80U);
    case DType::kF16:
      return first_with_ones<uint16_t>(tensor.bytes, 0x7C00U);
    case DType::kI8Block:
      return first_block_not_finite(tensor.bytes);
    case DType::kI8:
    case DType::kI4:
      break;
  }
  return std::nullopt;
}

}  // namespace

/// Sign, 5 bits of exponent (bias 15), 10 of fraction.
float from_f16(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000U) << 16;
  const uint32_t exponent = (bits >> 10) & 0x1FU;
  const uint32_t fraction = bits & 0x3FFU;
  if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F80'0000U | (fraction << 13));
  if (exponent != 0)
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  const float magnitude = static_cast<float>(fraction) * 0x1p-24F;  // subnormal, exact
  return sign != 0 ? -magnitude : magnitude;
}

uint16_t to_f16(float value) {
  constexpr float kLeastNormal = 0x1p-14F;
  constexpr float kMost = 65504.0F;
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000U);
  const float magnitude = std::min(std::abs(value), kMost);
  if (magnitude < kLeastNormal) {  // a whole number of the least subnormal one
    return static_cast<uint16_t>(sign | static_cast<uint16_t>(std::lrint(magnitude * 0x1p24F)));
  }
  const uint32_t whole = std::bit_cast<uint32_t>(magnitude);
  const uint32_t rounded = whole + 0xFFFU + (whole >> 13 & 1U);
  return static_cast<uint16_t>(sign | ((rounded >> 13) - (112U << 10)));
}

void Shape::push_back(int64_t size) {
  if (count_ == kMost) {
    throw Error(ErrorCode::kInvalidArgument,
                "shape: expected at most 8 dimensions, found more: " + to_string(*this) + " ...");
  }
  sizes_[count_++] = size;
}

int64_t count_of(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t n : shape) count *= n;
  return count;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

size_t size_of(DType type) {
  assert(type != DType::kI4 && type != DType::kI8Block);
  if (type == DType::kI8) return 1;
  return type == DType::kF32 ? 4 : 2;
}

std::string name_of(DType type) {
  switch (type) {
    case DType::kF32:
      return "F32";
    case DType::kBF16:
      return "BF16";
    case DType::kF16:
      return "F16";
    case DType::kI8:
      return "I8";
    case DType::kI4:
      return "I4";
    case DType::kI8Block:
      return "I8 in blocks";
  }
  return "?";
}

std::vector<float> to_floats(const HostTensor& tensor) {
  std::vector<float> floats(static_cast<size_t>(count_of(tensor.shape)));
  if (floats.empty()) return floats;
  switch (tensor.type) {
    case DType::kF32:
      std::memcpy(floats.data(), tensor.bytes.data(), tensor.bytes.size());
      break;
    case DType::kBF16:
      for (size_t i = 0; i < floats.size(); ++i) floats[i] = from_bf16(half_at(tensor.bytes, i));
      break;
    case DType::kF16:
      for (size_t i = 0; i < floats.size(); ++i) floats[i] = from_f16(half_at(tensor.bytes, i));
      break;
    case DType::kI8:
      for (size_t i = 0; i < floats.size(); ++i) {
        const size_t row = i / static_cast<size_t>(tensor.shape.back());
        const float scale = tensor.row_scales.empty() ? 1.0F : tensor.row_scales[row];
        floats[i] = static_cast<float>(static_cast<int8_t>(tensor.bytes[i])) * scale;
      }
      break;
    case DType::kI4:
      for (size_t i = 0; i < floats.size(); ++i) {
        const int nibble = tensor.bytes[i / 2] >> (i % 2 == 0 ? 0 : 4) & 0xF;
        floats[i] = static_cast<float>(nibble - 8) * tensor.row_scales[i / 32];
      }
      break;
    case DType::kI8Block:
      for (size_t i = 0; i < floats.size(); ++i) {
        const auto block = tensor.bytes.subspan(i / kInt8Block * kInt8BlockBytes);
        floats[i] = static_cast<float>(static_cast<int8_t>(block[2 + i % kInt8Block])) *
                    from_f16(half_at(block, 0));
      }
      break;
  }
  return floats;
}

std::string what_is_not_finite(const HostTensor& tensor) {
  const std::optional<size_t> bad = first_not_finite(tensor);
  if (!bad) return "";
  if (tensor.type == DType::kI8Block) {
    return "the scale of element " + std::to_string(*bad) + " is not finite";
  }
  const size_t size = size_of(tensor.type);
  const std::vector<float> value = to_floats(
      {.type = tensor.type, .shape = {1}, .bytes = tensor.bytes.subspan(*bad * size, size)});
  return "element " + std::to_string(*bad) +
         (std::isnan(value[0]) ? " is not a number" : " is infinite");
}

}  // namespace motet::nn
