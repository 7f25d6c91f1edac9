// SPDX-License-Identifier: Apache-2.0
#include "motet/data/split.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/random.h"
#include "motet/data/sets.h"

namespace motet::data {
namespace {

const std::string kTrain = "train";
const std::string kTest = "test";

uint64_t hash_of(const std::string& name) {
  uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211ULL;
  return hash;
}

/// What is known of a work while its pieces are gone through.
struct Work {
  uint64_t name = UINT64_MAX;  ///< the smallest hash of a name that a piece of it has
  uint8_t stated = 0;          ///< index into the names of splits; 0: none
};

class Splitting {
 public:
  Splitting(Catalogue& catalogue, const SplitOptions& options,
            const std::function<void(const MovedPiece&)>& tell, const Progress& progress)
      : database_(catalogue.database()),
        options_(options),
        tell_(tell),
        progress_(progress),
        rows_(keys()),
        sets_(rows_.size()),
        works_(rows_.size()) {}

  SplitReport run() {
    for (const char* column : {"work", "family", "sha256"}) join_by(column);
    gather();
    for (uint32_t row = 0; row < rows_.size(); ++row) report_.works += sets_.head(row) == row;
    if (!progress_.stop_requested()) write();
    return std::move(report_);
  }

 private:
  std::vector<int64_t> keys() {
    Statement all(database_, "SELECT rowid FROM piece ORDER BY rowid");
    std::vector<int64_t> keys;
    while (all.step()) all.read(0, keys.emplace_back());
    return keys;
  }

  uint32_t index_of(int64_t key) const {
    return static_cast<uint32_t>(std::ranges::lower_bound(rows_, key) - rows_.begin());
  }

  /// Rows that have the same text in a column belong together.
  void join_by(const std::string& column) {
    Statement rows(database_, "SELECT " + column + ", rowid FROM piece WHERE " + column +
                                  " <> '' ORDER BY " + column);
    std::string last;
    std::string text;
    uint32_t first = 0;
    int64_t key = 0;
    while (rows.step() && !progress_.stop_requested()) {
      rows.read(0, text);
      rows.read(1, key);
      const uint32_t row = index_of(key);
      if (text == last) {
        sets_.join(first, row);
      } else {
        last = text;
        first = row;
      }
    }
  }

  /// Which of the splits that the papers state wins: none, "train", the others, "test".
  int rank(uint8_t stated) const {
    if (stated == 0) return 0;
    return names_[stated] == kTrain ? 1 : names_[stated] == kTest ? 3 : 2;
  }

  uint8_t number_of(const std::string& name) {
    const auto found = std::ranges::find(names_, name);
    if (found == names_.end() && names_.size() > UINT8_MAX) {
      throw Error(ErrorCode::kInvalidFile,
                  database_.path().string() + ": its papers state more than 255 splits");
    }
    const auto at = static_cast<uint8_t>(found - names_.begin());
    if (found == names_.end()) names_.push_back(name);
    return at;
  }

  void gather() {
    Statement rows(database_, "SELECT rowid, work, stated FROM piece");
    int64_t key = 0;
    std::string name;
    std::string stated;
    while (rows.step() && !progress_.stop_requested()) {
      rows.read(0, key);
      rows.read(1, name);
      rows.read(2, stated);
      Work& work = works_[sets_.head(index_of(key))];
      work.name = std::min(work.name, hash_of(name));
      const uint8_t now = number_of(stated);
      const bool wins = rank(now) > rank(work.stated) ||
                        (rank(now) == rank(work.stated) && names_[now] < names_[work.stated]);
      if (wins) work.stated = now;
    }
  }

  const std::string& split_of(uint32_t row) {
    static const std::string kValid = "valid";
    const Work& work = works_[sets_.head(row)];
    if (work.stated != 0) return names_[work.stated];
    const double drawn = Random(options_.seed, work.name).uniform(0);
    if (drawn < options_.test) return kTest;
    return drawn < options_.test + options_.valid ? kValid : kTrain;
  }

  void write() {
    Transaction transaction(database_);
    Statement put(database_,
                  "UPDATE piece SET split = ?1, purpose = CASE WHEN purpose = 'none' THEN 'none' "
                  "WHEN ?1 = 'train' THEN 'train' ELSE 'evaluate' END WHERE rowid = ?2");
    Statement ask(database_, "SELECT file, stated FROM piece WHERE rowid = ?");
    MovedPiece piece;
    for (uint32_t row = 0; row < rows_.size(); ++row) {
      if (progress_.stop_requested()) return;
      piece.split = split_of(row);
      put.reset();
      put.bind(1, piece.split);
      put.bind(2, rows_[row]);
      put.step();
      ++report_.pieces[piece.split];
      ask.reset();
      ask.bind(1, rows_[row]);
      if (ask.step()) ask.read(1, piece.stated);
      if (!piece.stated.empty() && piece.stated != piece.split) {
        ask.read(0, piece.file);
        ++report_.moved;
        tell_(piece);
      }
    }
    put.reset();
    ask.reset();
    transaction.commit();
  }

  Database& database_;
  const SplitOptions& options_;
  const std::function<void(const MovedPiece&)>& tell_;
  const Progress& progress_;
  std::vector<int64_t> rows_;  // keys, ascending
  Sets sets_;
  std::vector<Work> works_;                // [rows]; that of the head counts
  std::vector<std::string> names_ = {""};  // of the splits that papers state
  SplitReport report_;
};

}  // namespace

SplitReport split(Catalogue& catalogue, const SplitOptions& options,
                  const std::function<void(const MovedPiece&)>& tell, const Progress& progress) {
  const double held_out = options.valid + options.test;
  if (!(options.valid >= 0.0 && options.test >= 0.0 && held_out < 1.0)) {
    throw Error(ErrorCode::kInvalidArgument,
                "split: expected shares for valid and test that are not below 0 and together less "
                "than 1, found " +
                    std::to_string(options.valid) + " and " + std::to_string(options.test));
  }
  return Splitting(catalogue, options, tell, progress).run();
}

}  // namespace motet::data
