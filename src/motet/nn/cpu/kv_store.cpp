// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/cpu/kv_store.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <memory>

namespace motet::nn {
namespace {

/// Copies the first `length` positions of each head.
template <typename T>
void copy_heads(const std::vector<T>& from, std::vector<T>& to, int64_t heads, int64_t length,
                int64_t stride) {
  if (from.empty()) return;
  const auto old_size = from.size() / static_cast<size_t>(heads);
  const auto new_size = to.size() / static_cast<size_t>(heads);
  for (size_t head = 0; head < static_cast<size_t>(heads); ++head) {
    std::memcpy(to.data() + head * new_size, from.data() + head * old_size,
                static_cast<size_t>(length * stride) * sizeof(T));
  }
}

std::shared_ptr<KvStore> copy_of(const KvStore& from, int64_t capacity, int64_t length) {
  auto to = std::make_shared<KvStore>(from.type, from.K, capacity, from.S);
  for (KvRows KvStore::*rows : {&KvStore::keys, &KvStore::values}) {
    copy_heads((from.*rows).floats, ((*to).*rows).floats, from.K, length, from.stride());
    copy_heads((from.*rows).bytes, ((*to).*rows).bytes, from.K, length, from.stride());
    copy_heads((from.*rows).scales, ((*to).*rows).scales, from.K, length, 1);
  }
  return to;
}

}  // namespace

KvStore::KvStore(CacheType cache_type, int64_t kv_heads, int64_t positions, int64_t head_size)
    : type(cache_type), K(kv_heads), capacity(positions), S(head_size) {
  const auto count = static_cast<size_t>(K * capacity);
  for (KvRows* rows : {&keys, &values}) {
    if (type == CacheType::kInt8) {
      rows->bytes.resize(count * static_cast<size_t>(stride()));
      rows->scales.resize(count);
    } else {
      rows->floats.resize(count * static_cast<size_t>(stride()));
    }
  }
}

kernels::Int8Rows KvStore::head_bytes(const KvRows& rows, int64_t head,
                                      int64_t count) const noexcept {
  return {.bytes = rows.bytes.data() + head * capacity * stride(),
          .scales = rows.scales.data() + head * capacity,
          .stride = static_cast<size_t>(stride()),
          .count = static_cast<size_t>(count)};
}

const float* KvStore::head_floats(const KvRows& rows, int64_t head) const noexcept {
  return rows.floats.data() + head * capacity * S;
}

void KvStore::append(const kernels::KernelTable& kernel, const float* k, const float* v,
                     int64_t length, int64_t position) {
  const auto width = static_cast<size_t>(S);
  const auto put = [&](KvRows& rows, const float* from, int64_t slot) {
    const auto at = static_cast<size_t>(slot);
    if (type == CacheType::kInt8) {
      uint8_t* bytes = rows.bytes.data() + at * static_cast<size_t>(stride());
      rows.scales[at] = kernel.quantize(from, bytes, width);
    } else {
      std::memcpy(rows.floats.data() + at * width, from, width * sizeof(float));
    }
  };
  for (int64_t t = 0; t < length; ++t) {
    for (int64_t head = 0; head < K; ++head) {
      const int64_t source = (t * K + head) * S;
      const int64_t slot = head * capacity + position + t;
      put(keys, k + source, slot);
      put(values, v + source, slot);
    }
  }
}

KvStore& own(KvLayer& layer, CacheType type, const AttentionShape& shape, int64_t held,
             int64_t needed) {
  constexpr int64_t kFirstCapacity = 64;
  if (layer.storage == nullptr) {
    assert(held == 0);
    layer.storage = std::make_shared<KvStore>(type, shape.kv_heads,
                                              std::max(needed, kFirstCapacity), shape.head_size);
  }
  const auto& present = static_cast<const KvStore&>(*layer.storage);
  assert(present.type == type && present.K == shape.kv_heads && present.S == shape.head_size);
  if (needed > present.capacity || layer.storage.use_count() > 1) {
    const int64_t capacity =
        needed > present.capacity ? std::max(needed, 2 * present.capacity) : present.capacity;
    layer.storage = copy_of(present, capacity, held);
  }
  return static_cast<KvStore&>(*layer.storage);
}

}  // namespace motet::nn
