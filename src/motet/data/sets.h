// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace motet::data {

/// Numbers that belong together, in sets that grow by joining; 4 bytes a number. The smallest of a
/// set leads it.
class Sets {
 public:
  explicit Sets(size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), uint32_t{0});
  }
  uint32_t head(uint32_t one) {
    while (parent_[one] != one) one = parent_[one] = parent_[parent_[one]];
    return one;
  }
  void join(uint32_t a, uint32_t b) {
    const uint32_t first = head(a);
    const uint32_t second = head(b);
    parent_[std::max(first, second)] = std::min(first, second);
  }

 private:
  std::vector<uint32_t> parent_;
};

}  // namespace motet::data
