// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/unigram.h"

#include <algorithm>
#include <limits>

#include "motet/base/error.h"
#include "motet/tokens/unicode.h"

namespace motet::tokens {
namespace {

Pieces pieces_of(const std::vector<UnigramPiece>& pieces) {
  std::vector<Symbols> texts;
  texts.reserve(pieces.size());
  for (const UnigramPiece& piece : pieces) texts.push_back(piece.text);
  return Pieces(std::move(texts));
}

/// The best way to reach a place of a word.
struct Reached {
  double score = -std::numeric_limits<double>::infinity();
  size_t from = 0;
  TokenId piece = -1;  ///< -1: an unknown symbol
  bool yet = false;
};

}  // namespace

UnigramModel::UnigramModel(std::vector<UnigramPiece> pieces, UnigramOptions options)
    : SubwordModel(pieces_of(pieces)), options_(options), trie_(this->pieces()) {
  const std::optional<TokenId> unknown = options_.unknown;
  if (unknown && (*unknown < 0 || static_cast<size_t>(*unknown) >= pieces.size())) {
    throw Error(ErrorCode::kInvalidFile, "Unigram: expected unk_id below " +
                                             std::to_string(pieces.size()) + ", found " +
                                             std::to_string(*unknown));
  }
  double lowest = std::numeric_limits<double>::infinity();
  for (const UnigramPiece& piece : pieces) {
    scores_.push_back(piece.score);
    lowest = std::min(lowest, piece.score);
  }
  unknown_score_ = lowest - kUnknownPenalty;
  for (int byte = 0; byte < 256; ++byte) {
    by_byte_.push_back(this->pieces().find(byte_piece(static_cast<uint8_t>(byte))).value_or(-1));
  }
}

void UnigramModel::add_unknown(SymbolView text, std::vector<TokenId>& ids) const {
  if (const std::optional<TokenId> id = pieces().find(text)) {
    ids.push_back(*id);
    return;
  }
  if (options_.byte_fallback) {
    const std::string bytes = to_utf8(text);
    const auto id_at = [&](char byte) { return by_byte_[static_cast<uint8_t>(byte)]; };
    if (std::all_of(bytes.begin(), bytes.end(), [&](char byte) { return id_at(byte) >= 0; })) {
      for (const char byte : bytes) ids.push_back(id_at(byte));
      return;
    }
  }
  if (!options_.unknown) {
    throw Error(ErrorCode::kInvalidArgument,
                "Unigram: \"" + to_utf8(text.substr(0, 40)) +
                    "\" has no piece, and the vocabulary has no token for the unknown");
  }
  ids.push_back(*options_.unknown);
}

void UnigramModel::encode(SymbolView word, std::vector<TokenId>& ids) const {
  std::vector<Reached> best(word.size() + 1);
  best[0] = {0, 0, -1, true};
  const auto offer = [&](size_t from, size_t to, double score, TokenId piece) {
    const double sum = best[from].score + score;
    if (!best[to].yet || sum > best[to].score) best[to] = {sum, from, piece, true};
  };
  for (size_t at = 0; at < word.size(); ++at) {
    Trie::Node node = Trie::kRoot;
    bool has_single = false;
    for (size_t end = at; end < word.size(); ++end) {
      node = trie_.step(node, word[end]);
      if (node == Trie::kNowhere) break;
      const TokenId piece = trie_.piece_at(node);
      if (piece < 0) continue;
      has_single = has_single || end == at;
      offer(at, end + 1, scores_[static_cast<size_t>(piece)], piece);
    }
    if (!has_single) offer(at, at + 1, unknown_score_, -1);
  }
  std::vector<std::pair<size_t, size_t>> parts;  // from the last to the first
  bool after_unknown = false;
  for (size_t end = word.size(); end > 0; end = best[end].from) {
    const bool unknown = best[end].piece < 0 || best[end].piece == options_.unknown;
    if (unknown && after_unknown) {
      parts.back().first = best[end].from;
    } else {
      parts.emplace_back(best[end].from, end);
    }
    after_unknown = unknown;
  }
  for (size_t i = parts.size(); i-- > 0;) {
    const auto [begin, end] = parts[i];
    const bool known = best[end].piece >= 0 && best[end].from == begin;
    if (known) {
      ids.push_back(best[end].piece);
    } else {
      add_unknown(word.substr(begin, end - begin), ids);
    }
  }
}

}  // namespace motet::tokens
