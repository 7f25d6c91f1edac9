// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_bar.h"

#include <algorithm>

namespace motet::abc {
namespace {

constexpr int kLastEnding = 62;

/// "1", "1,3", "1-3" after a bar line.
uint64_t take_endings(Cursor& cursor) {
  uint64_t endings = 0;
  while (is_digit(cursor.peek())) {
    const int from = take_number(cursor).value_or(0);
    int to = from;
    if (cursor.peek() == '-' && is_digit(cursor.peek(1))) {
      ++cursor.at;
      to = take_number(cursor).value_or(0);
    }
    for (int ending = std::max(1, from); ending <= std::min(to, kLastEnding); ++ending) {
      endings |= uint64_t{1} << ending;
    }
    if (cursor.peek() != ',' || !is_digit(cursor.peek(1))) break;
    ++cursor.at;
  }
  return endings;
}

std::string_view take_sign(Cursor& cursor) {
  const size_t begin = cursor.at;
  while (cursor.peek() == '|' || cursor.peek() == ':' || cursor.peek() == ']' ||
         (cursor.peek() == '[' && (cursor.peek(1) == '|' || cursor.at == begin))) {
    ++cursor.at;
  }
  return cursor.text.substr(begin, cursor.at - begin);
}

}  // namespace

bool take_bar(Cursor& cursor, BarLine& bar) {
  const std::string_view sign = take_sign(cursor);
  bar.ends_repeat = sign.starts_with(':') && sign.size() > 1;
  bar.begins_repeat = sign.ends_with(':') && sign.size() > 1;
  constexpr int kMostTimes = 63;
  const size_t stroke = sign.find_first_not_of(':');
  if (bar.ends_repeat && stroke != std::string_view::npos) {
    bar.times = std::min(static_cast<int>(stroke) + 1, kMostTimes);
  }
  bar.is_final = sign.find("|]") != std::string_view::npos;
  bar.is_double = bar.is_final || sign.find("||") != std::string_view::npos ||
                  sign.find("[|") != std::string_view::npos;
  Cursor ahead = cursor;
  if (sign != "[") ahead.skip_blanks();
  if (sign != "[" && ahead.peek() == '[' && is_digit(ahead.peek(1))) ++ahead.at;
  const bool is_near = ahead.at == cursor.at || cursor.text[ahead.at - 1] == '[';
  if (is_digit(ahead.peek()) && is_near) {
    cursor.at = ahead.at;
    bar.endings = take_endings(cursor);
  }
  return sign != "]" && (sign != "[" || bar.endings != 0) && sign != ":";
}

}  // namespace motet::abc
