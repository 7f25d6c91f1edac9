// SPDX-License-Identifier: Apache-2.0
#include "motet/data/catalogue.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "motet/base/error.h"
#include "motet/base/hex.h"
#include "motet/data/licence.h"
#include "motet/data/tune.h"

namespace motet::data {
namespace {

constexpr int64_t kApplicationId = 0x4d4f5445;  // "MOTE"
constexpr int64_t kVersion = 2;

const char* sql_type(const std::string& /*field*/) { return "TEXT"; }
const char* sql_type(int64_t /*field*/) { return "INTEGER"; }
const char* sql_type(const Bytes& /*field*/) { return "BLOB"; }

/// "root, file, ...", or with each name made anew.
template <typename Name>
std::string columns(Name&& name) {
  CatalogueEntry entry;
  std::string list;
  each_field(entry, [&](const char* column, const auto& field) {
    list += (list.empty() ? "" : ", ") + name(column, field);
  });
  return list;
}

std::string plain_columns(Catalogue::Tunes tunes) {
  return columns([&](const std::string& name, const auto& /*field*/) {
    return name == "tune" && tunes == Catalogue::Tunes::kLeaveOut ? "x''" : name;
  });
}

std::string put_sql() {
  return "INSERT OR REPLACE INTO piece (" + plain_columns(Catalogue::Tunes::kRead) + ") VALUES (" +
         columns([](const char*, const auto&) { return std::string("?"); }) + ")";
}

void make_tables(Database& database) {
  Transaction transaction(database);
  database.run("CREATE TABLE piece (" + columns([](const std::string& name, const auto& field) {
                 return name + " " + sql_type(field) + " NOT NULL";
               }) +
               ", PRIMARY KEY (root, file)) STRICT;" +
               "CREATE INDEX piece_sha256 ON piece (sha256);" +
               "PRAGMA application_id = " + std::to_string(kApplicationId) +
               ";PRAGMA user_version = " + std::to_string(kVersion));
  transaction.commit();
}

/// Makes the tables of a new file; refuses what is not a corpus of this version.
Database& checked(Database& database, Database::Mode mode) {
  const int64_t id = database.number("PRAGMA application_id");
  const bool is_new = id == 0 && database.number("SELECT count(*) FROM sqlite_schema") == 0;
  if (is_new && mode == Database::Mode::kCreate) {
    make_tables(database);
    return database;
  }
  const auto refuse = [&](const std::string& found) {
    throw Error(ErrorCode::kInvalidFile, database.path().string() +
                                             ": expected a corpus of version " +
                                             std::to_string(kVersion) + ", found " + found);
  };
  if (id != kApplicationId) refuse("another program's database");
  if (const int64_t version = database.number("PRAGMA user_version"); version != kVersion) {
    refuse("version " + std::to_string(version) +
           (version > kVersion ? ", which a later Motet made"
                               : "; `motet data scan` into a new file makes one"));
  }
  const int64_t page = database.number("PRAGMA page_size");
  const auto size = static_cast<int64_t>(std::filesystem::file_size(database.path()));
  if (size % page != 0 || size < page * database.number("PRAGMA page_count")) {
    refuse("damage: it is cut short");
  }
  Statement check(database, "PRAGMA quick_check(1)");
  std::string said;
  if (check.step()) check.read(0, said);
  if (said != "ok") refuse("damage: " + said);
  return database;
}

void read_row(const Statement& row, CatalogueEntry& entry) {
  int column = 0;
  each_field(entry, [&](const char*, auto& field) { row.read(column++, field); });
}

const std::string& to_json_value(const std::string& text) { return text; }
int64_t to_json_value(int64_t number) { return number; }
std::string to_json_value(const Bytes& bytes) { return to_hex(bytes); }

void from_json_value(const Json& value, std::string& text) { value.get_to(text); }
void from_json_value(const Json& value, int64_t& number) {
  if (!value.is_number_integer()) throw Error(ErrorCode::kInvalidFile, "not a whole number");
  value.get_to(number);
}
void from_json_value(const Json& value, Bytes& bytes) {
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() % 2 != 0) throw Error(ErrorCode::kInvalidFile, "half a byte");
  for (size_t i = 0; i < text.size(); i += 2) {
    const size_t high = kHexDigits.find(text[i]);
    const size_t low = kHexDigits.find(text[i + 1]);
    if (std::max(high, low) > 15U) throw Error(ErrorCode::kInvalidFile, "not hexadecimal");
    bytes.push_back(static_cast<uint8_t>(16U * high + low));
  }
}

CatalogueEntry parse_entry(const Json& line, const std::string& where) {
  CatalogueEntry entry;
  each_field(entry, [&](const char* name, auto& field) {
    try {
      from_json_value(line.at(name), field);
    } catch (const std::exception&) {  // of the JSON library, or ours
      throw Error(ErrorCode::kInvalidFile,
                  where + ": expected a field \"" + name + "\" of the right type");
    }
  });
  return entry;
}

}  // namespace

