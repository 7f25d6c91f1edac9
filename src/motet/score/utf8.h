// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "motet/base/file.h"

namespace motet {

/// Whether the bytes are UTF-8 as RFC 3629 defines it: nothing overlong, no surrogates.
bool is_utf8(ByteView bytes);

/// Text of a file, which may be UTF-8 or else is taken to be Latin-1, as long ago.
std::string to_utf8(ByteView bytes);

/// The same text in UTF-8 without a byte order mark, where the bytes begin with one: of UTF-8, or
/// of UTF-16 in either order. Other bytes come back as they are. What is no UTF-16 becomes U+FFFD.
std::string without_mark(ByteView bytes);

}  // namespace motet
