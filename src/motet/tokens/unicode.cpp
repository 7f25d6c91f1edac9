// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/unicode.h"

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uregex.h>
#include <unicode/ustring.h>

#include <memory>

#include "motet/base/error.h"

namespace motet::tokens {
namespace {

constexpr char32_t kReplacement = 0xfffd;
constexpr int32_t kMaxMatchSteps = 1000;  ///< in ICU's unit: about a second in all

bool is_continuation(uint8_t byte) { return (byte & 0xc0) == 0x80; }

/// How many bytes the character at `at` has and what it is; valid is false when it is none, and
/// length then is that of the longest part that could begin one.
struct Decoded {
  char32_t c = kReplacement;
  size_t length = 1;
  bool valid = false;
};

Decoded decode_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[at + i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return {};
  char32_t c = first & (0x7fU >> length);
  for (size_t i = 1; i < length; ++i) {
    if (at + i >= text.size() || !is_continuation(byte(i))) return {kReplacement, i, false};
    const bool too_low =
        i == 1 && ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90));
    const bool too_high =
        i == 1 && ((first == 0xed && byte(1) > 0x9f) || (first == 0xf4 && byte(1) > 0x8f));
    if (too_low || too_high) return {};
    c = (c << 6) | (byte(i) & 0x3fU);
  }
  return {c, length, true};
}

std::u16string to_utf16(std::u32string_view text) {
  std::u16string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    if (c < 0x10000) {
      out += static_cast<char16_t>(c);
    } else {
      out += static_cast<char16_t>(0xd7c0 + (c >> 10));
      out += static_cast<char16_t>(0xdc00 + (c & 0x3ff));
    }
  }
  return out;
}

bool is_lead(char16_t c) { return (c & 0xfc00) == 0xd800; }
bool is_trail(char16_t c) { return (c & 0xfc00) == 0xdc00; }

std::u32string from_utf16(std::u16string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_lead(text[i]) && i + 1 < text.size() && is_trail(text[i + 1])) {
      out += (static_cast<char32_t>(text[i] - 0xd7c0) << 10) + (text[i + 1] - 0xdc00U);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

uint32_t category_bit(char32_t c) { return U_GET_GC_MASK(static_cast<UChar32>(c)); }

/// In one of these categories since Unicode 8 or before.
bool is_old(char32_t c, uint32_t categories) {
  constexpr uint8_t kLastMajor = 8;
  if ((category_bit(c) & categories) == 0) return false;
  UVersionInfo age{};
  u_charAge(static_cast<UChar32>(c), age);
  return age[0] <= kLastMajor;
}

const UNormalizer2* normalizer_of(Normalization form) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2* normalizer = nullptr;
  switch (form) {
    case Normalization::kNfc:
      normalizer = unorm2_getNFCInstance(&status);
      break;
    case Normalization::kNfd:
      normalizer = unorm2_getNFDInstance(&status);
      break;
    case Normalization::kNfkc:
      normalizer = unorm2_getNFKCInstance(&status);
      break;
    case Normalization::kNfkd:
      normalizer = unorm2_getNFKDInstance(&status);
      break;
  }
  if (U_SUCCESS(status)) return normalizer;
  throw Error(ErrorCode::kUnavailable,
              std::string("ICU has no normalisation data: ") + u_errorName(status));
}

int32_t icu_size(size_t size) {
  if (size < 0x3fffffff) return static_cast<int32_t>(size);
  throw Error(ErrorCode::kInvalidArgument, "text: expected less than 2^30 characters in one piece");
}

}  // namespace

std::u32string from_utf8(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Decoded decoded = decode_at(text, at);
    if (!decoded.valid) {
      throw Error(ErrorCode::kInvalidArgument,
                  "text: byte " + std::to_string(at) + ": expected UTF-8");
    }
    out += decoded.c;
    at += decoded.length;
  }
  return out;
}

std::u32string from_utf8_lossy(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Decoded decoded = decode_at(text, at);
    out += decoded.valid ? decoded.c : kReplacement;
    at += decoded.length;
  }
  return out;
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto add = [&](char32_t byte) { out += static_cast<char>(byte); };
  for (char32_t c : text) {
    if ((c >= 0xd800 && c < 0xe000) || c > 0x10ffff) c = kReplacement;
    if (c < 0x80) {
      add(c);
    } else if (c < 0x800) {
      add(0xc0 | (c >> 6)), add(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
      add(0xe0 | (c >> 12)), add(0x80 | ((c >> 6) & 0x3f)), add(0x80 | (c & 0x3f));
    } else {
      add(0xf0 | (c >> 18)), add(0x80 | ((c >> 12) & 0x3f));
      add(0x80 | ((c >> 6) & 0x3f)), add(0x80 | (c & 0x3f));
    }
  }
  return out;
}

std::u32string byte_piece(uint8_t byte) {
  constexpr std::u32string_view kDigits = U"0123456789ABCDEF";
  return {U'<', U'0', U'x', kDigits[byte >> 4], kDigits[byte & 15], U'>'};
}

bool is_white_space(char32_t c) noexcept { return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0; }
bool is_letter(char32_t c) noexcept { return (category_bit(c) & U_GC_L_MASK) != 0; }
bool is_number(char32_t c) noexcept { return (category_bit(c) & U_GC_N_MASK) != 0; }
bool is_mark(char32_t c) noexcept { return (category_bit(c) & U_GC_M_MASK) != 0; }

bool is_bert_punctuation(char32_t c) noexcept {
  const bool is_ascii_sign = c < 0x80 && (category_bit(c) & U_GC_S_MASK) != 0;
  return is_ascii_sign || is_old(c, U_GC_P_MASK);
}
bool is_bert_nonspacing_mark(char32_t c) noexcept { return is_old(c, U_GC_MN_MASK); }
bool is_bert_control(char32_t c) noexcept {
  return is_old(c, U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK);
}

