// SPDX-License-Identifier: Apache-2.0
#include "motet/data/dedup.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "motet/data/fingerprint.h"
#include "motet/data/hash_index.h"
#include "motet/data/sets.h"

namespace motet::data {
namespace {

constexpr uint32_t kFewestShared = 3;
constexpr size_t kMostCandidates = 12;
constexpr double kLeastShare =
    0.15;  ///< of the smaller fingerprint, before an alignment is worth it

class Dedup {
 public:
  Dedup(Catalogue& catalogue, const std::function<void(const Relation&)>& tell,
        const Progress& progress)
      : catalogue_(catalogue),
        tell_(tell),
        progress_(progress),
        rows_(catalogue.by_worth()),
        families_(rows_.size()),
        copy_of_(rows_.size(), kKept) {}

  DedupReport run() {
    for (uint32_t row = 0; row < rows_.size() && !progress_.stop_requested(); ++row) {
      place(row);
      progress_.report({"comparing", row + 1, static_cast<int64_t>(rows_.size()), ""});
    }
    if (!progress_.stop_requested()) write();
    return report_;
  }

 private:
  static constexpr uint32_t kKept = UINT32_MAX;
  static constexpr size_t kNoCopy = SIZE_MAX;

  void place(uint32_t row) {
    const CatalogueEntry entry = catalogue_.row(rows_[row]);
    const Fingerprint fingerprint = parse_fingerprint(entry.fingerprint).value_or(Fingerprint());
    ++report_.pieces;
    if (fingerprint.hashes.empty() || entry.tune.empty()) return;
    const Tune tune = unpack_tune(entry.tune);
    std::vector<Relation> relations;
    size_t best = kNoCopy;
    std::vector<uint32_t> others;
    for (const auto& [other, count] : index_.find(fingerprint, kFewestShared, kMostCandidates)) {
      auto relation = compare(entry, fingerprint, tune, other);
      if (!relation) continue;
      const bool better = best == kNoCopy || worth(*relation) > worth(relations[best]);
      if (relation->is_copy && better) best = relations.size();
      relations.push_back(std::move(*relation));
      others.push_back(other);
    }
    if (best == kNoCopy) index_.add(row, fingerprint);
    for (size_t i = 0; i < relations.size(); ++i) {
      if (best != kNoCopy && i != best) continue;  // of a copy only what it is a copy of
      relate(row, others[i], relations[i]);
    }
  }

  static double worth(const Relation& relation) {
    return relation.match.upper + relation.match.lower;
  }

  std::optional<Relation> compare(const CatalogueEntry& entry, const Fingerprint& fingerprint,
                                  const Tune& tune, uint32_t other) {
    Relation relation{entry, catalogue_.row(rows_[other]), {}, false};
    const auto known = parse_fingerprint(relation.other.fingerprint);
    if (!known || overlap_of(fingerprint, *known).share() < kLeastShare) return std::nullopt;
    relation.match = align(unpack_tune(relation.other.tune), tune);
    relation.is_copy = is_copy(relation.match);
    if (!relation.is_copy && !is_kin(relation.match)) return std::nullopt;
    return relation;
  }

  void relate(uint32_t row, uint32_t other, const Relation& relation) {
    ++(relation.is_copy ? report_.copies : report_.kin);
    families_.join(other, row);
    if (relation.is_copy) copy_of_[row] = other;
    tell_(relation);
  }

  void write() {
    std::vector<uint32_t> sizes(rows_.size(), 0);
    for (uint32_t row = 0; row < rows_.size(); ++row) ++sizes[families_.head(row)];
    Transaction transaction(catalogue_.database());
    catalogue_.database().run("UPDATE piece SET duplicate_of = '', family = ''");
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
  std::vector<int64_t> rows_;  // from the best on
  HashIndex index_;
  Sets families_;
  std::vector<uint32_t> copy_of_;
  DedupReport report_;
};

}  // namespace

DedupReport dedup(Catalogue& catalogue, const std::function<void(const Relation&)>& tell,
                  const Progress& progress) {
  return Dedup(catalogue, tell, progress).run();
}

}  // namespace motet::data
