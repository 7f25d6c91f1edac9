// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace motet {

/// Spreads 64 bits over 64 bits, one to one.
/// source  Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014:
///         SplitMix64's finaliser
constexpr uint64_t spread_bits(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// A hash table from 64-bit keys to 32-bit values: 12 bytes a slot, at most three quarters full,
/// linear probing. Never deletes. The key kFree is not allowed.
class CountTable {
 public:
  static constexpr uint64_t kFree = ~uint64_t{0};

  CountTable() : keys_(kFirstSlots, kFree), values_(kFirstSlots, 0) {}

  size_t size() const { return size_; }

  /// The value of a key, or null where it was never inserted.
  const uint32_t* find(uint64_t key) const {
    const size_t slot = slot_of(key);
    return keys_[slot] == kFree ? nullptr : &values_[slot];
  }

  /// The value of a key, 0 when it is new. Valid until the next call.
  uint32_t& operator[](uint64_t key) {
    size_t slot = slot_of(key);
    if (keys_[slot] == kFree) {
      if ((size_ + 1) * 4 > keys_.size() * 3) {
        grow();
        slot = slot_of(key);
      }
      keys_[slot] = key;
      ++size_;
    }
    return values_[slot];
  }

  template <typename Visit>
  void each(Visit visit) const {
    for (size_t slot = 0; slot < keys_.size(); ++slot) {
      if (keys_[slot] != kFree) visit(keys_[slot], values_[slot]);
    }
  }

 private:
  static constexpr size_t kFirstSlots = 1024;

  size_t slot_of(uint64_t key) const {
    const size_t mask = keys_.size() - 1;
    size_t slot = spread_bits(key) & mask;
    while (keys_[slot] != kFree && keys_[slot] != key) slot = (slot + 1) & mask;
    return slot;
  }

  void grow() {
    std::vector<uint64_t> keys(keys_.size() * 2, kFree);
    std::vector<uint32_t> values(keys.size(), 0);
    keys.swap(keys_);
    values.swap(values_);
    for (size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] == kFree) continue;
      const size_t slot = slot_of(keys[i]);
      keys_[slot] = keys[i];
      values_[slot] = values[i];
    }
  }

  std::vector<uint64_t> keys_;
  std::vector<uint32_t> values_;
  size_t size_ = 0;
};

}  // namespace motet
