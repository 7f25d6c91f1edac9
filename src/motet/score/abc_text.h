// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace motet::abc {

/// Text of a field as UTF-8: Latin-1 is taken for what it is, and "\'e", "&eacute;", "\u00e9"
/// become the letters that they stand for. Source: ABC standard 2.1, section 8.2.
std::string decoded(std::string_view text);

}  // namespace motet::abc
