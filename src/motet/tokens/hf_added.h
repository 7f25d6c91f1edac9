// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "motet/tokens/hf_normalizer.h"
#include "motet/tokens/hf_pre_tokenizer.h"
#include "motet/tokens/subword_model.h"
#include "motet/tokens/trie.h"

namespace motet::tokens {

/// A token that is found in the text before the model sees it.
struct HfAddedToken {
  TokenId id = 0;
  std::string content;       ///< UTF-8
  std::string shown;         ///< what it decodes to: the content, normalized if the token is
  bool single_word = false;  ///< not within a word
  bool left_strip = false;   ///< takes the white space before it
  bool right_strip = false;  ///< takes the white space after it
  bool normalized = false;   ///< looked for after the normalizer, else before
  bool special = false;
};

/// A stretch of text, or a token that was found in it.
struct HfSegment {
  HfPart part;
  TokenId token = -1;  ///< -1: text
};

/// The added tokens of a tokenizer.json.
class HfAddedTokens {
 public:
  /// place  the list "added_tokens"; a content that the model has keeps the model's id
  HfAddedTokens(const HfPlace& place, const SubwordModel& model, const HfNormalizer& normalizer);

  /// Finds tokens in a text, the longest at each place, and normalizes what lies between.
  std::vector<HfSegment> split(std::u32string_view text, const HfNormalizer& normalizer) const;

  /// nullptr when the id is no added token's.
  const HfAddedToken* find(TokenId id) const;
  const std::vector<HfAddedToken>& all() const noexcept { return tokens_; }

 private:
  void split_part(const HfPart& part, const Trie& trie, const std::vector<size_t>& indices,
                  std::vector<HfSegment>& out) const;

  std::vector<HfAddedToken> tokens_;
  std::unordered_map<TokenId, size_t> index_of_;
  std::vector<size_t> raw_;         ///< those looked for before the normalizer
  std::vector<size_t> normalized_;  ///< and after it
  std::optional<Trie> raw_trie_;    ///< its "ids" are places in raw_
  std::optional<Trie> normalized_trie_;
};

}  // namespace motet::tokens
