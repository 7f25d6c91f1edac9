// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "motet/base/file.h"

struct sqlite3;
struct sqlite3_stmt;

namespace motet::data {

/// A SQLite file. Every call throws Error(kInvalidFile) with the path and what SQLite says when it
/// cannot do what was asked, and Error(kUnavailable) where another process keeps it to itself for
/// more than ten seconds.
class Database {
 public:
  enum class Mode { kRead, kWrite, kCreate };  ///< kCreate: make the file where there is none

  /// Opens with the schema not trusted, no extension, every page checked when it is read; refuses a
  /// file that is no database, or has triggers or views.
  Database(const std::filesystem::path& path, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const std::string& sql);
  int64_t number(const std::string& sql);  ///< the first column of the first row; 0 without one

  [[noreturn]] void refuse(const std::string& doing) const;
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  friend class Statement;
  std::filesystem::path path_;
  sqlite3* handle_ = nullptr;
};

/// A prepared statement. Parameters and columns count from 1 and from 0, as in SQLite.
class Statement {
 public:
  Statement(Database& database, const std::string& sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void bind(int parameter, const std::string& text);
  void bind(int parameter, int64_t number);
  void bind(int parameter, const Bytes& blob);

  /// True where there is a row to read.
  bool step();
  /// Makes it ready to run again; what was bound stays.
  void reset();

  void read(int column, std::string& text) const;
  void read(int column, int64_t& number) const;
  void read(int column, Bytes& blob) const;

 private:
  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

/// BEGIN IMMEDIATE when made; rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Keeps what was written so far, and begins anew.
  void commit_and_go_on();
  void commit();

 private:
  Database& database_;
  bool open_ = false;
};

}  // namespace motet::data
