// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "motet/base/file.h"

namespace motet::tokens {

inline Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

/// The names of the configurations that a folder of golden ids holds.
inline std::vector<std::string> configurations_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().stem().string();
    if (name != "files" && name != "fixtures") names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace motet::tokens
