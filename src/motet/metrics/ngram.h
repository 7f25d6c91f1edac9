// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "motet/metrics/count_table.h"

namespace motet {

/// A count-based language model over token ids: the baseline that a neural one must beat.
///
/// Order 1 is a unigram with add-one smoothing. Higher orders are interpolated modified
/// Kneser-Ney: at the highest order how often, below it after how many different ids, less a
/// discount that the counts themselves give; what was discounted goes to the order below, and at
/// the end to all ids alike. Chosen over Witten-Bell by measurement: docs/evaluation.md.
///
/// A sequence's start is a context of its own. Histories are told apart by 64-bit hashes: among
/// 100 million the odds that any two collide are 1 in 3,700.
/// source  Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling",
///         Harvard TR-10-98, 1998, sections 2.7 and 3 (eq. 26 for the three discounts)
class NgramModel {
 public:
  static constexpr int kMaxOrder = 8;

  /// order       1..8: the ids of an n-gram, so order - 1 of context
  /// vocab_size  at least 1; ids are 0 .. vocab_size - 1
  /// throws      Error(kInvalidArgument)
  NgramModel(int order, int32_t vocab_size);

  /// Counts one whole sequence. Throws Error(kInvalidArgument) on an id outside the vocabulary.
  void add(std::span<const int32_t> sequence);

  /// Turns counts into discounts. After it, ask; another add needs another finish.
  void finish();

  /// log2 of the probability that `next` follows.
  ///
  /// context  the ids before it, oldest first; only the last order - 1 matter. When there are
  ///          fewer, the sequence began there.
  double log2_probability(std::span<const int32_t> context, int32_t next) const;

  /// Bits that the model needs for a whole sequence: the sum of -log2 of its probabilities.
  double bits_of(std::span<const int32_t> sequence) const;

  int order() const { return order_; }
  int32_t vocab_size() const { return vocab_size_; }
  size_t count_ngrams() const;  ///< distinct ones, of all orders

 private:
  // What follows one history.
  struct Followers {
    uint64_t total = 0;               // the sum of their counts
    std::array<uint32_t, 3> kinds{};  // how many ids have count 1, count 2, more
  };

  // The n-grams of one order: a history (all ids but the last) and the last id.
  struct Level {
    CountTable histories;  // hash of the ids -> index + 1 into followers
    CountTable counts;     // index of the history << 32 | last id -> count
    std::vector<Followers> followers;
    std::array<double, 3> discounts{};
  };

  // hashes[k] names the last k ids of a history.
  using Hashes = std::array<uint64_t, kMaxOrder>;
  size_t hash_history(std::span<const int32_t> before, Hashes& hashes) const;
  void count(const Hashes& hashes, size_t longest, int32_t next);
  static void set_discounts(Level& level);

  int order_;
  int32_t vocab_size_;
  std::vector<Level> levels_;  // levels_[k]: histories of k ids
};

}  // namespace motet
