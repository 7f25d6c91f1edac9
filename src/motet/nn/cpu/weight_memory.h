// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace motet::nn {

/// Where a backend's packed weights lie: matrix behind matrix, in pages as large as the system
/// gives, because every token reads them all, and looking up small pages takes longer than reading
/// them (97 MB on one thread: 11 GB/s in pages of 4 KB, 28 in pages of 2 MB).
///
/// One thread at a time may call it.
class WeightMemory {
 public:
  /// Zeros, aligned to a cache line. What was taken lives for as long as somebody holds it, with
  /// or without this. Throws std::bad_alloc.
  std::shared_ptr<uint8_t> take(size_t bytes);

 private:
  std::shared_ptr<uint8_t> block_;
  size_t size_ = 0;
  size_t used_ = 0;
};

}  // namespace motet::nn
