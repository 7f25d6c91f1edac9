// SPDX-License-Identifier: Apache-2.0
#include "motet/data/dedup.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "motet/base/threads.h"
#include "motet/data/fingerprint.h"
#include "motet/data/hash_index.h"
#include "motet/data/sets.h"

namespace motet::data {
namespace {

constexpr uint32_t kFewestHashes = 3;
constexpr size_t kMostCandidates = 12;
constexpr double kLeastShare =
    0.15;                        ///< of the smaller fingerprint, before an alignment is worth it
constexpr uint32_t kBatch = 32;  ///< pieces that are compared at once, whatever the threads

/// A piece in memory.
struct Loaded {
  CatalogueEntry entry;  ///< its packed tune is emptied when it is unpacked
  Fingerprint fingerprint;
  Tune tune;

  bool is_comparable() const { return !fingerprint.hashes.empty() && !tune.upper.empty(); }
};

/// A piece that is to be held against one that comes before it.
struct Comparison {
  uint32_t row = 0;
  uint32_t other = 0;
  Match match{};
};

class Dedup {
 public:
  Dedup(Catalogue& catalogue, size_t threads, const std::function<void(const Relation&)>& tell,
        const Progress& progress)
      : catalogue_(catalogue),
        tell_(tell),
        progress_(progress),
        pool_(threads),
        rows_(catalogue.by_worth()),
        index_(catalogue.database()),
        families_(rows_.size()),
        copy_of_(rows_.size(), kKept) {}

  DedupReport run() {
    const auto count = static_cast<uint32_t>(rows_.size());
    catalogue_.database().run("BEGIN");  // of the index alone
    for (uint32_t row = 0; row < count && !progress_.stop_requested(); row += kBatch) {
      place(row, std::min(row + kBatch, count));
      progress_.report({"comparing", std::min(row + kBatch, count), count, ""});
    }
    catalogue_.database().run("COMMIT");
    if (!progress_.stop_requested()) write();
    return report_;
  }

 private:
  static constexpr uint32_t kKept = UINT32_MAX;

  /// Finds out for each of rows first .. last-1 what it is a copy or kin of.
  void place(uint32_t first, uint32_t last) {
    loaded_.clear();
    load(first, last);
    std::vector<Comparison> pairs;
    for (uint32_t row = first; row < last; ++row) propose(row, first, pairs);
    load_others(pairs);
    pool_.run(pairs.size(), [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) compare(pairs[i]);
    });
    auto pair = pairs.begin();
    for (uint32_t row = first; row < last; ++row) {
      auto end = pair;
      while (end != pairs.end() && end->row == row) ++end;
      settle(row, {pair, end});
      pair = end;
    }
    report_.pieces += last - first;
  }

  void load(uint32_t first, uint32_t last) {
    for (uint32_t row = first; row < last; ++row) loaded_[row].entry = catalogue_.row(rows_[row]);
    unpack_all();
  }

  void load_others(const std::vector<Comparison>& pairs) {
    for (const Comparison& pair : pairs) {
      const auto [place, is_new] = loaded_.try_emplace(pair.other);
      if (is_new) place->second.entry = catalogue_.row(rows_[pair.other]);
    }
    unpack_all();
  }

  void unpack_all() {
    std::vector<Loaded*> packed;
    for (auto& [row, one] : loaded_) {
      if (!one.entry.tune.empty()) packed.push_back(&one);
    }
    pool_.run(packed.size(), [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        Loaded& one = *packed[i];
        one.fingerprint = parse_fingerprint(one.entry.fingerprint).value_or(Fingerprint());
        one.tune = unpack_tune(one.entry.tune);
        one.entry.tune = {};
      }
    });
  }

  /// Pieces that share hashes with it, and all of its own batch that come before it.
  void propose(uint32_t row, uint32_t first, std::vector<Comparison>& pairs) {
    const Loaded& one = loaded_.at(row);
    if (!one.is_comparable()) return;
    for (const auto& [other, shared] :
         index_.find(one.fingerprint, kFewestHashes, kMostCandidates)) {
      pairs.push_back({row, other});
    }
    for (uint32_t other = first; other < row; ++other) {
      const Loaded& two = loaded_.at(other);
      if (!two.is_comparable()) continue;
      const Overlap overlap = overlap_of(one.fingerprint, two.fingerprint);
      if (overlap.shared >= kFewestHashes && overlap.share() >= kLeastShare) {
        pairs.push_back({row, other});
      }
    }
  }

  void compare(Comparison& pair) const {
    const Loaded& one = loaded_.at(pair.row);
    const Loaded& two = loaded_.at(pair.other);
    if (overlap_of(one.fingerprint, two.fingerprint).share() < kLeastShare) return;
    pair.match = align(two.tune, one.tune);
  }

  /// A copy is related to the best only of which it is one, which may be a copy itself: of a piece
  /// that was changed twice, one change at a time is recognised. What is none is kept, and is kin
  /// of all kept ones whose tune it shares.
  void settle(uint32_t row, std::vector<Comparison> pairs) {
    const Loaded& one = loaded_.at(row);
    if (one.is_comparable()) index_.add(row, one.fingerprint);
    const auto better = [](const Comparison& a, const Comparison& b) {
      return worth(a.match) < worth(b.match);
    };
    const auto copies = std::stable_partition(
        pairs.begin(), pairs.end(), [](const Comparison& pair) { return is_copy(pair.match); });
    if (copies != pairs.begin())
      return relate(*std::max_element(pairs.begin(), copies, better), true);
    for (const Comparison& pair : pairs) {
      if (copy_of_[pair.other] == kKept && is_kin(pair.match)) relate(pair, false);
    }
  }

  static double worth(const Match& match) { return match.upper + match.lower; }

  uint32_t kept_for(uint32_t row) const { return copy_of_[row] == kKept ? row : copy_of_[row]; }

  void relate(const Comparison& pair, bool is_copy) {
    ++(is_copy ? report_.copies : report_.kin);
    families_.join(pair.other, pair.row);
    if (is_copy) copy_of_[pair.row] = kept_for(pair.other);
    tell_({loaded_.at(pair.row).entry, loaded_.at(pair.other).entry, pair.match, is_copy});
  }

  void write() {
    std::vector<uint32_t> sizes(rows_.size(), 0);
    for (uint32_t row = 0; row < rows_.size(); ++row) ++sizes[families_.head(row)];
    Transaction transaction(catalogue_.database());
    catalogue_.database().run(
        "UPDATE piece SET duplicate_of = '', family = '' "
        "WHERE duplicate_of <> '' OR family <> ''");
    for (uint32_t row = 0; row < rows_.size(); ++row) {
      const uint32_t head = families_.head(row);
      if (head == row && sizes[row] > 1) ++report_.families;
      if (sizes[head] < 2) continue;
      catalogue_.relate(rows_[row], copy_of_[row] == kKept ? -1 : rows_[copy_of_[row]],
                        rows_[head]);
    }
    transaction.commit();
  }

  Catalogue& catalogue_;
  const std::function<void(const Relation&)>& tell_;
  const Progress& progress_;
  ThreadPool pool_;
  std::vector<int64_t> rows_;  // from the best on
  HashIndex index_;            // of those that came before
  Sets families_;
  std::vector<uint32_t> copy_of_;
  std::map<uint32_t, Loaded> loaded_;  // of the batch under way, and what it is held against
  DedupReport report_;
};

}  // namespace

DedupReport dedup(Catalogue& catalogue, size_t threads,
                  const std::function<void(const Relation&)>& tell, const Progress& progress) {
  return Dedup(catalogue, threads, tell, progress).run();
}

}  // namespace motet::data
