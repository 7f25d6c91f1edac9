// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

namespace motet::fuzz {

/// Stops the fuzzer here, with a trace, unless a law holds. Unlike assert, in every build.
inline void require(bool law) {
  if (!law) std::abort();
}

/// Whether the costly part of a law is due for this input. Readers run on every input; writing the
/// score and reading it again takes many times as long, and on one input in sixteen it still sees
/// hundreds of thousands an hour. The bytes choose, so that a finding is found again. Where
/// MOTET_FUZZ_WHOLE_LAW is set, as tools/run_fuzz.sh does for the corpus, all are due.
inline bool is_whole_law_due(const uint8_t* data, size_t size) {
  static const bool is_always = std::getenv("MOTET_FUZZ_WHOLE_LAW") != nullptr;
  constexpr uint64_t kOffset = 0xCBF2'9CE4'8422'2325;  // FNV-1a
  constexpr uint64_t kPrime = 0x100'0000'01B3;
  constexpr uint64_t kShare = 16;
  uint64_t hash = kOffset;
  for (size_t i = 0; i < size; ++i) hash = (hash ^ data[i]) * kPrime;
  return is_always || (hash >> 32) % kShare == 0;
}

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace motet::fuzz
