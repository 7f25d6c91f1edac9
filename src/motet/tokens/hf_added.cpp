// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/hf_added.h"

#include <algorithm>

#include "motet/tokens/unicode.h"

namespace motet::tokens {
namespace {

constexpr size_t kMaxId = (size_t{1} << 31) - 1;

HfAddedToken read_token(const HfPlace& place) {
  HfAddedToken token;
  token.id = static_cast<TokenId>(place.at("id").number(kMaxId));
  token.content = place.text("content");
  token.shown = token.content;
  token.special = place.flag("special", false);
  token.single_word = place.flag("single_word", false);
  token.left_strip = place.flag("lstrip", false);
  token.right_strip = place.flag("rstrip", false);
  token.normalized = place.flag("normalized", !token.special);
  return token;
}

std::optional<Trie> trie_of(std::vector<Symbols> contents) {
  if (contents.empty()) return std::nullopt;
  return Trie(Pieces(std::move(contents)));
}

}  // namespace

HfAddedTokens::HfAddedTokens(const HfPlace& place, const SubwordModel& model,
                             const HfNormalizer& normalizer) {
  std::vector<Symbols> raw;
  std::vector<Symbols> normalized;
  for (size_t i = 0; i < place.size(); ++i) {
    HfAddedToken token = read_token(place.at(i));
    Symbols content = from_utf8(token.content);
    if (content.empty()) continue;
    if (const std::optional<TokenId> id = model.pieces().find(content)) token.id = *id;
    index_of_[token.id] = tokens_.size();
    if (token.normalized) {
      if (normalizer) normalizer(content);
      token.shown = to_utf8(content);
      normalized_.push_back(tokens_.size());
      normalized.push_back(std::move(content));
    } else {
      raw_.push_back(tokens_.size());
      raw.push_back(std::move(content));
    }
    tokens_.push_back(std::move(token));
  }
  raw_trie_ = trie_of(std::move(raw));
  normalized_trie_ = trie_of(std::move(normalized));
}

const HfAddedToken* HfAddedTokens::find(TokenId id) const {
  const auto found = index_of_.find(id);
  return found == index_of_.end() ? nullptr : &tokens_[found->second];
}

void HfAddedTokens::split_part(const HfPart& part, const Trie& trie,
                               const std::vector<size_t>& indices,
                               std::vector<HfSegment>& out) const {
  const std::u32string& text = part.text;
  size_t done = 0;
  const auto add_text = [&](size_t begin, size_t end) {
    if (begin < end) {
      out.push_back({{text.substr(begin, end - begin), part.at_start && begin == 0}, -1});
    }
  };
  for (size_t at = 0; at < text.size();) {
    Trie::Node node = Trie::kRoot;
    TokenId longest = -1;
    size_t match_end = at;
    for (size_t i = at; i < text.size(); ++i) {
      node = trie.step(node, text[i]);
      if (node == Trie::kNowhere) break;
      if (trie.piece_at(node) < 0) continue;
      longest = trie.piece_at(node);
      match_end = i + 1;
    }
    if (longest < 0) {
      ++at;
      continue;
    }
    const HfAddedToken& token = tokens_[indices[static_cast<size_t>(longest)]];
    size_t begin = at;
    size_t end = match_end;
    at = match_end;
    const bool in_word = (begin > 0 && is_word_character(text[begin - 1])) ||
                         (end < text.size() && is_word_character(text[end]));
    if (token.single_word && in_word) continue;
    if (token.left_strip) {
      while (begin > done && is_white_space(text[begin - 1])) --begin;
    }
    if (token.right_strip) {
      while (end < text.size() && is_white_space(text[end])) ++end;
    }
    add_text(done, begin);
    out.push_back({{}, token.id});
    done = end;
  }
  add_text(done, text.size());
}

std::vector<HfSegment> HfAddedTokens::split(std::u32string_view text,
                                            const HfNormalizer& normalizer) const {
  std::vector<HfSegment> raw;
  if (!text.empty()) {
    const HfPart whole{std::u32string(text), true};
    if (raw_trie_) {
      split_part(whole, *raw_trie_, raw_, raw);
    } else {
      raw.push_back({whole, -1});
    }
  }
  std::vector<HfSegment> out;
  for (HfSegment& segment : raw) {
    if (segment.token >= 0) {
      out.push_back(std::move(segment));
      continue;
    }
    if (normalizer) normalizer(segment.part.text);
    if (segment.part.text.empty()) continue;
    if (normalized_trie_) {
      split_part(segment.part, *normalized_trie_, normalized_, out);
    } else {
      out.push_back(std::move(segment));
    }
  }
  return out;
}

}  // namespace motet::tokens
