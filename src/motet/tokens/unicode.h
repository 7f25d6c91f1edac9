// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motet::tokens {

/// Throws Error(kInvalidArgument) naming the first byte that is not UTF-8.
std::u32string from_utf8(std::string_view text);
/// Bytes that are no UTF-8 become U+FFFD, one for each longest part that could have begun a
/// character (the Unicode Standard's recommended practice).
std::u32string from_utf8_lossy(std::string_view text);
/// symbols up to U+10FFFF; a surrogate is written as U+FFFD.
std::string to_utf8(std::u32string_view text);

/// "<0x0A>": the piece that stands for a byte where a vocabulary has no other.
std::u32string byte_piece(uint8_t byte);

// What ICU knows of characters. White space is the property White_Space.
bool is_white_space(char32_t c) noexcept;
bool is_letter(char32_t c) noexcept;          ///< general category L
bool is_number(char32_t c) noexcept;          ///< general category N
bool is_word_character(char32_t c) noexcept;  ///< \w of UTS 18: alphabetic, M, Nd, Pc, join control
bool is_mark(char32_t c) noexcept;            ///< general category M

// The same for BERT, whose tables in `tokenizers` end with Unicode 8: later characters have none.
bool is_bert_punctuation(char32_t c) noexcept;      ///< general category P, or an ASCII sign
bool is_bert_nonspacing_mark(char32_t c) noexcept;  ///< general category Mn
bool is_bert_control(char32_t c) noexcept;          ///< general category Cc, Cf or Co

enum class Normalization { kNfc, kNfd, kNfkc, kNfkd };
std::u32string normalize(std::u32string_view text, Normalization form);
/// Character by character, by the full mappings of SpecialCasing without its conditions.
std::u32string to_lower(std::u32string_view text);
/// The extended grapheme clusters, as lengths in characters.
std::vector<size_t> grapheme_lengths(std::u32string_view text);

/// A regular expression as the Oniguruma library reads it in `tokenizers`, run by ICU: \s, \w and
/// \d mean the Unicode properties.
class Pattern {
 public:
  /// Throws Error(kInvalidFile) with the pattern and the place in it.
  static Pattern regex(std::string_view pattern);
  static Pattern literal(std::string_view text);

  /// The matches, which do not overlap, as [begin, end) in characters. An empty one may be among
  /// them. Throws Error(kInvalidArgument) when matching takes too many steps.
  std::vector<std::pair<size_t, size_t>> matches(std::u32string_view text) const;

 private:
  struct Compiled;
  Pattern() = default;
  std::u32string literal_;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace motet::tokens
