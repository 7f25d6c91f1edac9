// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "motet/tokens/bpe.h"
#include "motet/tokens/subword_model.h"
#include "motet/tokens/trie.h"

namespace motet::tokens {

struct WordPieceOptions {
  std::optional<TokenId> unknown = {};  ///< a word that cannot be pieced together is this
  Symbols continuing_prefix = Symbols(2, U'#');
  size_t max_word = 100;  ///< symbols; a longer word is unknown
};

/// The longest piece that the rest of the word begins with, again and again (Schuster and Nakajima
/// 2012; Devlin et al. 2019), as `tokenizers` does it.
class WordPieceModel : public SubwordModel {
 public:
  WordPieceModel(Pieces pieces, WordPieceOptions options);

  void encode(SymbolView word, std::vector<TokenId>& ids) const override;

  const WordPieceOptions& options() const noexcept { return options_; }

 private:
  WordPieceOptions options_;
  Trie trie_;
  Trie::Node continuing_ = Trie::kRoot;  ///< after the continuing prefix
};

/// A word is one piece, or unknown.
class WordLevelModel : public SubwordModel {
 public:
  WordLevelModel(Pieces pieces, std::optional<TokenId> unknown)
      : SubwordModel(std::move(pieces)), unknown_(unknown) {}

  void encode(SymbolView word, std::vector<TokenId>& ids) const override;

  std::optional<TokenId> unknown() const noexcept { return unknown_; }

 private:
  std::optional<TokenId> unknown_;
};

/// The pieces of a WordPiece model, learnt as `tokenizers` learns them: by BPE with
/// training.continuing_prefix, of which only the pieces stay.
std::vector<Symbols> train_wordpiece(std::span<const CountedWord> words,
                                     const BpeTraining& training);

}  // namespace motet::tokens
