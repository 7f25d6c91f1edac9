// SPDX-License-Identifier: Apache-2.0
#include "motet/data/hash_index.h"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace motet::data {
namespace {

/// A hash that more pieces have is a turn that everybody uses: the first ones will do.
constexpr int kMostPieces = 64;
constexpr size_t kMostIndexed = 128;  ///< hashes of a piece

Database& with_empty_index(Database& database) {
  database.run(
      "PRAGMA temp.cache_size = -8192;"  // KiB
      "DROP TABLE IF EXISTS temp.seen;"
      "CREATE TEMP TABLE seen (hash INTEGER, piece INTEGER, PRIMARY KEY (hash, piece)) "
      "WITHOUT ROWID");
  return database;
}

}  // namespace

HashIndex::HashIndex(Database& database)
    : put_(with_empty_index(database), "INSERT OR IGNORE INTO temp.seen VALUES (?, ?)"),
      find_(database, "SELECT piece FROM temp.seen WHERE hash = ? ORDER BY piece LIMIT " +
                          std::to_string(kMostPieces)) {}

void HashIndex::add(uint32_t piece, const Fingerprint& fingerprint) {
  std::vector<uint32_t> hashes = fingerprint.hashes;
  for (unsigned level = fingerprint.level; hashes.size() > kMostIndexed && level < 32; ++level) {
    std::erase_if(hashes, [&](uint32_t hash) { return (hash >> level & 1U) != 0; });
  }
  put_.bind(2, static_cast<int64_t>(piece));
  for (const uint32_t hash : hashes) {
    put_.bind(1, static_cast<int64_t>(hash));
    put_.step();
    put_.reset();
  }
}

std::vector<std::pair<uint32_t, uint32_t>> HashIndex::find(const Fingerprint& fingerprint,
                                                           uint32_t fewest, size_t most) {
  std::unordered_map<uint32_t, uint32_t> counts;
  int64_t piece = 0;
  for (const uint32_t hash : fingerprint.hashes) {
    find_.bind(1, static_cast<int64_t>(hash));
    while (find_.step()) {
      find_.read(0, piece);
      ++counts[static_cast<uint32_t>(piece)];
    }
    find_.reset();
  }
  std::vector<std::pair<uint32_t, uint32_t>> found;
  for (const auto& [other, count] : counts) {
    if (count >= fewest) found.emplace_back(other, count);
  }
  std::ranges::sort(found, [](const auto& x, const auto& y) {
    return x.second != y.second ? x.second > y.second : x.first < y.first;
  });
  if (found.size() > most) found.resize(most);
  return found;
}

}  // namespace motet::data
