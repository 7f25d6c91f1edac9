// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "motet/base/file.h"

namespace motet {

/// Whether the bytes are UTF-8 as RFC 3629 defines it: nothing overlong, no surrogates.
bool is_utf8(ByteView bytes);

/// Text of a file, which may be UTF-8 or else is taken to be Latin-1, as long ago.
std::string to_utf8(ByteView bytes);

/// Adds a letter of Unicode (0..0x10FFFF) to a text in UTF-8.
void append_utf8(std::string& text, uint32_t letter);

/// A letter of UTF-16, and how many bytes it takes.
struct Utf16Letter {
  uint32_t code = 0;  ///< U+FFFD for half a letter
  size_t bytes = 2;   ///< 2, or 4 for a pair of surrogates
  bool is_half = false;
};

/// The letter that begins at bytes[at]; two bytes at least are there. Source: RFC 2781,
/// section 2.2.
Utf16Letter utf16_letter(ByteView bytes, size_t at, bool is_big_endian);

/// The same text in UTF-8 without a byte order mark, where the bytes begin with one: of UTF-8, or
/// of UTF-16 in either order. Other bytes come back as they are. What is no UTF-16 becomes U+FFFD.
std::string without_mark(ByteView bytes);

}  // namespace motet
