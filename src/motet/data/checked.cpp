// SPDX-License-Identifier: Apache-2.0
#include "motet/data/checked.h"

#include <cinttypes>
#include <cstdio>
#include <string>

#include "motet/base/error.h"
#include "motet/base/file.h"

namespace motet::data {
namespace {

constexpr const char* kName = "checked.txt";

std::string line_of(const Shard& shard) {
  char checksum[17];
  std::snprintf(checksum, sizeof checksum, "%016" PRIx64, shard.checksum());
  return std::string(checksum) + "  " + shard.path().filename().string() + "\n";
}

}  // namespace

void write_checked(const std::filesystem::path& folder, const std::vector<Shard>& shards) {
  std::string lines;
  for (const Shard& shard : shards) lines += line_of(shard);
  write_file(folder / kName, lines);
}

void require_checked(const std::filesystem::path& folder, const std::vector<Shard>& shards) {
  const bool is_there = std::filesystem::exists(folder / kName);
  const std::string lines = is_there ? "\n" + read_text(folder / kName) : "";
  for (const Shard& shard : shards) {
    if (lines.find("\n" + line_of(shard)) != std::string::npos) continue;
    throw Error(ErrorCode::kInvalidFile,
                shard.path().string() + ": it has not passed the gate, or has changed since: " +
                    (folder / kName).string() +
                    " does not list it; `motet data check` of its folder writes that file");
  }
}

}  // namespace motet::data
