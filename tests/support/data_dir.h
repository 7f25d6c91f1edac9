// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>

namespace motet::test {

/// Where the real music is unpacked: the environment's MOTET_DATA_DIR, or build/data of the
/// checkout. May not exist; tests that want it then skip with a reason.
inline std::filesystem::path data_dir() {
  const char* const chosen = std::getenv("MOTET_DATA_DIR");
  return chosen != nullptr ? chosen : MOTET_DATA_DIR;
}

}  // namespace motet::test
