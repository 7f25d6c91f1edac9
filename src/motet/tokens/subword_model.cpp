// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/subword_model.h"

#include <algorithm>

namespace motet::tokens {

Pieces::Pieces(std::vector<Symbols> pieces) : pieces_(std::move(pieces)) {
  ids_.reserve(pieces_.size());
  for (size_t id = 0; id < pieces_.size(); ++id) {
    if (!pieces_[id].empty()) ids_[pieces_[id]] = static_cast<TokenId>(id);
  }
}

std::optional<TokenId> Pieces::find(SymbolView piece) const {
  const auto found = ids_.find(piece);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

void WordCounter::add(SymbolView word, uint64_t count) {
  if (word.empty()) return;
  const auto found = counts_.find(word);
  if (found == counts_.end()) {
    counts_.emplace(Symbols(word), count);
  } else {
    found->second += count;
  }
}

std::vector<CountedWord> WordCounter::counted() const {
  std::vector<CountedWord> words;
  words.reserve(counts_.size());
  for (const auto& [word, count] : counts_) words.push_back({word, count});
  std::sort(words.begin(), words.end());
  return words;
}

}  // namespace motet::tokens
