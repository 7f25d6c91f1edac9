// SPDX-License-Identifier: Apache-2.0
#include "motet/data/database.h"

#include <sqlite3.h>

#include "motet/base/error.h"

namespace motet::data {
namespace {

constexpr int kLongestValue = 64 << 20;  ///< bytes of one text or blob
constexpr int kBusyMilliseconds = 10'000;

}  // namespace

Database::Database(const std::filesystem::path& path, Mode mode) : path_(path) {
  std::error_code ignored;
  if (mode != Mode::kCreate && !std::filesystem::exists(path, ignored)) {
    throw Error(ErrorCode::kNotFound,
                path.string() + ": no such corpus; `motet data scan` makes one");
  }
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= mode == Mode::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (mode == Mode::kCreate) flags |= SQLITE_OPEN_CREATE;
  try {
    if (sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr) != SQLITE_OK) refuse("opening");
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, kLongestValue);
    sqlite3_limit(handle_, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_busy_timeout(handle_, kBusyMilliseconds);
    run("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = FILE;"
        "PRAGMA synchronous = NORMAL");
    if (number("SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view')") != 0) {
      throw Error(ErrorCode::kInvalidFile,
                  path.string() + ": expected a corpus, found a database with triggers or views");
    }
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Database::~Database() { sqlite3_close(handle_); }

void Database::refuse(const std::string& doing) const {
  constexpr int kPrimary = 0xff;
  if (handle_ != nullptr && (sqlite3_errcode(handle_) & kPrimary) == SQLITE_BUSY) {
    throw Error(ErrorCode::kUnavailable,
                path_.string() + ": another process is writing to it; wait until that has ended");
  }
  throw Error(ErrorCode::kInvalidFile,
              path_.string() + ": " + doing + " the corpus failed: " +
                  (handle_ == nullptr ? "out of memory" : sqlite3_errmsg(handle_)));
}

void Database::run(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    refuse("changing");
  }
}

int64_t Database::number(const std::string& sql) {
  Statement statement(*this, sql);
  int64_t value = 0;
  if (statement.step()) statement.read(0, value);
  return value;
}

Statement::Statement(Database& database, const std::string& sql) : database_(database) {
  if (sqlite3_prepare_v2(database.handle_, sql.c_str(), -1, &handle_, nullptr) != SQLITE_OK) {
    database.refuse("asking");
  }
}

Statement::~Statement() { sqlite3_finalize(handle_); }

void Statement::bind(int parameter, const std::string& text) {
  if (sqlite3_bind_text64(handle_, parameter, text.data(), text.size(), SQLITE_TRANSIENT,
                          SQLITE_UTF8) != SQLITE_OK) {
    database_.refuse("writing to");
  }
}

void Statement::bind(int parameter, int64_t number) {
  if (sqlite3_bind_int64(handle_, parameter, number) != SQLITE_OK) database_.refuse("writing to");
}

void Statement::bind(int parameter, const Bytes& blob) {
  const void* data = blob.empty() ? static_cast<const void*>("") : blob.data();
  if (sqlite3_bind_blob64(handle_, parameter, data, blob.size(), SQLITE_TRANSIENT) != SQLITE_OK) {
    database_.refuse("writing to");
  }
}

bool Statement::step() {
  const int result = sqlite3_step(handle_);
  if (result != SQLITE_ROW && result != SQLITE_DONE) database_.refuse("reading or writing");
  return result == SQLITE_ROW;
}

void Statement::reset() { sqlite3_reset(handle_); }

void Statement::read(int column, std::string& text) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  const auto size = static_cast<size_t>(sqlite3_column_bytes(handle_, column));
  text.assign(data == nullptr ? "" : data, data == nullptr ? 0 : size);
}

void Statement::read(int column, int64_t& number) const {
  number = sqlite3_column_int64(handle_, column);
}

void Statement::read(int column, Bytes& blob) const {
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(handle_, column));
  const auto size = static_cast<size_t>(sqlite3_column_bytes(handle_, column));
  blob.assign(data, data == nullptr ? data : data + size);
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.run("BEGIN IMMEDIATE");
  open_ = true;
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const Error&) {  // SQLite has rolled back by itself
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

void Transaction::commit_and_go_on() {
  commit();
  database_.run("BEGIN IMMEDIATE");
  open_ = true;
}

}  // namespace motet::data
