// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace motet::tasks {

/// Up to `count` of the candidates, those with the smallest edit distance to `text` first; case
/// does not matter. Source: Levenshtein, 1966, by Wagner and Fischer's table.
std::vector<std::string> nearest(std::string_view text, const std::vector<std::string>& candidates,
                                 size_t count);

/// "a, b or c".
std::string joined_by_or(const std::vector<std::string>& names);

}  // namespace motet::tasks
