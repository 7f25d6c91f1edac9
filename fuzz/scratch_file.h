// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

namespace motet::fuzz {

/// A path for each process, where writing is cheap, for readers that map a file.
inline std::filesystem::path scratch_file(const std::string& extension) {
  const std::filesystem::path shared = "/dev/shm";
  const auto folder =
      std::filesystem::is_directory(shared) ? shared : std::filesystem::temp_directory_path();
  return folder / ("motet_fuzz_" + std::to_string(getpid()) + extension);
}

}  // namespace motet::fuzz
