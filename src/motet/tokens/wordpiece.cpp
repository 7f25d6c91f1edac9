// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/wordpiece.h"

#include "motet/base/error.h"
#include "motet/tokens/unicode.h"

namespace motet::tokens {
namespace {

[[noreturn]] void refuse_unknown(const std::string& model, SymbolView word) {
  throw Error(ErrorCode::kInvalidArgument,
              model + ": \"" + to_utf8(word.substr(0, 40)) +
                  "\" has no piece, and the vocabulary has no token for the unknown");
}

}  // namespace

WordPieceModel::WordPieceModel(Pieces pieces, WordPieceOptions options)
    : SubwordModel(std::move(pieces)), options_(std::move(options)), trie_(this->pieces()) {
  continuing_ = trie_.walk(Trie::kRoot, options_.continuing_prefix);
}

void WordPieceModel::encode(SymbolView word, std::vector<TokenId>& ids) const {
  const size_t begin = ids.size();
  bool whole = word.size() <= options_.max_word;
  for (size_t at = 0; whole && at < word.size();) {
    Trie::Node node = at == 0 ? Trie::kRoot : continuing_;
    TokenId longest = -1;
    size_t end = at;
    for (size_t i = at; i < word.size() && node != Trie::kNowhere; ++i) {
      node = trie_.step(node, word[i]);
      if (node == Trie::kNowhere || trie_.piece_at(node) < 0) continue;
      longest = trie_.piece_at(node);
      end = i + 1;
    }
    whole = longest >= 0;
    if (whole) ids.push_back(longest);
    at = end;
  }
  if (whole) return;
  ids.resize(begin);
  if (!options_.unknown) refuse_unknown("WordPiece", word);
  ids.push_back(*options_.unknown);
}

void WordLevelModel::encode(SymbolView word, std::vector<TokenId>& ids) const {
  if (const std::optional<TokenId> id = pieces().find(word)) {
    ids.push_back(*id);
  } else if (unknown_) {
    ids.push_back(*unknown_);
  } else {
    refuse_unknown("WordLevel", word);
  }
}

std::vector<Symbols> train_wordpiece(std::span<const CountedWord> words,
                                     const BpeTraining& training) {
  return train_bpe(words, training).pieces;
}

}  // namespace motet::tokens
