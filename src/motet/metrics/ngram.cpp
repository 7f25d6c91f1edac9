// SPDX-License-Identifier: Apache-2.0
#include "motet/metrics/ngram.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>

#include "motet/base/error.h"

namespace motet {
namespace {

constexpr int32_t kStart = -1;  // stands before the first id of a sequence

uint64_t extend(uint64_t hash, int32_t id) {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15ULL;
  const uint64_t longer = spread_bits(hash + kOdd * (static_cast<uint64_t>(id) + 2));
  return longer == CountTable::kFree ? 0 : longer;
}

uint64_t key_of(uint32_t history, int32_t id) {
  return static_cast<uint64_t>(history) << 32 | static_cast<uint32_t>(id);
}

size_t kind_of(uint32_t count) { return std::min<size_t>(count, 3) - 1; }

}  // namespace

NgramModel::NgramModel(int order, int32_t vocab_size) : order_(order), vocab_size_(vocab_size) {
  if (order < 1 || order > kMaxOrder) {
    throw Error(ErrorCode::kInvalidArgument, "n-gram: order: expected 1 to " +
                                                 std::to_string(kMaxOrder) + ", found " +
                                                 std::to_string(order));
  }
  if (vocab_size < 1) {
    throw Error(ErrorCode::kInvalidArgument,
                "n-gram: vocabulary: expected at least 1 id, found " + std::to_string(vocab_size));
  }
  levels_.resize(static_cast<size_t>(order));
}

// Returns the length of the longest history, at most order - 1 and one more than there are ids:
// the start counts as one.
size_t NgramModel::hash_history(std::span<const int32_t> before, Hashes& hashes) const {
  const size_t longest = std::min(static_cast<size_t>(order_ - 1), before.size() + 1);
  hashes[0] = 1;
  for (size_t k = 1; k <= longest; ++k) {
    const int32_t id = k <= before.size() ? before[before.size() - k] : kStart;
    hashes[k] = extend(hashes[k - 1], id);
  }
  return longest;
}

// Counts the n-gram with the longest history. Each new n-gram is one more different id before the
// n-gram that is shorter by one, which is all that the shorter ever count: Kneser and Ney's
// continuation counts. An n-gram that begins with the start has nothing before it; it is always
// the longest, and counts how often.
void NgramModel::count(const Hashes& hashes, size_t longest, int32_t next) {
  for (size_t k = longest + 1; k-- > 0;) {
    Level& level = levels_[k];
    uint32_t& index = level.histories[hashes[k]];
    if (index == 0) {
      level.followers.emplace_back();
      index = static_cast<uint32_t>(level.followers.size());
    }
    uint32_t& seen = level.counts[key_of(index - 1, next)];
    ++seen;
    if (seen > 1) return;
  }
}

void NgramModel::add(std::span<const int32_t> sequence) {
  for (const int32_t id : sequence) {
    if (id >= 0 && id < vocab_size_) continue;
    throw Error(ErrorCode::kInvalidArgument, "n-gram: id: expected 0 to " +
                                                 std::to_string(vocab_size_ - 1) + ", found " +
                                                 std::to_string(id));
  }
  Hashes hashes;
  for (size_t i = 0; i < sequence.size(); ++i) {
    const size_t longest = hash_history(sequence.first(i), hashes);
    count(hashes, longest, sequence[i]);
  }
}

// Chen and Goodman's eq. 26, from the number of n-grams with counts 1 to 4. Where a small corpus
// leaves one of them 0, the discount is one half, which is always allowed.
void NgramModel::set_discounts(Level& level) {
  constexpr double kPlain = 0.5;
  std::array<double, 4> with_count{};
  level.counts.each([&with_count](uint64_t, uint32_t count) {
    if (count <= with_count.size()) with_count[count - 1] += 1.0;
  });
  level.discounts.fill(kPlain);
  if (with_count[0] == 0.0 || with_count[1] == 0.0) return;
  const double y = with_count[0] / (with_count[0] + 2.0 * with_count[1]);
  for (size_t i = 0; i < level.discounts.size(); ++i) {
    const auto count = static_cast<double>(i + 1);
    if (with_count[i] == 0.0 || with_count[i + 1] == 0.0) continue;
    const double discount = count - (count + 1.0) * y * with_count[i + 1] / with_count[i];
    if (discount > 0.0 && discount <= count) level.discounts[i] = discount;
  }
}

void NgramModel::finish() {
  for (Level& level : levels_) {
    std::fill(level.followers.begin(), level.followers.end(), Followers{});
    level.counts.each([&level](uint64_t key, uint32_t count) {
      Followers& followers = level.followers[key >> 32];
      followers.total += count;
      ++followers.kinds[kind_of(count)];
    });
    set_discounts(level);
  }
}

double NgramModel::log2_probability(std::span<const int32_t> context, int32_t next) const {
  assert(next >= 0 && next < vocab_size_);
  const auto ids = static_cast<double>(vocab_size_);
  if (order_ == 1) {
    const Level& level = levels_[0];
    const uint32_t* seen = level.counts.find(key_of(0, next));
    const uint64_t all = level.followers.empty() ? 0 : level.followers[0].total;
    return std::log2(((seen ? *seen : 0) + 1.0) / (static_cast<double>(all) + ids));
  }
  Hashes hashes;
  const size_t longest = hash_history(context, hashes);
  double probability = 1.0 / ids;
  for (size_t k = 0; k <= longest; ++k) {
    const Level& level = levels_[k];
    const uint32_t* index = level.histories.find(hashes[k]);
    if (index == nullptr) break;  // then no longer history was seen either
    const Followers& followers = level.followers[*index - 1];
    assert(followers.total > 0);  // finish() was called
    double kept = 0.0;            // the mass that discounts leave for the order below
    for (size_t i = 0; i < 3; ++i) kept += level.discounts[i] * followers.kinds[i];
    double own = 0.0;
    if (const uint32_t* seen = level.counts.find(key_of(*index - 1, next))) {
      own = *seen - level.discounts[kind_of(*seen)];
    }
    probability = (own + kept * probability) / static_cast<double>(followers.total);
  }
  return std::log2(probability);
}

double NgramModel::bits_of(std::span<const int32_t> sequence) const {
  double bits = 0.0;
  for (size_t i = 0; i < sequence.size(); ++i) {
    bits -= log2_probability(sequence.first(i), sequence[i]);
  }
  return bits;
}

size_t NgramModel::count_ngrams() const {
  size_t count = 0;
  for (const Level& level : levels_) count += level.counts.size();
  return count;
}

}  // namespace motet
