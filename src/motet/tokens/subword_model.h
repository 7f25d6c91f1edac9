// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "motet/tokens/vocabulary.h"

namespace motet::tokens {

/// A subword model works on words of symbols. A symbol is a char32_t: a code point of a text, or a
/// base token's id moved by kFirstBaseSymbol (subword.h). What a symbol stands for is not the
/// model's business.
using Symbols = std::u32string;
using SymbolView = std::u32string_view;

/// The pieces of a vocabulary: id <-> symbols, both ways in constant time.
class Pieces {
 public:
  Pieces() = default;
  /// pieces[i] has the id i; an empty one marks an id that nothing has. Of two equal pieces the
  /// later is found.
  explicit Pieces(std::vector<Symbols> pieces);

  size_t size() const noexcept { return pieces_.size(); }
  /// id in 0 .. size() - 1.
  const Symbols& text(TokenId id) const { return pieces_[static_cast<size_t>(id)]; }
  std::optional<TokenId> find(SymbolView piece) const;
  const std::vector<Symbols>& all() const noexcept { return pieces_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(SymbolView text) const noexcept { return std::hash<SymbolView>{}(text); }
  };
  std::vector<Symbols> pieces_;
  std::unordered_map<Symbols, TokenId, Hash, std::equal_to<>> ids_;
};

/// What BPE, Unigram, WordPiece and WordLevel have in common. Immutable, so threads share it.
class SubwordModel {
 public:
  explicit SubwordModel(Pieces pieces) : pieces_(std::move(pieces)) {}
  virtual ~SubwordModel() = default;
  SubwordModel(const SubwordModel&) = delete;
  SubwordModel& operator=(const SubwordModel&) = delete;

  /// Appends the ids of one word. Throws Error(kInvalidArgument) when a symbol is unknown and the
  /// model has no token for the unknown.
  virtual void encode(SymbolView word, std::vector<TokenId>& ids) const = 0;

  const Pieces& pieces() const noexcept { return pieces_; }

 private:
  Pieces pieces_;
};

/// A word of a training corpus and how often it stands there.
struct CountedWord {
  Symbols word;
  uint64_t count = 1;
  auto operator<=>(const CountedWord&) const = default;
};

/// Gathers equal words. The result of counted() is sorted, so it depends on the words alone.
class WordCounter {
 public:
  void add(SymbolView word, uint64_t count = 1);
  size_t size() const noexcept { return counts_.size(); }
  std::vector<CountedWord> counted() const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(SymbolView text) const noexcept { return std::hash<SymbolView>{}(text); }
  };
  std::unordered_map<Symbols, uint64_t, Hash, std::equal_to<>> counts_;
};

}  // namespace motet::tokens
