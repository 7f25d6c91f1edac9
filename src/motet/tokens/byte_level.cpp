// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/byte_level.h"

#include <array>

#include "motet/tokens/unicode.h"

namespace motet::tokens {
namespace {

constexpr char32_t kFirstStandIn = 0x100;

constexpr bool stands_for_itself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
}

constexpr std::array<char32_t, 256> make_chars() {
  std::array<char32_t, 256> chars{};
  char32_t stand_in = kFirstStandIn;
  for (unsigned byte = 0; byte < 256; ++byte) {
    chars[byte] = stands_for_itself(byte) ? byte : stand_in++;
  }
  return chars;
}
constexpr std::array<char32_t, 256> kChars = make_chars();

enum class Class { kLetter, kNumber, kBlank, kOther };

Class class_of(char32_t c) {
  if (c < 0x80) {  // most text, without a look into tables
    const char32_t lower = c | 0x20;
    if (lower >= U'a' && lower <= U'z') return Class::kLetter;
    if (c >= U'0' && c <= U'9') return Class::kNumber;
    return c == U' ' || (c >= 9 && c <= 13) ? Class::kBlank : Class::kOther;
  }
  if (is_letter(c)) return Class::kLetter;
  if (is_number(c)) return Class::kNumber;
  return is_white_space(c) ? Class::kBlank : Class::kOther;
}

/// The end of the run of characters of one class.
size_t run_end(std::u32string_view text, size_t at, Class wanted) {
  while (at < text.size() && class_of(text[at]) == wanted) ++at;
  return at;
}

/// The end of a contraction that begins here, 0 for none.
size_t contraction_end(std::u32string_view text, size_t at) {
  constexpr std::array<std::u32string_view, 7> kEndings = {U"'s", U"'t",  U"'re", U"'ve",
                                                           U"'m", U"'ll", U"'d"};
  for (const std::u32string_view ending : kEndings) {
    if (text.substr(at).starts_with(ending)) return at + ending.size();
  }
  return 0;
}

size_t word_end(std::u32string_view text, size_t at) {
  if (text[at] == U'\'') {
    if (const size_t end = contraction_end(text, at)) return end;
  }
  const size_t start = text[at] == U' ' ? at + 1 : at;
  if (start < text.size()) {
    const Class wanted = class_of(text[start]);
    if (wanted != Class::kBlank) return run_end(text, start, wanted);
  }
  // Blanks: the last one is left to the word that follows, unless it is the only one.
  const size_t end = run_end(text, at, Class::kBlank);
  return end < text.size() && end > at + 1 ? end - 1 : end;
}

}  // namespace

char32_t char_of_byte(uint8_t byte) noexcept { return kChars[byte]; }

std::optional<uint8_t> byte_of_char(char32_t c) noexcept {
  if (c < 256) {
    return stands_for_itself(c) ? std::optional(static_cast<uint8_t>(c)) : std::nullopt;
  }
  for (unsigned byte = 0; byte < 256; ++byte) {
    if (kChars[byte] == c) return static_cast<uint8_t>(byte);
  }
  return std::nullopt;
}

std::u32string to_byte_level(std::u32string_view text) {
  std::u32string out;
  for (const char byte : to_utf8(text)) out += char_of_byte(static_cast<uint8_t>(byte));
  return out;
}

std::vector<size_t> gpt2_word_ends(std::u32string_view text) {
  std::vector<size_t> ends;
  for (size_t at = 0; at < text.size(); at = ends.back()) ends.push_back(word_end(text, at));
  return ends;
}

}  // namespace motet::tokens
