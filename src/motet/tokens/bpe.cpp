// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/bpe.h"

#include <algorithm>
#include <queue>

#include "motet/base/error.h"
#include "motet/tokens/unicode.h"

namespace motet::tokens {
namespace {

/// Up to this length a scan for the lowest rank beats a heap (bench/bpe_bench.cpp).
constexpr size_t kShortWord = 256;
constexpr uint32_t kNoRank = PairMap::kNothing;

void require_id(TokenId id, size_t size, size_t rank) {
  if (id >= 0 && static_cast<size_t>(id) < size) return;
  throw Error(ErrorCode::kInvalidFile, "BPE: merge " + std::to_string(rank) +
                                           ": expected ids below " + std::to_string(size) +
                                           ", found " + std::to_string(id));
}

}  // namespace

BpeModel::BpeModel(Pieces pieces, std::vector<BpeMerge> merges, BpeOptions options)
    : SubwordModel(std::move(pieces)), merges_(std::move(merges)), options_(std::move(options)) {
  const Pieces& all = this->pieces();
  made_.reserve(merges_.size());
  for (size_t rank = 0; rank < merges_.size(); ++rank) {
    const auto [left, right] = merges_[rank];
    require_id(left, all.size(), rank);
    require_id(right, all.size(), rank);
    SymbolView rest = all.text(right);
    rest.remove_prefix(std::min(rest.size(), options_.continuing_prefix.size()));
    const std::optional<TokenId> made = all.find(all.text(left) + Symbols(rest));
    if (!made) {
      throw Error(ErrorCode::kInvalidFile, "BPE: merge " + std::to_string(rank) + " makes \"" +
                                               to_utf8(all.text(left) + Symbols(rest)) +
                                               "\", which is not in the vocabulary");
    }
    made_.push_back(*made);
    ranks_(static_cast<uint32_t>(left), static_cast<uint32_t>(right)) = static_cast<uint32_t>(rank);
  }
  for (size_t id = 0; id < all.size(); ++id) {
    const Symbols& text = all.text(static_cast<TokenId>(id));
    if (text.size() != 1) continue;
    if (by_symbol_.size() <= text[0]) by_symbol_.resize(text[0] + 1, -1);
    by_symbol_[text[0]] = static_cast<TokenId>(id);
  }
  for (size_t byte = 0; byte < by_byte_.size(); ++byte) {
    by_byte_[byte] = all.find(byte_piece(static_cast<uint8_t>(byte))).value_or(-1);
  }
}

std::optional<TokenId> BpeModel::id_of(char32_t symbol, bool first, bool last) const {
  const bool has_prefix = !first && !options_.continuing_prefix.empty();
  const bool has_suffix = last && !options_.end_suffix.empty();
  if (!has_prefix && !has_suffix) {
    const TokenId id = symbol < by_symbol_.size() ? by_symbol_[symbol] : -1;
    return id < 0 ? std::nullopt : std::optional(id);
  }
  Symbols text = has_prefix ? options_.continuing_prefix : Symbols();
  text += symbol;
  if (has_suffix) text += options_.end_suffix;
  return pieces().find(text);
}

bool BpeModel::fall_back(char32_t symbol, bool first, bool last, std::vector<TokenId>& ids) const {
  Symbols text = first ? Symbols() : options_.continuing_prefix;
  text += symbol;
  if (last) text += options_.end_suffix;
  const std::string bytes = to_utf8(text);
  const auto id_at = [&](char byte) { return by_byte_[static_cast<uint8_t>(byte)]; };
  if (std::any_of(bytes.begin(), bytes.end(), [&](char byte) { return id_at(byte) < 0; })) {
    return false;
  }
  for (const char byte : bytes) ids.push_back(id_at(byte));
  return true;
}

/// An unknown waits until the next known symbol, as in `tokenizers`: bytes overtake it.
void BpeModel::read_symbols(SymbolView word, std::vector<TokenId>& ids) const {
  bool waiting = false;
  for (size_t i = 0; i < word.size(); ++i) {
    const bool first = i == 0;
    const bool last = i + 1 == word.size();
    if (const std::optional<TokenId> id = id_of(word[i], first, last)) {
      if (waiting) ids.push_back(*options_.unknown);
      waiting = false;
      ids.push_back(*id);
    } else if (options_.byte_fallback && fall_back(word[i], first, last, ids)) {
      continue;
    } else if (options_.unknown) {
      if (waiting && !options_.fuse_unknown) ids.push_back(*options_.unknown);
      waiting = true;
    }
  }
  if (waiting) ids.push_back(*options_.unknown);
}

void BpeModel::encode(SymbolView word, std::vector<TokenId>& ids) const {
  if (word.empty()) return;
  if (options_.ignore_merges) {
    if (const std::optional<TokenId> id = pieces().find(word)) {
      ids.push_back(*id);
      return;
    }
  }
  const size_t begin = ids.size();
  read_symbols(word, ids);
  const std::span<TokenId> fresh = std::span(ids).subspan(begin);
  const size_t left = fresh.size() <= kShortWord ? merge_short(fresh) : merge_long(fresh);
  ids.resize(begin + left);
}

/// Merges in place, by a scan for the lowest rank; returns how many ids are left.
size_t BpeModel::merge_short(std::span<TokenId> ids) const {
  size_t size = ids.size();
  if (size < 2) return size;
  std::array<uint32_t, kShortWord> ranks;  // of ids[i] with ids[i + 1]
  const auto rank_at = [&](size_t i) {
    return ranks_.find(static_cast<uint32_t>(ids[i]), static_cast<uint32_t>(ids[i + 1]));
  };
  for (size_t i = 0; i + 1 < size; ++i) ranks[i] = rank_at(i);
  while (size > 1) {
    uint32_t lowest = kNoRank;
    for (size_t i = 0; i + 1 < size; ++i) lowest = std::min(lowest, ranks[i]);
    if (lowest == kNoRank) break;
    const auto at =
        static_cast<size_t>(std::find(ranks.begin(), ranks.end(), lowest) - ranks.begin());
    ids[at] = made_[lowest];
    std::copy(ids.begin() + at + 2, ids.begin() + size, ids.begin() + at + 1);
    if (at + 2 < size) {
      std::copy(ranks.begin() + at + 2, ranks.begin() + size - 1, ranks.begin() + at + 1);
    }
    --size;
    if (at > 0) ranks[at - 1] = rank_at(at - 1);
    if (at + 1 < size) ranks[at] = rank_at(at);
  }
  return size;
}

/// The same for long words: a heap of merges over a linked list.
size_t BpeModel::merge_long(std::span<TokenId> ids) const {
  const auto size = static_cast<uint32_t>(ids.size());
  constexpr uint32_t kEnd = 0xffffffff;
  std::vector<uint32_t> next(size), previous(size);
  using Entry = std::pair<uint32_t, uint32_t>;  // rank, place
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap;
  const auto rank_at = [&](uint32_t i) {
    return ranks_.find(static_cast<uint32_t>(ids[i]), static_cast<uint32_t>(ids[next[i]]));
  };
  const auto offer = [&](uint32_t i) {
    if (i == kEnd || next[i] == kEnd) return;
    if (const uint32_t rank = rank_at(i); rank != kNoRank) heap.push({rank, i});
  };
  for (uint32_t i = 0; i < size; ++i) {
    next[i] = i + 1 < size ? i + 1 : kEnd;
    previous[i] = i > 0 ? i - 1 : kEnd;
  }
  for (uint32_t i = 0; i < size; ++i) offer(i);
  while (!heap.empty()) {
    const auto [rank, at] = heap.top();
    heap.pop();
    if (ids[at] < 0 || next[at] == kEnd || rank_at(at) != rank) continue;  // out of date
    const uint32_t gone = next[at];
    ids[at] = made_[rank];
    ids[gone] = -1;
    next[at] = next[gone];
    if (next[at] != kEnd) previous[next[at]] = at;
    offer(previous[at]);
    offer(at);
  }
  return static_cast<size_t>(std::remove(ids.begin(), ids.end(), -1) - ids.begin());
}

}  // namespace motet::tokens
