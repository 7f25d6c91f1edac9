// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace motet {

/// JSON whose objects keep the order in which they were written, so that a file diffs well and
/// the same value always gives the same bytes.
using Json = nlohmann::ordered_json;

/// Throws Error(kInvalidFile) "<name>: line L, column C: ..." when the text is not JSON.
Json parse_json(std::string_view text, const std::string& name);

/// Two-space indented, with a newline at the end. Throws Error(kInvalidArgument) on bad UTF-8.
std::string to_text(const Json& json);

}  // namespace motet
