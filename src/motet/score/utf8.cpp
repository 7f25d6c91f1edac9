// SPDX-License-Identifier: Apache-2.0
#include "motet/score/utf8.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace motet {
void append_utf8(std::string& text, uint32_t letter) {
  const auto put = [&](uint32_t byte) { text += static_cast<char>(byte); };
  if (letter < 0x80) return put(letter);
  if (letter < 0x800) {
    put(0xC0 | letter >> 6);
  } else if (letter < 0x10000) {
    put(0xE0 | letter >> 12);
    put(0x80 | (letter >> 6 & 0x3F));
  } else {
    put(0xF0 | letter >> 18);
    put(0x80 | (letter >> 12 & 0x3F));
    put(0x80 | (letter >> 6 & 0x3F));
  }
  put(0x80 | (letter & 0x3F));
}

Utf16Letter utf16_letter(ByteView bytes, size_t at, bool is_big_endian) {
  assert(at + 1 < bytes.size());
  const auto unit = [&](size_t i) {
    const uint32_t first = bytes[i];
    const uint32_t second = bytes[i + 1];
    return is_big_endian ? first << 8 | second : second << 8 | first;
  };
  const uint32_t high = unit(at);
  if (high < 0xD800 || high >= 0xE000) return {high, 2};
  const uint32_t low = high < 0xDC00 && at + 3 < bytes.size() ? unit(at + 2) : 0;
  if (low < 0xDC00 || low >= 0xE000) return {0xFFFD, 2, true};
  return {0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), 4};
}

namespace {

std::string from_utf16(ByteView bytes, bool is_big_endian) {
  std::string text;
  for (size_t i = 0; i + 1 < bytes.size();) {
    const Utf16Letter letter = utf16_letter(bytes, i, is_big_endian);
    append_utf8(text, letter.code);
    i += letter.bytes;
  }
  return text;
}

}  // namespace

bool is_utf8(ByteView bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const uint8_t lead = bytes[i];
    const size_t length = lead < 0x80                   ? 1
                          : lead >= 0xC2 && lead < 0xE0 ? 2
                          : lead >= 0xE0 && lead < 0xF0 ? 3
                          : lead >= 0xF0 && lead < 0xF5 ? 4
                                                        : 0;
    if (length == 0 || length > bytes.size() - i) return false;
    for (size_t k = 1; k < length; ++k) {
      if ((bytes[i + k] & 0xC0) != 0x80) return false;
    }
    const bool overlong =
        (lead == 0xE0 && bytes[i + 1] < 0xA0) || (lead == 0xF0 && bytes[i + 1] < 0x90);
    const bool beyond =
        (lead == 0xED && bytes[i + 1] >= 0xA0) || (lead == 0xF4 && bytes[i + 1] >= 0x90);
    if (overlong || beyond) return false;
    i += length;
  }
  return true;
}

std::string to_utf8(ByteView bytes) {
  if (is_utf8(bytes)) return {bytes.begin(), bytes.end()};
  std::string text;
  for (const uint8_t byte : bytes) {
    if (byte < 0x80) {
      text += static_cast<char>(byte);
    } else {
      text += static_cast<char>(0xC0 | byte >> 6);
      text += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return text;
}

std::string without_mark(ByteView bytes) {
  const auto begins_with = [&](const auto& mark) {
    return bytes.size() >= mark.size() && std::equal(mark.begin(), mark.end(), bytes.begin());
  };
  constexpr std::array<uint8_t, 3> kUtf8Mark = {0xEF, 0xBB, 0xBF};
  constexpr std::array<uint8_t, 2> kBigEndianMark = {0xFE, 0xFF};
  constexpr std::array<uint8_t, 2> kLittleEndianMark = {0xFF, 0xFE};
  if (begins_with(kBigEndianMark)) return from_utf16(bytes.subspan(2), true);
  if (begins_with(kLittleEndianMark)) return from_utf16(bytes.subspan(2), false);
  const ByteView rest = begins_with(kUtf8Mark) ? bytes.subspan(kUtf8Mark.size()) : bytes;
  return {rest.begin(), rest.end()};
}

}  // namespace motet
