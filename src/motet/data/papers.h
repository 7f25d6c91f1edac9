// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "motet/base/json.h"
#include "motet/data/database.h"

namespace motet::data {

/// The lines of a metadata.jsonl by their "file", kept in a temporary table rather than in memory.
class Papers {
 public:
  /// Throws Error(kInvalidFile) naming a line that is no object with a "file".
  Papers(Database& database, const std::filesystem::path& metadata);
  /// No papers at all.
  explicit Papers(Database& database);

  std::optional<Json> find(const std::string& file);

 private:
  Statement find_;
};

/// A field of a line where it is text, else "".
std::string text_or_empty(const Json& line, const char* field);

}  // namespace motet::data
