// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace motet::data {

// What the reader and the writer of shards agree on; shard.h says it in words.

inline constexpr std::array<char, 8> kShardMagic1 = {'M', 'O', 'T', 'E', 'T', 'S', 'H', '1'};
inline constexpr std::array<char, 8> kShardMagic2 = {'M', 'O', 'T', 'E', 'T', 'S', 'H', '2'};
inline constexpr size_t kShardSourceBytes = 32;
inline constexpr size_t kHashBytes = 32;

struct ShardHeader {
  std::array<char, 8> magic{};
  uint32_t vocab_size = 0;
  float weight = 0.0F;
  uint64_t pieces = 0;
  std::array<char, kShardSourceBytes> source{};
};
static_assert(sizeof(ShardHeader) == 56);

/// 32 bytes as 64 lower-case hexadecimal digits, and back; from_hash_text takes exactly those.
std::string to_hash_text(const uint8_t* hash);
std::array<uint8_t, kHashBytes> from_hash_text(const std::string& text);

}  // namespace motet::data
