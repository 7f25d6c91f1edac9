// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motet::tokens {

/// SentencePiece's compiled normalisation rules (T5, XLM-R, mBART): a double-array trie from
/// sequences of bytes to texts. The layout is that of Yata's darts-clone, as SentencePiece writes
/// it: u32 size of the trie in bytes, the trie's units, the texts with a zero byte after each.
class Charsmap {
 public:
  /// base64  as the field precompiled_charsmap has it; throws Error(kInvalidFile) when it is none
  explicit Charsmap(std::string_view base64);

  /// Rewrites each grapheme cluster of less than 6 bytes as a whole or else character by character,
  /// by the shortest rule that it begins with (the way of the crate spm_precompiled).
  std::u32string apply(std::u32string_view text) const;

 private:
  std::optional<std::string_view> find(std::string_view bytes) const;

  std::vector<uint32_t> units_;
  std::string texts_;
};

}  // namespace motet::tokens
