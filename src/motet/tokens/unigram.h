// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "motet/base/progress.h"
#include "motet/base/threads.h"
#include "motet/tokens/subword_model.h"
#include "motet/tokens/trie.h"

namespace motet::tokens {

/// How much less than the lowest score a symbol without a piece has.
inline constexpr double kUnknownPenalty = 10;

struct UnigramPiece {
  Symbols text;
  double score = 0;  ///< natural logarithm of a probability
};

struct UnigramOptions {
  std::optional<TokenId> unknown = {};  ///< neighbouring unknown symbols are one
  bool byte_fallback = false;           ///< an unknown becomes the pieces <0xHH> of its UTF-8
};

/// The segmentation of highest probability under a unigram language model of pieces (Kudo, "Subword
/// Regularization", ACL 2018), by Viterbi's algorithm, as `tokenizers` applies it: a symbol without
/// a piece costs the lowest score less 10; of two equal paths the one whose last piece is longer.
class UnigramModel : public SubwordModel {
 public:
  /// Throws Error(kInvalidFile) when options.unknown is no id of a piece.
  UnigramModel(std::vector<UnigramPiece> pieces, UnigramOptions options);

  void encode(SymbolView word, std::vector<TokenId>& ids) const override;

  const std::vector<double>& scores() const noexcept { return scores_; }
  const UnigramOptions& options() const noexcept { return options_; }

 private:
  void add_unknown(SymbolView text, std::vector<TokenId>& ids) const;

  std::vector<double> scores_;
  UnigramOptions options_;
  Trie trie_;
  double unknown_score_ = 0;
  std::vector<TokenId> by_byte_;
};

struct UnigramTraining {
  size_t vocabulary_size = 8000;
  size_t max_piece_length = 16;  ///< symbols
  size_t seed_size = 1'000'000;  ///< candidates at the start
  int steps_a_round = 2;         ///< EM steps between two prunings
  double shrinking_factor = 0.75;
  Symbols initial_alphabet = {};             ///< has pieces even where the corpus lacks them
  std::vector<Symbols> special_pieces = {};  ///< have the first ids and the score 0
};

/// Learns pieces: frequent substrings as seeds, then rounds of expectation-maximisation with the
/// sparse prior exp(digamma(count)), and of pruning those whose loss hurts the likelihood least,
/// until vocabulary_size * 1.1 are left; then the best, and every symbol of the corpus. Kudo 2018,
/// section 3.2, in the variant of SentencePiece and of `tokenizers`. Depends on the words alone,
/// not on the pool's size.
///
/// words  as WordCounter gives them; memory grows with the distinct words' symbols
/// throws Error(kInvalidArgument) when vocabulary_size is less than the symbols there are, or above
///        2^31 symbols in distinct words
std::vector<UnigramPiece> train_unigram(std::span<const CountedWord> words,
                                        const UnigramTraining& training, ThreadPool& pool,
                                        const Progress& progress = {});

}  // namespace motet::tokens
