// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <queue>
#include <set>
#include <unordered_map>

#include "motet/base/error.h"
#include "motet/tokens/bpe.h"

namespace motet::tokens {
namespace {

constexpr uint32_t kEnd = 0xffffffff;
constexpr TokenId kGone = -1;

/// The pieces so far, each with its length in symbols of the corpus.
class GrowingPieces {
 public:
  TokenId add(const Symbols& text, size_t length) {
    const auto [found, fresh] = ids_.try_emplace(text, static_cast<TokenId>(pieces_.size()));
    if (fresh) {
      pieces_.push_back(text);
      lengths_.push_back(length);
    }
    return found->second;
  }
  bool has(const Symbols& text) const { return ids_.contains(text); }
  size_t size() const { return pieces_.size(); }
  const Symbols& text(TokenId id) const { return pieces_[static_cast<size_t>(id)]; }
  size_t length(TokenId id) const { return lengths_[static_cast<size_t>(id)]; }
  std::vector<Symbols> take() { return std::move(pieces_); }

 private:
  std::vector<Symbols> pieces_;
  std::vector<size_t> lengths_;
  std::unordered_map<Symbols, TokenId> ids_;
};

/// The distinct words, end to end, as a linked list of pieces at places.
struct Corpus {
  std::vector<TokenId> piece;      ///< kGone where a merge took it
  std::vector<uint32_t> next;      ///< kEnd at the end of a word
  std::vector<uint32_t> previous;  ///< kEnd at its beginning
  std::vector<uint32_t> word;      ///< of each place
  std::vector<int64_t> counts;     ///< of each word

  void add_word(std::span<const TokenId> ids, uint64_t count) {
    const auto begin = static_cast<uint32_t>(piece.size());
    const auto end = begin + static_cast<uint32_t>(ids.size());
    for (uint32_t at = begin; at < end; ++at) {
      piece.push_back(ids[at - begin]);
      next.push_back(at + 1 < end ? at + 1 : kEnd);
      previous.push_back(at > begin ? at - 1 : kEnd);
      word.push_back(static_cast<uint32_t>(counts.size()));
    }
    counts.push_back(static_cast<int64_t>(count));
  }
};

/// How often a pair stands in the corpus, and where: `places` may hold some where it stood once.
struct Pair {
  TokenId left = 0;
  TokenId right = 0;
  int64_t count = 0;
  size_t grew_at = 0;  ///< the last merge that gave it a place
  std::vector<uint32_t> places;
};

/// A claim about a pair; its count may have fallen since.
struct Claim {
  int64_t count = 0;
  TokenId left = 0;
  TokenId right = 0;
  bool operator<(const Claim& other) const {  // the largest count first, then the lowest ids
    if (count != other.count) return count < other.count;
    return std::tie(left, right) > std::tie(other.left, other.right);
  }
};

class BpeTrainer {
 public:
  BpeTrainer(std::span<const CountedWord> words, const BpeTraining& training)
      : training_(training) {
    size_t symbols = 0;
    for (const CountedWord& word : words) symbols += word.word.size();
    if (symbols >= kEnd) {
      throw Error(ErrorCode::kInvalidArgument, "BPE: a corpus of " + std::to_string(symbols) +
                                                   " symbols in distinct words is too large; "
                                                   "train on a sample, or split by bar");
    }
    for (const Symbols& special : training.special_pieces) pieces_.add(special, 1);
    add_alphabet(words);
    for (const CountedWord& word : words) add_word(word);
    count_pairs();
  }

  BpeTrained train() {
    std::vector<BpeMerge> merges;
    while (pieces_.size() < training_.vocabulary_size && !heap_.empty()) {
      Claim top = heap_.top();
      heap_.pop();
      const uint32_t index =
          index_of_.find(static_cast<uint32_t>(top.left), static_cast<uint32_t>(top.right));
      const int64_t count = std::max<int64_t>(pairs_[index].count, 0);
      if (top.count != count) {
        top.count = count;
        heap_.push(top);
        continue;
      }
      if (count < 1 || static_cast<uint64_t>(count) < training_.min_frequency) break;
      merges.push_back({top.left, top.right});
      merge(index, merges.size());
    }
    return {pieces_.take(), without_repeats(merges)};
  }

 private:
  void add_alphabet(std::span<const CountedWord> words) {
    std::map<char32_t, uint64_t> counts;
    for (const CountedWord& word : words) {
      for (const char32_t symbol : word.word) counts[symbol] += word.count;
    }
    for (const char32_t symbol : training_.initial_alphabet) {
      counts[symbol] = std::numeric_limits<uint64_t>::max();
    }
    std::vector<std::pair<uint64_t, char32_t>> by_count;
    for (const auto& [symbol, count] : counts) by_count.emplace_back(count, symbol);
    std::sort(by_count.begin(), by_count.end(), std::greater<>());
    by_count.resize(std::min(by_count.size(), training_.max_alphabet));
    for (const auto& [count, symbol] : by_count) kept_.insert(symbol);
    for (const char32_t symbol : kept_) pieces_.add(Symbols(1, symbol), 1);
  }

