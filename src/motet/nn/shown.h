// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace motet::nn {

/// A name from a file, fit for a message: what is not printable ASCII is a question mark, and what
/// is long is cut.
inline std::string shown(std::string_view name) {
  constexpr size_t kMost = 80;
  std::string text(name.substr(0, kMost));
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return name.size() > kMost ? text + "..." : text;
}

}  // namespace motet::nn
