// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "motet/score/abc_music.h"

namespace motet::abc {

/// Lines that stand together in the file; the first is number `first_line` of it (1-based).
struct TuneLines {
  size_t first_line = 1;
  std::vector<std::string_view> lines;
};

/// "T:Title", "+:more".
bool is_field(std::string_view line);

/// Reads one tune of a file whose head, which may be empty, says what holds for every tune.
/// Throws Error(kInvalidFile) with the line where the tune cannot be understood.
Tune parse_tune(const TuneLines& header, const TuneLines& lines);

}  // namespace motet::abc
