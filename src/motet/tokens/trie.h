// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "motet/tokens/pair_map.h"
#include "motet/tokens/subword_model.h"

namespace motet::tokens {

/// The pieces of a vocabulary, symbol by symbol.
class Trie {
 public:
  using Node = uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr Node kNowhere = PairMap::kNothing;

  explicit Trie(const Pieces& pieces) {
    for (size_t id = 0; id < pieces.size(); ++id) {
      const Symbols& text = pieces.text(static_cast<TokenId>(id));
      if (!text.empty()) add(text, static_cast<TokenId>(id));
    }
  }

  Node step(Node node, char32_t symbol) const noexcept { return children_.find(node, symbol); }

  /// The node after these symbols, kNowhere when no piece begins with them.
  Node walk(Node node, SymbolView symbols) const noexcept {
    for (const char32_t symbol : symbols) {
      if (node == kNowhere) break;
      node = step(node, symbol);
    }
    return node;
  }

  /// The piece that ends at a node, -1 for none.
  TokenId piece_at(Node node) const noexcept { return piece_of_[node]; }

 private:
  void add(SymbolView text, TokenId id) {
    Node node = kRoot;
    for (const char32_t symbol : text) {
      Node& child = children_(node, symbol);
      if (child == kNowhere) {
        child = static_cast<Node>(piece_of_.size());
        piece_of_.push_back(-1);
      }
      node = child;
    }
    piece_of_[node] = id;
  }

  PairMap children_;
  std::vector<TokenId> piece_of_{-1};
};

}  // namespace motet::tokens
