// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

#include "motet/base/file.h"

namespace motet::data {

/// A 64-bit checksum against damage, not against malice: FNV-1a over 8-byte little-endian words
/// (the last padded with zeros), its bits mixed after each, and the length at the end. Needs no
/// library, so that the bare trainer has it too; several gigabytes a second.
class Checksum {
 public:
  void add(ByteView bytes) {
    size_ += bytes.size();
    while (!bytes.empty()) {
      const size_t take = held_ == 0 && bytes.size() >= 8 ? 8 : 1;
      std::memcpy(word_ + held_, bytes.data(), take);
      bytes = bytes.subspan(take);
      held_ += take;
      if (held_ == 8) flush();
    }
  }

  uint64_t value() {
    std::memset(word_ + held_, 0, 8 - held_);
    if (held_ > 0) flush();
    std::memcpy(word_, &size_, 8);
    flush();
    return state_;
  }

 private:
  void flush() {
    uint64_t word = 0;
    std::memcpy(&word, word_, 8);
    state_ = (state_ ^ word) * 1099511628211ULL;
    state_ ^= state_ >> 29U;
    held_ = 0;
  }

  uint64_t state_ = 14695981039346656037ULL;
  uint64_t size_ = 0;
  uint8_t word_[8] = {};
  size_t held_ = 0;
};

}  // namespace motet::data
