// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "motet/score/abc_music.h"

namespace motet::abc {

/// Reads the lines of one tune, the first of which is number `first_line` of the file (1-based).
/// Throws Error(kInvalidFile) with the line where the tune cannot be understood.
Tune parse_tune(const std::vector<std::string_view>& lines, size_t first_line);

}  // namespace motet::abc
