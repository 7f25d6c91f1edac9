// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace motet::tokens {

/// From a pair of 32-bit numbers to a third, by open addressing: what BPE asks for the merge of two
/// tokens, and a trie for the child of a node. A value is never kNothing.
class PairMap {
 public:
  static constexpr uint32_t kNothing = 0xffffffff;

  PairMap() : slots_(kFirstSlots) {}

  uint32_t find(uint32_t left, uint32_t right) const noexcept {
    const Slot& slot = slots_[place_of(left, right)];
    return slot.value;
  }

  /// The value of the pair, which is kNothing when it was not there; to be set by the caller.
  /// Valid until the next call.
  uint32_t& operator()(uint32_t left, uint32_t right) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[place_of(left, right)];
    if (slot.value == kNothing) {
      slot.left = left;
      slot.right = right;
      ++used_;
    }
    return slot.value;
  }

 private:
  static constexpr size_t kFirstSlots = 64;

  struct Slot {
    uint32_t left = 0;
    uint32_t right = 0;
    uint32_t value = kNothing;
  };

  size_t place_of(uint32_t left, uint32_t right) const noexcept {
    const size_t mask = slots_.size() - 1;
    // Fibonacci hashing: the odd number next to 2^64 / golden ratio spreads the high bits.
    const uint64_t mixed = ((uint64_t{left} << 32) | right) * 0x9e3779b97f4a7c15U;
    size_t place = static_cast<size_t>(mixed >> (64 - std::countr_zero(slots_.size())));
    while (slots_[place].value != kNothing &&
           (slots_[place].left != left || slots_[place].right != right)) {
      place = (place + 1) & mask;
    }
    return place;
  }

  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    std::swap(old, slots_);
    for (const Slot& slot : old) {
      if (slot.value != kNothing) slots_[place_of(slot.left, slot.right)] = slot;
    }
  }

  std::vector<Slot> slots_;  ///< a power of two of them, at most half full
  size_t used_ = 0;
};

}  // namespace motet::tokens
