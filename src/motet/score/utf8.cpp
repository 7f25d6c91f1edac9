// SPDX-License-Identifier: Apache-2.0
#include "motet/score/utf8.h"

namespace motet {

bool is_utf8(ByteView bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const uint8_t lead = bytes[i];
    const size_t length = lead < 0x80                   ? 1
                          : lead >= 0xC2 && lead < 0xE0 ? 2
                          : lead >= 0xE0 && lead < 0xF0 ? 3
                          : lead >= 0xF0 && lead < 0xF5 ? 4
                                                        : 0;
    if (length == 0 || length > bytes.size() - i) return false;
    for (size_t k = 1; k < length; ++k) {
      if ((bytes[i + k] & 0xC0) != 0x80) return false;
    }
    const bool overlong =
        (lead == 0xE0 && bytes[i + 1] < 0xA0) || (lead == 0xF0 && bytes[i + 1] < 0x90);
    const bool beyond =
        (lead == 0xED && bytes[i + 1] >= 0xA0) || (lead == 0xF4 && bytes[i + 1] >= 0x90);
    if (overlong || beyond) return false;
    i += length;
  }
  return true;
}

std::string to_utf8(ByteView bytes) {
  if (is_utf8(bytes)) return {bytes.begin(), bytes.end()};
  std::string text;
  for (const uint8_t byte : bytes) {
    if (byte < 0x80) {
      text += static_cast<char>(byte);
    } else {
      text += static_cast<char>(0xC0 | byte >> 6);
      text += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return text;
}

}  // namespace motet
