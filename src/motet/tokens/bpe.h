// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "motet/tokens/pair_map.h"
#include "motet/tokens/subword_model.h"

namespace motet::tokens {

/// "left right" become one piece. The place in the list is the rank: lower is done first.
struct BpeMerge {
  TokenId left = 0;
  TokenId right = 0;
  bool operator==(const BpeMerge&) const = default;
};

/// The fields of a Hugging Face BPE model besides vocabulary and merges.
struct BpeOptions {
  std::optional<TokenId> unknown =
      {};                          ///< for a symbol without a piece; none: such a symbol is dropped
  Symbols continuing_prefix = {};  ///< before every symbol of a word but the first
  Symbols end_suffix = {};         ///< after the last symbol of a word
  bool fuse_unknown = false;       ///< neighbouring unknowns are one
  bool byte_fallback = false;      ///< an unknown symbol becomes the pieces <0xHH> of its UTF-8
  bool ignore_merges = false;      ///< a word that is a piece is that piece
};

/// Byte-pair encoding (Gage 1994; Sennrich, Haddow and Birch, ACL 2016), as Hugging Face
/// `tokenizers` applies it: the merge of lowest rank first, of two equal ones the leftmost.
class BpeModel : public SubwordModel {
 public:
  /// Throws Error(kInvalidFile) when a merge names an id that the pieces lack, or makes what they
  /// lack.
  BpeModel(Pieces pieces, std::vector<BpeMerge> merges, BpeOptions options = {});

  void encode(SymbolView word, std::vector<TokenId>& ids) const override;

  const std::vector<BpeMerge>& merges() const noexcept { return merges_; }
  const BpeOptions& options() const noexcept { return options_; }

 private:
  struct Unknowns;
  void read_symbols(SymbolView word, std::vector<TokenId>& ids) const;
  std::optional<TokenId> id_of(char32_t symbol, bool first, bool last) const;
  bool fall_back(char32_t symbol, bool first, bool last, std::vector<TokenId>& ids) const;
  size_t merge_short(std::span<TokenId> ids) const;
  size_t merge_long(std::span<TokenId> ids) const;

  std::vector<BpeMerge> merges_;
  std::vector<TokenId> made_;       ///< by rank: what a merge makes
  PairMap ranks_;                   ///< (left, right) -> rank
  std::vector<TokenId> by_symbol_;  ///< the piece of a lone symbol, -1 for none
  std::array<TokenId, 256> by_byte_{};
  BpeOptions options_;
};

struct BpeTraining {
  size_t vocabulary_size = 30000;
  uint64_t min_frequency = 0;
  size_t max_piece_length = std::numeric_limits<size_t>::max();  ///< symbols
  size_t max_alphabet = std::numeric_limits<size_t>::max();  ///< the rarest symbols are left out
  Symbols initial_alphabet = {};             ///< has pieces even where the corpus lacks them
  std::vector<Symbols> special_pieces = {};  ///< have the first ids; never merged by the trainer
  Symbols continuing_prefix = {};
  Symbols end_suffix = {};
};

struct BpeTrained {
  std::vector<Symbols> pieces;  ///< specials, the alphabet by code point, then what merges made
  std::vector<BpeMerge> merges;
};

/// Learns merges: the pair that stands most often, of equal ones the pair of the lowest ids. The
/// pieces and merges are those that `tokenizers`' BpeTrainer 0.23 gives for the same words (it
/// visits words in the order of a hash table, which shows only in the ids of pieces with a
/// continuing prefix or an end suffix; here these come in the order of the sorted words).
///
/// words  as WordCounter gives them; time and memory grow with the distinct words' symbols
/// throws Error(kInvalidArgument) above 2^32 - 2 symbols in distinct words
BpeTrained train_bpe(std::span<const CountedWord> words, const BpeTraining& training);

}  // namespace motet::tokens
