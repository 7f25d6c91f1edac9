// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "motet/nn/tensor.h"

namespace motet::test {

/// The bytes of a number, little-endian as this machine.
template <typename Number>
std::string bytes_of_number(Number value) {
  std::string bytes(sizeof(Number), '\0');
  std::memcpy(bytes.data(), &value, sizeof(Number));
  return bytes;
}

inline std::string gguf_text(std::string_view text) {
  return bytes_of_number<uint64_t>(text.size()).append(text);
}

/// Writes GGUF as ggml's own package does. Every part may be changed before file(), so that a test
/// can lie about anything.
struct MadeGguf {
  uint32_t version = 3;
  uint64_t tensor_count = 0;
  uint64_t key_count = 0;
  size_t alignment = 32;
  std::string keys, tensors, data;

  /// type  as the format numbers them: 4 u32, 6 f32, 8 text, 9 list
  void key(std::string_view name, uint32_t type, const std::string& value) {
    keys += gguf_text(name) + bytes_of_number(type) + value;
    ++key_count;
  }
  void whole(std::string_view name, int64_t value) {
    key(name, 4, bytes_of_number(static_cast<uint32_t>(value)));
  }
  void real(std::string_view name, double value) {
    key(name, 6, bytes_of_number(static_cast<float>(value)));
  }
  void text(std::string_view name, std::string_view value) { key(name, 8, gguf_text(value)); }

  /// An entry of the table alone; sizes innermost first, as in the file.
  void entry(std::string_view name, const std::vector<uint64_t>& sizes, uint32_t type,
             uint64_t offset) {
    tensors += gguf_text(name) + bytes_of_number(static_cast<uint32_t>(sizes.size()));
    for (const uint64_t size : sizes) tensors += bytes_of_number(size);
    tensors += bytes_of_number(type) + bytes_of_number(offset);
    ++tensor_count;
  }

  /// A tensor of float32 with its data; shape outermost first, as everywhere else.
  void floats(std::string_view name, const nn::Shape& shape, const std::vector<float>& values) {
    std::vector<uint64_t> sizes(shape.begin(), shape.end());
    std::ranges::reverse(sizes);
    entry(name, sizes, 0, data.size());
    data.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    pad(data);
  }

  /// A matrix of Q8_0; blocks as nn::Int8BlockMatrix has them.
  void blocks(std::string_view name, const nn::Shape& shape, const std::vector<uint8_t>& bytes) {
    std::vector<uint64_t> sizes(shape.begin(), shape.end());
    std::ranges::reverse(sizes);
    entry(name, sizes, 8, data.size());
    data.append(bytes.begin(), bytes.end());
    pad(data);
  }

  std::string file() const {
    std::string bytes = "GGUF" + bytes_of_number(version) + bytes_of_number(tensor_count) +
                        bytes_of_number(key_count) + keys + tensors;
    pad(bytes);
    return bytes + data;
  }

 private:
  void pad(std::string& bytes) const {
    bytes.resize((bytes.size() + alignment - 1) / alignment * alignment);
  }
};

}  // namespace motet::test
