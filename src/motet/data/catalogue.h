// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "motet/base/file.h"
#include "motet/data/database.h"
#include "motet/data/manifest.h"

namespace motet::data {

/// A file of a corpus: what it is, whose it is, and what it may be used for.
struct CatalogueEntry {
  std::string root;     ///< the folder that was scanned, absolute
  std::string file;     ///< below root, with /
  std::string sha256;   ///< of the bytes, lower-case hex; empty where it could not be read
  int64_t size = 0;     ///< bytes
  int64_t changed = 0;  ///< when the file last changed, nanoseconds of the file system's clock
  std::string source;
  std::string licence;  ///< SPDX
  std::string rights;   ///< the licence as the collection words it
  std::string consent;  ///< what the owner said, as worded; "no" and "withdrawn" forbid training
  std::string purpose;  ///< "train", "evaluate" or "none"
  std::string work;
  std::string split;   ///< "train", "valid", "test", or empty where it is not yet divided
  std::string stated;  ///< the split that its papers state, or empty
  std::string title;
  std::string composer;
  std::string genre;
  std::string key;    ///< as labelled, else as estimated: "A minor"
  std::string metre;  ///< "3/4": that of most of the piece
  int64_t notes = 0;
  std::string state;         ///< "ok", "refused" (its papers), "quarantined" (its bytes)
  std::string reason;        ///< a sentence where state is not "ok"
  std::string duplicate_of;  ///< SHA-256 of the piece that is kept in its place, or empty
  std::string family;        ///< SHA-256 of the first of those that belong together, or empty
  std::string fingerprint;   ///< to_text(fingerprint_of(...))
  Bytes tune;                ///< pack_tune(tune_of(...))
  bool operator==(const CatalogueEntry&) const = default;
};

/// Calls visit(name, field) for each field, in the order of the columns.
template <typename Entry, typename Visit>
void each_field(Entry& entry, Visit&& visit) {
  visit("root", entry.root);
  visit("file", entry.file);
  visit("sha256", entry.sha256);
  visit("size", entry.size);
  visit("changed", entry.changed);
  visit("source", entry.source);
  visit("licence", entry.licence);
  visit("rights", entry.rights);
  visit("consent", entry.consent);
  visit("purpose", entry.purpose);
  visit("work", entry.work);
  visit("split", entry.split);
  visit("stated", entry.stated);
  visit("title", entry.title);
  visit("composer", entry.composer);
  visit("genre", entry.genre);
  visit("key", entry.key);
  visit("metre", entry.metre);
  visit("notes", entry.notes);
  visit("state", entry.state);
  visit("reason", entry.reason);
  visit("duplicate_of", entry.duplicate_of);
  visit("family", entry.family);
  visit("fingerprint", entry.fingerprint);
  visit("tune", entry.tune);
}

/// Sets licence, purpose, state and reason by what rights, consent and split say. What cannot be
/// read stays quarantined. `wanted` is a purpose that the papers ask for, or empty.
void judge(CatalogueEntry& entry, const std::string& wanted);

/// The papers of one piece as the manifest of shards has them; ids is left 0.
ManifestEntry to_manifest(const CatalogueEntry& entry);

/// The database of a corpus, a row a file: `motet data scan` writes it. Made for corpora that do
/// not fit into memory: nothing here holds more than a row.
class Catalogue {
 public:
  /// Throws Error(kNotFound) where there is none, Error(kInvalidFile) where it is damaged or was
  /// made by another program or a later version.
  Catalogue(const std::filesystem::path& path, Database::Mode mode);

  Database& database() noexcept { return database_; }
  std::optional<CatalogueEntry> find(const std::string& root, const std::string& file);
  /// The packed tune of a row; empty where there is no such row.
  Bytes tune_of_row(const std::string& root, const std::string& file);
  /// Writes a row, in place of the one of the same root and file.
  void put(const CatalogueEntry& entry);
  int64_t size();
  /// The keys of all rows that could be read, the best first: those that may be used, then by the
  /// number of notes, root and file. 8 bytes a row.
  std::vector<int64_t> by_worth();
  /// The row of a key, with its tune.
  CatalogueEntry row(int64_t key);
  /// Writes of a row which is kept in its place (-1: itself) and which leads its family.
  void relate(int64_t key, int64_t duplicate_of, int64_t family);
  /// Calls visit(entry) for every row by (root, file), the tune left empty unless asked for; stops
  /// when it says false.
  enum class Tunes { kLeaveOut, kRead };
  void each(Tunes tunes, const std::function<bool(const CatalogueEntry&)>& visit);

 private:
  Database database_;
  Statement find_;
  Statement put_;
  Statement row_;
  Statement relate_;
};

/// The whole corpus as JSON, a line a file, by (root, file); tunes in hexadecimal. The same rows
/// give the same bytes.
void export_jsonl(Catalogue& catalogue, const std::filesystem::path& path);

/// Adds every line of such a file, or every row of another database, to the corpus. Returns how
/// many. Throws Error(kInvalidFile) naming the line; nothing is added then.
int64_t import_into(Catalogue& catalogue, const std::filesystem::path& path);

}  // namespace motet::data