  void add_word(const CountedWord& word) {
    std::vector<TokenId> ids;
    for (size_t i = 0; i < word.word.size(); ++i) {
      if (!kept_.contains(word.word[i])) continue;
      Symbols text(1, word.word[i]);
      if (i > 0) text = training_.continuing_prefix + text;
      if (i + 1 == word.word.size()) text += training_.end_suffix;
      ids.push_back(pieces_.add(text, 1));
    }
    corpus_.add_word(ids, word.count);
  }

  uint32_t index_of(TokenId left, TokenId right) {
    uint32_t& index = index_of_(static_cast<uint32_t>(left), static_cast<uint32_t>(right));
    if (index == PairMap::kNothing) {
      index = static_cast<uint32_t>(pairs_.size());
      pairs_.push_back({left, right, 0, 0, {}});
    }
    return index;
  }

  int64_t count_at(uint32_t place) const { return corpus_.counts[corpus_.word[place]]; }

  void count_pairs() {
    for (uint32_t at = 0; at < corpus_.piece.size(); ++at) {
      const uint32_t after = corpus_.next[at];
      if (after == kEnd) continue;
      Pair& pair = pairs_[index_of(corpus_.piece[at], corpus_.piece[after])];
      pair.count += count_at(at);
      pair.places.push_back(at);
    }
    for (const Pair& pair : pairs_) heap_.push({pair.count, pair.left, pair.right});
  }

  /// Merges a pair wherever it stands. Its own count is left as it was: a pair that comes back (its
  /// left piece made a second time, another way) is thus merged at once, as in `tokenizers`.
  void merge(uint32_t index, size_t step) {
    const TokenId left = pairs_[index].left;
    const TokenId right = pairs_[index].right;
    std::vector<uint32_t> places = std::move(pairs_[index].places);
    pairs_[index].places.clear();
    if (!std::is_sorted(places.begin(), places.end())) std::sort(places.begin(), places.end());
    SymbolView rest = pieces_.text(right);
    if (rest.starts_with(training_.continuing_prefix)) {
      rest.remove_prefix(training_.continuing_prefix.size());
    }
    const TokenId made = pieces_.add(pieces_.text(left) + Symbols(rest),
                                     pieces_.length(left) + pieces_.length(right));
    grown_.clear();
    for (const uint32_t at : places) merge_at(at, left, right, made, step);
    for (const uint32_t i : grown_) {
      if (pairs_[i].count > 0) heap_.push({pairs_[i].count, pairs_[i].left, pairs_[i].right});
    }
  }

  void merge_at(uint32_t at, TokenId left, TokenId right, TokenId made, size_t step) {
    const uint32_t gone = corpus_.next[at];
    if (corpus_.piece[at] != left || gone == kEnd || corpus_.piece[gone] != right) return;
    const int64_t count = count_at(at);
    if (const uint32_t before = corpus_.previous[at]; before != kEnd) {
      const TokenId neighbour = corpus_.piece[before];
      pairs_[index_of(neighbour, left)].count -= count;
      grow(neighbour, made, before, count, step);
    }
    corpus_.piece[at] = made;
    corpus_.piece[gone] = kGone;
    const uint32_t after = corpus_.next[gone];
    corpus_.next[at] = after;
    if (after == kEnd) return;
    corpus_.previous[after] = at;
    const TokenId neighbour = corpus_.piece[after];
    pairs_[index_of(right, neighbour)].count -= count;
    grow(made, neighbour, at, count, step);
  }

  void grow(TokenId left, TokenId right, uint32_t place, int64_t count, size_t step) {
    if (pieces_.length(left) + pieces_.length(right) >= training_.max_piece_length) return;
    const uint32_t index = index_of(left, right);
    Pair& pair = pairs_[index];
    pair.count += count;
    pair.places.push_back(place);
    if (pair.grew_at == step) return;
    pair.grew_at = step;
    grown_.push_back(index);
  }

  /// A pair that was merged twice keeps its last rank.
  static std::vector<BpeMerge> without_repeats(const std::vector<BpeMerge>& merges) {
    std::set<std::pair<TokenId, TokenId>> seen;
    std::vector<BpeMerge> kept;
    for (size_t i = merges.size(); i-- > 0;) {
      if (seen.insert({merges[i].left, merges[i].right}).second) kept.push_back(merges[i]);
    }
    std::reverse(kept.begin(), kept.end());
    return kept;
  }

  const BpeTraining& training_;
  std::set<char32_t> kept_;
  GrowingPieces pieces_;
  Corpus corpus_;
  PairMap index_of_;
  std::vector<Pair> pairs_;
  std::vector<uint32_t> grown_;
  std::priority_queue<Claim> heap_;
};

}  // namespace

BpeTrained train_bpe(std::span<const CountedWord> words, const BpeTraining& training) {
  return BpeTrainer(words, training).train();
}

}  // namespace motet::tokens
