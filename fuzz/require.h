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

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace motet::fuzz
