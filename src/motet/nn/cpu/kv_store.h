// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "motet/nn/backend.h"
#include "motet/nn/cpu/kernels.h"

namespace motet::nn {

/// How keys and values are kept between calls.
enum class CacheType : uint8_t {
  kFloat32,
  kInt8,  ///< a scale for each head of each position: a quarter of the memory, and of the reading
};

/// Keys or values of one layer: [K, capacity, S], so that a head's positions lie together.
struct KvRows {
  std::vector<float> floats;   ///< of kFloat32
  std::vector<uint8_t> bytes;  ///< of kInt8: [K, capacity, S rounded up to 16]
  std::vector<float> scales;   ///< of kInt8: [K, capacity]
};

/// What the cpu backend keeps in a KvLayer.
struct KvStore final : Storage {
  KvStore(CacheType type, int64_t kv_heads, int64_t capacity, int64_t head_size);

  int64_t stride() const noexcept { return type == CacheType::kInt8 ? (S + 15) / 16 * 16 : S; }
  kernels::Int8Rows head_bytes(const KvRows& rows, int64_t head, int64_t count) const noexcept;
  const float* head_floats(const KvRows& rows, int64_t head) const noexcept;
  /// k, v: [length, K, S]; stored at `position` and after.
  void append(const kernels::KernelTable& kernel, const float* k, const float* v, int64_t length,
              int64_t position);

  CacheType type;
  int64_t K;
  int64_t capacity;
  int64_t S;
  KvRows keys;
  KvRows values;
};

/// The layer's store, owned by it alone and with room for `needed` positions, of which the first
/// `held` are kept. Grows by doubling.
KvStore& own(KvLayer& layer, CacheType type, const AttentionShape& shape, int64_t held,
             int64_t needed);

}  // namespace motet::nn
