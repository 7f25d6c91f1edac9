// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/charsmap.h"

#include "motet/base/error.h"
#include "motet/tokens/unicode.h"

namespace motet::tokens {
namespace {

constexpr size_t kMaxWholeGrapheme = 6;  ///< bytes; longer ones go character by character

int value_of_base64(char c) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t value = kDigits.find(c);
  return value == kDigits.npos ? -1 : static_cast<int>(value);
}

std::string from_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const int value = value_of_base64(text[i]);
    if (value < 0) {
      throw Error(ErrorCode::kInvalidFile, "tokenizer.json: precompiled_charsmap: character " +
                                               std::to_string(i) + " is not base64");
    }
    bits = (bits << 6) | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> count) & 0xff);
  }
  return bytes;
}

uint32_t read_u32(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = (value << 8) | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

// A unit of darts-clone: bits 0..7 and 31 the label, 8 "a value follows", 9 "the offset is shifted
// by 8 more", 10..30 the offset; of a value, bits 0..30.
uint32_t offset_of(uint32_t unit) { return (unit >> 10) << ((unit & 0x200) >> 6); }
uint32_t label_of(uint32_t unit) { return unit & 0x800000ff; }
bool has_value(uint32_t unit) { return (unit & 0x100) != 0; }
uint32_t value_of(uint32_t unit) { return unit & 0x7fffffff; }

}  // namespace

Charsmap::Charsmap(std::string_view base64) {
  const std::string bytes = from_base64(base64);
  const size_t size = bytes.size() >= 4 ? read_u32(bytes, 0) : 0;
  if (size == 0 || size % 4 != 0 || size > bytes.size() - 4) {
    throw Error(ErrorCode::kInvalidFile,
                "tokenizer.json: precompiled_charsmap: expected a trie of " + std::to_string(size) +
                    " bytes and texts, found " + std::to_string(bytes.size()) + " bytes in all");
  }
  for (size_t at = 4; at < 4 + size; at += 4) units_.push_back(read_u32(bytes, at));
  texts_ = bytes.substr(4 + size);
}

/// The text of the shortest rule that these bytes begin with.
std::optional<std::string_view> Charsmap::find(std::string_view bytes) const {
  size_t at = offset_of(units_[0]);
  for (const char byte : bytes) {
    at ^= static_cast<uint8_t>(byte);
    if (byte == 0 || at >= units_.size()) return std::nullopt;
    const uint32_t unit = units_[at];
    if (label_of(unit) != static_cast<uint8_t>(byte)) return std::nullopt;
    at ^= offset_of(unit);
    if (!has_value(unit)) continue;
    if (at >= units_.size() || value_of(units_[at]) > texts_.size()) return std::nullopt;
    const std::string_view text = std::string_view(texts_).substr(value_of(units_[at]));
    return text.substr(0, text.find('\0'));
  }
  return std::nullopt;
}

std::u32string Charsmap::apply(std::u32string_view text) const {
  std::u32string out;
  size_t at = 0;
  for (const size_t length : grapheme_lengths(text)) {
    const std::u32string_view grapheme = text.substr(at, length);
    at += length;
    const std::string bytes = to_utf8(grapheme);
    const auto whole = bytes.size() < kMaxWholeGrapheme ? find(bytes) : std::nullopt;
    if (whole) {
      out += from_utf8_lossy(*whole);
      continue;
    }
    for (const char32_t c : grapheme) {
      const auto single = find(to_utf8({&c, 1}));
      out += single ? from_utf8_lossy(*single) : std::u32string(1, c);
    }
  }
  return out;
}

}  // namespace motet::tokens
