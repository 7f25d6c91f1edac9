// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "motet/base/file.h"

namespace motet {

/// Whether the bytes are UTF-8 as RFC 3629 defines it: nothing overlong, no surrogates.
bool is_utf8(ByteView bytes);

/// Text of a file, which may be UTF-8 or else is taken to be Latin-1, as long ago.
std::string to_utf8(ByteView bytes);

}  // namespace motet
