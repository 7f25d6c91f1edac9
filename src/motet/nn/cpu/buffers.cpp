// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/cpu/buffers.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <new>

#include "motet/nn/cpu/kernels.h"

namespace motet::nn {
namespace {

constexpr size_t kMostKept = 64;  // of one size

/// One that is only here; what its last user wrote is done with.
template <typename T>
std::shared_ptr<T> idle_one(const std::vector<std::shared_ptr<T>>& kept) {
  for (const std::shared_ptr<T>& each : kept) {
    if (each.use_count() > 1) continue;
    std::atomic_thread_fence(std::memory_order_acquire);
    return each;
  }
  return nullptr;
}

}  // namespace

Floats::Floats(size_t count) {
  const size_t lines =
      (std::max<size_t>(count, 1) * sizeof(float) + kernels::kCacheLine - 1) / kernels::kCacheLine;
  data.reset(
      static_cast<float*>(std::aligned_alloc(kernels::kCacheLine, lines * kernels::kCacheLine)));
  if (data == nullptr) throw std::bad_alloc();
}

std::shared_ptr<Floats> Buffers::floats(size_t count) {
  const auto size = static_cast<size_t>(std::bit_width(std::max<size_t>(count, 1) - 1));
  if (size >= kSizes) return std::make_shared<Floats>(count);
  std::vector<std::shared_ptr<Floats>>& kept = floats_[size];
  if (auto idle = idle_one(kept)) return idle;
  auto fresh = std::make_shared<Floats>(size_t{1} << size);
  if (kept.size() < kMostKept) kept.push_back(fresh);
  return fresh;
}

std::shared_ptr<Indices> Buffers::indices() {
  if (auto idle = idle_one(indices_)) return idle;
  auto fresh = std::make_shared<Indices>();
  if (indices_.size() < kMostKept) indices_.push_back(fresh);
  return fresh;
}

}  // namespace motet::nn
