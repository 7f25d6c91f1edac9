// SPDX-License-Identifier: Apache-2.0
#include "motet/data/papers.h"

#include "motet/base/error.h"
#include "motet/data/manifest.h"

namespace motet::data {
namespace {

Database& with_empty_list(Database& database) {
  database.run(
      "DROP TABLE IF EXISTS temp.listed;"
      "CREATE TEMP TABLE listed (file TEXT PRIMARY KEY, line TEXT) WITHOUT ROWID");
  return database;
}

Database& filled(Database& database, const std::filesystem::path& metadata) {
  Transaction transaction(with_empty_list(database));
  Statement put(database, "INSERT OR REPLACE INTO temp.listed VALUES (?, ?)");
  each_json_line(metadata, [&](const Json& line, const std::string& where) {
    const std::string file = line.is_object() ? text_or_empty(line, "file") : "";
    if (file.empty()) throw Error(ErrorCode::kInvalidFile, where + ": expected a field \"file\"");
    put.bind(1, file);
    put.bind(2, line.dump());
    put.step();
    put.reset();
  });
  transaction.commit();
  return database;
}

}  // namespace

Papers::Papers(Database& database, const std::filesystem::path& metadata)
    : find_(filled(database, metadata), "SELECT line FROM temp.listed WHERE file = ?") {}

Papers::Papers(Database& database)
    : find_(with_empty_list(database), "SELECT line FROM temp.listed WHERE file = ?") {}

std::optional<Json> Papers::find(const std::string& file) {
  find_.reset();
  find_.bind(1, file);
  if (!find_.step()) return std::nullopt;
  std::string line;
  find_.read(0, line);
  find_.reset();
  return parse_json(line, "metadata of " + file);
}

std::string text_or_empty(const Json& line, const char* field) {
  const auto found = line.find(field);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace motet::data