bool is_word_character(char32_t c) noexcept {
  const auto code = static_cast<UChar32>(c);
  return u_hasBinaryProperty(code, UCHAR_ALPHABETIC) != 0 ||
         (category_bit(c) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0 ||
         u_hasBinaryProperty(code, UCHAR_JOIN_CONTROL) != 0;
}

std::u32string normalize(std::u32string_view text, Normalization form) {
  const std::u16string in = to_utf16(text);
  const UNormalizer2* normalizer = normalizer_of(form);
  std::u16string out(in.size() + 16, u'\0');
  for (;;) {
    UErrorCode status = U_ZERO_ERROR;
    const int32_t size = unorm2_normalize(normalizer, in.data(), icu_size(in.size()), out.data(),
                                          icu_size(out.size()), &status);
    out.resize(static_cast<size_t>(size));
    if (status != U_BUFFER_OVERFLOW_ERROR) return from_utf16(out);
  }
}

std::u32string to_lower(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    out += static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
    // The one character whose full lower case is two: I with dot above.
    if (c == 0x130) out.back() = U'i', out += char32_t{0x307};
  }
  return out;
}

std::vector<size_t> grapheme_lengths(std::u32string_view text) {
  const std::u16string in = to_utf16(text);
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UBreakIterator, decltype(&ubrk_close)> breaks(
      ubrk_open(UBRK_CHARACTER, "root", in.data(), icu_size(in.size()), &status), &ubrk_close);
  if (U_FAILURE(status)) {
    throw Error(ErrorCode::kUnavailable,
                std::string("ICU has no grapheme rules: ") + u_errorName(status));
  }
  std::vector<size_t> lengths;
  int32_t begin = ubrk_first(breaks.get());
  for (int32_t end = ubrk_next(breaks.get()); end != UBRK_DONE; end = ubrk_next(breaks.get())) {
    size_t length = 0;
    for (int32_t i = begin; i < end; ++i) length += is_trail(in[static_cast<size_t>(i)]) ? 0 : 1;
    lengths.push_back(length);
    begin = end;
  }
  return lengths;
}

struct Pattern::Compiled {
  std::unique_ptr<URegularExpression, decltype(&uregex_close)> regex;
};

namespace {

/// The pattern with Oniguruma's character classes spelt out: ICU's own \s and \w are narrower.
std::u32string as_icu(std::u32string_view pattern) {
  std::u32string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != U'\\' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    const char32_t next = pattern[++i];
    switch (next) {
      case U's':
        out += U"\\p{White_Space}";
        break;
      case U'S':
        out += U"\\P{White_Space}";
        break;
      case U'w':
        out += U"[\\p{L}\\p{M}\\p{N}\\p{Pc}]";
        break;
      case U'W':
        out += U"[^\\p{L}\\p{M}\\p{N}\\p{Pc}]";
        break;
      default:
        (out += U'\\') += next;
    }
  }
  return out;
}

}  // namespace

Pattern Pattern::regex(std::string_view pattern) {
  const std::u16string text = to_utf16(as_icu(from_utf8(pattern)));
  UErrorCode status = U_ZERO_ERROR;
  UParseError place{};
  std::unique_ptr<URegularExpression, decltype(&uregex_close)> regex(
      uregex_open(text.data(), icu_size(text.size()), UREGEX_MULTILINE, &place, &status),
      &uregex_close);
  if (U_FAILURE(status)) {
    throw Error(ErrorCode::kInvalidFile, "regular expression \"" + std::string(pattern) +
                                             "\": column " + std::to_string(place.offset) + ": " +
                                             u_errorName(status));
  }
  Pattern made;
  made.compiled_ = std::make_shared<const Compiled>(Compiled{std::move(regex)});
  return made;
}

Pattern Pattern::literal(std::string_view text) {
  Pattern made;
  made.literal_ = from_utf8(text);
  return made;
}

std::vector<std::pair<size_t, size_t>> Pattern::matches(std::u32string_view text) const {
  std::vector<std::pair<size_t, size_t>> found;
  if (!compiled_) {
    if (literal_.empty()) return found;
    for (size_t at = text.find(literal_); at != text.npos; at = text.find(literal_, at)) {
      found.emplace_back(at, at + literal_.size());
      at += literal_.size();
    }
    return found;
  }
  const std::u16string in = to_utf16(text);
  UErrorCode status = U_ZERO_ERROR;
  // A matcher has a state, so each call has its own.
  const std::unique_ptr<URegularExpression, decltype(&uregex_close)> regex(
      uregex_clone(compiled_->regex.get(), &status), &uregex_close);
  uregex_setTimeLimit(regex.get(), kMaxMatchSteps, &status);  // a clone does not keep it
  uregex_setText(regex.get(), in.data(), icu_size(in.size()), &status);
  int32_t unit = 0;
  size_t character = 0;
  const auto to_characters = [&](int32_t target) {
    for (; unit < target; ++unit) character += is_trail(in[static_cast<size_t>(unit)]) ? 0 : 1;
    return character;
  };
  while (U_SUCCESS(status) && uregex_findNext(regex.get(), &status)) {
    const size_t begin = to_characters(uregex_start(regex.get(), 0, &status));
    found.emplace_back(begin, to_characters(uregex_end(regex.get(), 0, &status)));
  }
  if (U_SUCCESS(status)) return found;
  throw Error(ErrorCode::kInvalidArgument,
              std::string("regular expression: matching failed: ") + u_errorName(status));
}

}  // namespace motet::tokens
