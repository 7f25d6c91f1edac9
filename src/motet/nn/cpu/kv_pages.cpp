// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/cpu/kv_pages.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include "motet/base/error.h"
#include "motet/nn/cpu/bfloat16.h"

namespace motet::nn {
namespace {

size_t rounded_up(size_t n, size_t step) { return (n + step - 1) / step * step; }

int64_t pages_of(int64_t positions) { return (positions + kPagePositions - 1) / kPagePositions; }

/// The bytes of four positions lie side by side, one group a column: this position's are exchanged
/// in whole groups, which compilers do many at a time.
void put_values(const unsigned char* q, size_t width, size_t at, std::byte* values) noexcept {
  static_assert(std::endian::native == std::endian::little);
  const size_t row = at / kernels::kGroup * kernels::value_columns(width);
  auto* groups = reinterpret_cast<uint32_t*>(values) + row;
  const auto shift = static_cast<unsigned>(8 * (at % kernels::kGroup));
  const uint32_t others = ~(uint32_t{0xFF} << shift);
  for (size_t i = 0; i < width; ++i) {
    groups[i] = (groups[i] & others) | uint32_t{static_cast<unsigned char>(q[i] ^ 128U)} << shift;
  }
}

}  // namespace

KvLayout::KvLayout(CacheType cache_type, int64_t kv_heads, int64_t head_size)
    : type(cache_type), K(kv_heads), S(head_size) {
  constexpr auto kPositions = static_cast<size_t>(kPagePositions);
  const auto size = static_cast<size_t>(S);
  if (type == CacheType::kInt8) {
    key_scales = rounded_up(size, kernels::kGroup) * kPositions;
    key_sums = key_scales + kPositions * sizeof(float);
    values = key_sums + kPositions * sizeof(int);
    value_scales = values + kernels::value_columns(size) * kPositions;
    head_bytes = value_scales + kPositions * sizeof(float);
  } else {
    const size_t element = type == CacheType::kFloat32 ? sizeof(float) : sizeof(kernels::BFloat16);
    values = size * kPositions * element;
    head_bytes = 2 * values;
  }
  head_bytes = rounded_up(head_bytes, kernels::kCacheLine);
  page_bytes = head_bytes * static_cast<size_t>(K);
}

KvPool::~KvPool() {
  for (auto& [size, kind] : kinds_) {
    for (KvPage* page : kind.free) {
      std::free(page->bytes);
      delete page;
    }
  }
}

KvPage* KvPool::take(size_t bytes) {
  const std::lock_guard lock(mutex_);
  in_use_ += bytes;
  Kind& kind = kinds_[bytes];
  if (!kind.free.empty()) {
    KvPage* page = kind.free.back();
    kind.free.pop_back();
    page->owners.store(1, std::memory_order_relaxed);
    return page;
  }
  kind.free.reserve(++kind.made);  // so that giving back never allocates
  auto page = std::make_unique<KvPage>();
  page->bytes = static_cast<std::byte*>(std::aligned_alloc(kernels::kCacheLine, bytes));
  if (page->bytes == nullptr) throw std::bad_alloc();
  std::memset(page->bytes, 0, bytes);
  page->size = bytes;
  return page.release();
}

void KvPool::give_back(KvPage* page) noexcept {
  if (page->owners.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  const std::lock_guard lock(mutex_);
  in_use_ -= page->size;
  kinds_[page->size].free.push_back(page);
}

size_t KvPool::bytes_in_use() const {
  const std::lock_guard lock(mutex_);
  return in_use_;
}

KvStore::KvStore(std::shared_ptr<KvPool> pool, const KvLayout& layout, KvWindow window)
    : pool_(std::move(pool)),
      layout_(layout),
      sinks_(window.length > 0 ? pages_of(window.sinks) : 0),
      window_(pages_of(window.length)) {}

KvStore::KvStore(const KvStore& other)
    : pool_(other.pool_),
      layout_(other.layout_),
      sinks_(other.sinks_),
      window_(other.window_),
      dropped_(other.dropped_),
      pages_(other.pages_) {
  for (KvPage* page : pages_) page->owners.fetch_add(1, std::memory_order_relaxed);
}

KvStore::~KvStore() { drop(0, static_cast<int64_t>(pages_.size())); }

int64_t KvStore::first_seen(int64_t position) const noexcept {
  if (window_ == 0) return sinks_;
  return std::max(position / kPagePositions - window_, sinks_);
}

const std::byte* KvStore::page(int64_t number) const noexcept {
  assert(index_of(number) >= 0 && index_of(number) < static_cast<int64_t>(pages_.size()));
  return pages_[static_cast<size_t>(index_of(number))]->bytes;
}

int64_t KvStore::most_dropped(int64_t length) const noexcept {
  return std::max<int64_t>(first_seen(length) - sinks_, 0);
}

int64_t KvStore::pages_held(int64_t length) const noexcept {
  return std::max<int64_t>(index_of(pages_of(length)), 0);
}

void KvStore::add_page(std::span<const uint8_t> content) {
  assert(content.size() == layout_.page_bytes);
  pages_.reserve(pages_.size() + 1);
  pages_.push_back(pool_->take(layout_.page_bytes));
  std::memcpy(pages_.back()->bytes, content.data(), content.size());
}

void KvStore::drop(int64_t from, int64_t to) {
  for (int64_t i = from; i < to; ++i) pool_->give_back(pages_[static_cast<size_t>(i)]);
  pages_.erase(pages_.begin() + from, pages_.begin() + to);
}

void KvStore::make_own(int64_t number) {
  KvPage*& page = pages_[static_cast<size_t>(index_of(number))];
  if (page->owners.load(std::memory_order_acquire) == 1) return;
  KvPage* copy = pool_->take(layout_.page_bytes);
  std::memcpy(copy->bytes, page->bytes, layout_.page_bytes);
  pool_->give_back(std::exchange(page, copy));
}

void KvStore::prepare(int64_t held, int64_t needed) {
  const int64_t first = first_seen(held);
  const int64_t count = static_cast<int64_t>(pages_.size());
  if (held > 0 && (first < sinks_ + dropped_ || index_of(pages_of(held)) > count)) {
    throw Error(ErrorCode::kInvalidArgument, "cache: position " + std::to_string(held) +
                                                 " sees pages from " + std::to_string(first) +
                                                 " on, of which the window keeps " +
                                                 std::to_string(sinks_ + dropped_) + " and later");
  }
  drop(std::min(index_of(pages_of(held)), count), count);
  const int64_t gone = std::min(first - sinks_ - dropped_,
                                std::max<int64_t>(static_cast<int64_t>(pages_.size()) - sinks_, 0));
  if (gone > 0) {
    drop(sinks_, sinks_ + gone);
    dropped_ += gone;
  }
  if (held % kPagePositions != 0) make_own(held / kPagePositions);
  while (index_of(pages_of(needed)) > static_cast<int64_t>(pages_.size())) {
    pages_.push_back(nullptr);
    try {
      pages_.back() = pool_->take(layout_.page_bytes);
    } catch (...) {
      pages_.pop_back();
      throw;
    }
  }
}

void KvStore::put(const kernels::KernelTable& kernel, int64_t head, int64_t position,
                  const float* k, const float* v) noexcept {
  const auto width = static_cast<size_t>(layout_.S);
  const auto at = static_cast<size_t>(position % kPagePositions);
  const auto number = static_cast<size_t>(index_of(position / kPagePositions));
  std::byte* bytes = pages_[number]->bytes + static_cast<size_t>(head) * layout_.head_bytes;
  if (layout_.type == CacheType::kFloat32) {
    std::memcpy(bytes + at * width * sizeof(float), k, width * sizeof(float));
    std::memcpy(bytes + layout_.values + at * width * sizeof(float), v, width * sizeof(float));
    return;
  }
  if (layout_.type == CacheType::kBFloat16) {
    auto* halves = reinterpret_cast<kernels::BFloat16*>(bytes);
    std::transform(k, k + width, halves + at * width, kernels::halved);
    halves = reinterpret_cast<kernels::BFloat16*>(bytes + layout_.values);
    std::transform(v, v + width, halves + at * width, kernels::halved);
    return;
  }
  std::array<unsigned char, kLargestHead> q;
  auto* keys = reinterpret_cast<signed char*>(bytes);
  reinterpret_cast<float*>(bytes + layout_.key_scales)[at] = kernel.quantize(k, q.data(), width);
  for (size_t i = width; i % kernels::kGroup != 0; ++i) q[i] = 128;
  int sum = -128 * static_cast<int>(width);
  for (size_t i = 0; i < width; ++i) sum += q[i];
  for (size_t i = 0; i < width; i += kernels::kGroup) {
    uint32_t group = 0;
    std::memcpy(&group, q.data() + i, kernels::kGroup);
    group ^= 0x80808080U;  // 128 + byte, as the signed byte
    std::memcpy(keys + i * kernels::kPanelColumns + at * kernels::kGroup, &group, kernels::kGroup);
  }
  reinterpret_cast<int*>(bytes + layout_.key_sums)[at] = sum;
  reinterpret_cast<float*>(bytes + layout_.value_scales)[at] = kernel.quantize(v, q.data(), width);
  put_values(q.data(), width, at, bytes + layout_.values);
}

KvStore& own(KvLayer& layer, const std::shared_ptr<KvPool>& pool, const KvLayout& layout,
             int64_t held, int64_t needed) {
  if (layer.storage == nullptr) {
    assert(held == 0);
    layer.storage = std::make_shared<KvStore>(pool, layout, layer.window);
  } else if (layer.storage.use_count() > 1) {
    layer.storage = std::make_shared<KvStore>(static_cast<const KvStore&>(*layer.storage));
  }
  auto& store = static_cast<KvStore&>(*layer.storage);
  assert(store.layout() == layout);
  store.prepare(held, needed);
  return store;
}

}  // namespace motet::nn
