// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "motet/base/file.h"

namespace motet {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Two lower-case digits a byte, the high one first.
inline std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const uint8_t byte : bytes) {
    text += kHexDigits[byte >> 4U];
    text += kHexDigits[byte & 15U];
  }
  return text;
}

}  // namespace motet
