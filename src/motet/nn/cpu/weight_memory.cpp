// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/cpu/weight_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#include "motet/nn/cpu/kernels.h"

namespace motet::nn {
namespace {

constexpr size_t kHugePage = size_t{1} << 21;
constexpr size_t kBlock = size_t{1} << 26;  // address space alone, until it is written to

size_t whole(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

/// Of a whole number of large pages. The system zeroes a page when it is first touched.
std::shared_ptr<uint8_t> map_block(size_t bytes) {
  const size_t mapped = bytes + kHugePage;  // so that an aligned part is in it
  void* base = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) throw std::bad_alloc();
  const std::shared_ptr<void> owner(base, [mapped](void* p) { ::munmap(p, mapped); });
  const size_t offset =
      whole(reinterpret_cast<uintptr_t>(base), kHugePage) - reinterpret_cast<uintptr_t>(base);
  uint8_t* aligned = static_cast<uint8_t*>(base) + offset;
#ifdef MADV_HUGEPAGE
  ::madvise(aligned, bytes, MADV_HUGEPAGE);  // a wish: small pages do as well, slower
#endif
  return {owner, aligned};
}

}  // namespace

std::shared_ptr<uint8_t> WeightMemory::take(size_t bytes) {
  const size_t lines = whole(bytes, kernels::kCacheLine);
  if (block_ == nullptr || size_ - used_ < lines) {
    size_ = whole(std::max(lines, kBlock), kHugePage);
    used_ = 0;
    block_ = map_block(size_);
  }
  uint8_t* start = block_.get() + used_;
  used_ += lines;
  return {block_, start};
}

}  // namespace motet::nn