void judge(CatalogueEntry& entry, const std::string& wanted) {
  constexpr std::array kRefusals = {"no", "none", "refused", "withdrawn", "denied"};
  const Licence licence = judge_licence(entry.rights);
  const bool is_read = entry.state != "quarantined";
  entry.licence = licence.spdx;
  entry.purpose = entry.split.empty() || entry.split == "train" ? "train" : "evaluate";
  std::string reason;
  if (!licence.may_train) {
    reason = licence.why;
  } else if (std::ranges::find(kRefusals, entry.consent) != kRefusals.end()) {
    reason = "its owner does not consent to training";
  } else if (wanted == "none") {
    reason = "its papers name no purpose that it may serve";
  }
  if (!is_read || !reason.empty()) entry.purpose = "none";
  if (!is_read) return;
  entry.state = reason.empty() ? "ok" : "refused";
  entry.reason = reason;
}

ManifestEntry to_manifest(const CatalogueEntry& entry) {
  return {.file = entry.file,
          .sha256 = entry.sha256,
          .source = entry.source,
          .licence = entry.licence,
          .rights = entry.rights,
          .work = entry.work,
          .split = entry.split,
          .purpose = entry.purpose,
          .reason = entry.reason,
          .notes = entry.notes,
          .ids = 0};
}

Catalogue::Catalogue(const std::filesystem::path& path, Database::Mode mode)
    : database_(path, mode),
      find_(checked(database_, mode), "SELECT " + plain_columns(Tunes::kLeaveOut) +
                                          " FROM piece WHERE root = ? AND file = ?"),
      put_(database_, put_sql()),
      row_(database_, "SELECT " + plain_columns(Tunes::kRead) + " FROM piece WHERE rowid = ?"),
      relate_(database_,
              "UPDATE piece SET duplicate_of = coalesce((SELECT sha256 FROM piece WHERE rowid = "
              "?1), ''), family = (SELECT sha256 FROM piece WHERE rowid = ?2) WHERE rowid = ?3") {}

std::optional<CatalogueEntry> Catalogue::find(const std::string& root, const std::string& file) {
  find_.reset();
  find_.bind(1, root);
  find_.bind(2, file);
  if (!find_.step()) return std::nullopt;
  CatalogueEntry entry;
  read_row(find_, entry);
  find_.reset();
  return entry;
}

Bytes Catalogue::tune_of_row(const std::string& root, const std::string& file) {
  Statement row(database_, "SELECT tune FROM piece WHERE root = ? AND file = ?");
  row.bind(1, root);
  row.bind(2, file);
  Bytes tune;
  if (row.step()) row.read(0, tune);
  return tune;
}

void Catalogue::put(const CatalogueEntry& entry) {
  int parameter = 1;
  each_field(entry, [&](const char*, const auto& field) { put_.bind(parameter++, field); });
  put_.step();
  put_.reset();
}

int64_t Catalogue::size() { return database_.number("SELECT count(*) FROM piece"); }

std::vector<int64_t> Catalogue::by_worth() {
  Statement rows(database_,
                 "SELECT rowid FROM piece WHERE state <> 'quarantined' "
                 "ORDER BY state = 'ok' DESC, notes DESC, root, file");
  std::vector<int64_t> keys;
  while (rows.step()) rows.read(0, keys.emplace_back());
  return keys;
}

CatalogueEntry Catalogue::row(int64_t key) {
  row_.reset();
  row_.bind(1, key);
  CatalogueEntry entry;
  if (!row_.step()) database_.refuse("finding a row of");
  read_row(row_, entry);
  row_.reset();
  return entry;
}

void Catalogue::relate(int64_t key, int64_t duplicate_of, int64_t family) {
  relate_.reset();
  relate_.bind(1, duplicate_of);
  relate_.bind(2, family);
  relate_.bind(3, key);
  relate_.step();
  relate_.reset();
}

void Catalogue::each(Tunes tunes, const std::function<bool(const CatalogueEntry&)>& visit) {
  Statement rows(database_, "SELECT " + plain_columns(tunes) + " FROM piece ORDER BY root, file");
  CatalogueEntry entry;
  while (rows.step()) {
    read_row(rows, entry);
    if (!visit(entry)) return;
  }
}

void export_jsonl(Catalogue& catalogue, const std::filesystem::path& path) {
  require_writable(path);
  std::filesystem::path beside = path;
  beside += ".part";
  std::ofstream out(beside, std::ios::binary);
  catalogue.each(Catalogue::Tunes::kRead, [&](const CatalogueEntry& entry) {
    Json line = Json::object();
    each_field(entry,
               [&](const char* name, const auto& field) { line[name] = to_json_value(field); });
    out << line.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    return out.good();
  });
  out.close();
  std::error_code failure;
  if (out) std::filesystem::rename(beside, path, failure);
  if (!out || failure) {
    std::filesystem::remove(beside, failure);
    throw Error(ErrorCode::kInvalidArgument, path.string() + ": cannot be written to its end");
  }
}

int64_t import_into(Catalogue& catalogue, const std::filesystem::path& path) {
  Transaction transaction(catalogue.database());
  int64_t count = 0;
  if (path.extension() == ".jsonl") {
    each_json_line(path, [&](const Json& line, const std::string& where) {
      catalogue.put(parse_entry(line, where));
      ++count;
    });
  } else {
    Catalogue other(path, Database::Mode::kRead);
    other.each(Catalogue::Tunes::kRead, [&](const CatalogueEntry& entry) {
      catalogue.put(entry);
      return ++count > 0;
    });
  }
  transaction.commit();
  return count;
}

}  // namespace motet::data
