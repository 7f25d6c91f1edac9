// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/sentence.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <utility>

namespace motet::tasks {
namespace {

constexpr size_t kLongestNumber = 6;  // words: "one hundred and twenty five"

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word_char(char c) {
  return is_digit(c) || is_letter(c) || c == '#' || c == '\'' || static_cast<uint8_t>(c) >= 0x80;
}

std::string lowered(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// Typographic characters become the plain ones that the rules speak of.
std::string simplified(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kPlain = {
      {{"♯", "#"},
       {"♭", "b"},
       {"“", "\""},
       {"”", "\""},
       {"„", "\""},
       {"«", "\""},
       {"»", "\""},
       {"’", "'"},
       {"–", " , "},
       {"—", " , "},
       {"×", " x "},
       {"&", " and "},
       {"+", " and "},
       {"♩", " quarter "}}};
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const auto found = std::ranges::find_if(
        kPlain, [&](const auto& entry) { return text.substr(i).starts_with(entry.first); });
    out += found == kPlain.end() ? text.substr(i, 1) : found->second;
    i += found == kPlain.end() ? 1 : found->first.size();
  }
  return out;
}

/// '/' and '.' stay within a number, '.' within an abbreviation such as "e.g".
bool joins(std::string_view text, size_t i) {
  if (i == 0 || i + 1 >= text.size() || (text[i] != '/' && text[i] != '.')) return false;
  const bool digits = is_digit(text[i - 1]) && is_digit(text[i + 1]);
  const bool abbreviation = text[i] == '.' && is_letter(text[i - 1]) && is_letter(text[i + 1]);
  return digits || abbreviation;
}

constexpr std::array<std::string_view, 20> kSmall = {
    "zero",     "one",     "two",     "three",     "four",     "five",    "six",
    "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::array<std::string_view, 8> kTens = {"twenty", "thirty",  "forty",  "fifty",
                                                   "sixty",  "seventy", "eighty", "ninety"};

template <size_t N>
std::optional<int> index_in(const std::array<std::string_view, N>& names, std::string_view word) {
  const auto found = std::ranges::find(names, word);
  if (found == names.end()) return std::nullopt;
  return static_cast<int>(found - names.begin());
}

}  // namespace

Sentence::Sentence(std::string_view original) {
  const std::string text = simplified(original);
  bool after_break = false;
  for (size_t i = 0; i < text.size();) {
    const size_t begin = i;
    if (text[i] == '"') {
      const size_t close = text.find('"', i + 1);
      if (close != std::string::npos) {
        const std::string inside = text.substr(i + 1, close - i - 1);
        words_.push_back({inside, lowered(inside), after_break, true, false});
        after_break = false;
        i = close + 1;
        continue;
      }
    }
    if (!is_word_char(text[i])) {
      if (std::string_view(",;:.!?()[]\n").find(text[i]) != std::string_view::npos) {
        after_break = true;
      }
      ++i;
      continue;
    }
    while (i < text.size() && (is_word_char(text[i]) || joins(text, i))) ++i;
    const std::string word = text.substr(begin, i - begin);
    words_.push_back({word, lowered(word), after_break, false, false});
    after_break = false;
  }
}

bool Sentence::is_free(size_t i) const {
  return i < size() && !words_[i].is_claimed && !words_[i].is_quoted;
}

bool Sentence::is(size_t i, std::initializer_list<std::string_view> options) const {
  return is_free(i) && std::ranges::find(options, words_[i].lower) != options.end();
}

std::optional<std::string> Sentence::phrase(size_t i, size_t count) const {
  std::string text;
  for (size_t k = i; k < i + count; ++k) {
    if (!is_free(k) || (k > i && words_[k].after_break)) return std::nullopt;
    if (k > i) text += ' ';
    text += words_[k].lower;
  }
  return text;
}

size_t Sentence::match(size_t i, std::string_view wanted) const {
  const auto count = static_cast<size_t>(std::ranges::count(wanted, ' ')) + 1;
  const auto found = phrase(i, count);
  return found && *found == wanted ? count : 0;
}

std::optional<Sentence::Number> Sentence::number_at(size_t i) const {
  if (!is_free(i)) return std::nullopt;
  const std::string& word = words_[i].lower;
  double digits = 0.0;
  const char* end = word.data() + word.size();
  const auto result = std::from_chars(word.data(), end, digits);
  if (is_digit(word[0]) && result.ec == std::errc{} && result.ptr == end) return Number{digits, 1};

  if (is(i, {"dozen"})) return Number{12.0, 1};
  if (is(i, {"a"}) && is(i + 1, {"dozen"})) return Number{12.0, 2};
  const bool a_hundred = is(i, {"a"}) && is(i + 1, {"hundred"});
  double value = 0.0;
  size_t k = i;
  if (a_hundred) {
    value = 1.0;
    ++k;
  } else if (const auto tens = index_in(kTens, word)) {
    value = 10.0 * (*tens + 2);
    ++k;
    const auto ones = is_free(k) ? index_in(kSmall, words_[k].lower) : std::nullopt;
    if (ones && *ones > 0 && *ones < 10) {
      value += *ones;
      ++k;
    }
  } else if (const auto small = index_in(kSmall, word)) {
    value = *small;
    ++k;
  } else {
    return std::nullopt;
  }
  if (value > 0.0 && value < 10.0 && is(k, {"hundred"})) {
    value *= 100.0;
    ++k;
    const size_t rest_at = is(k, {"and"}) ? k + 1 : k;
    const auto rest = number_at(rest_at);
    if (rest && rest->value < 100.0) {
      value += rest->value;
      k = rest_at + rest->words;
    }
  }
  return Number{value, k - i};
}

std::optional<Sentence::Number> Sentence::number_before(size_t i) const {
  for (size_t words = std::min(i, kLongestNumber); words > 0; --words) {
    const auto number = number_at(i - words);
    if (number && number->words == words) return number;
  }
  return std::nullopt;
}

void Sentence::claim(size_t i, size_t count) {
  assert(i + count <= size());
  for (size_t k = i; k < i + count; ++k) words_[k].is_claimed = true;
}

std::string Sentence::text_of(size_t i, size_t count) const {
  std::string text;
  for (size_t k = i; k < i + count; ++k) {
    if (k > i) text += ' ';
    text += words_[k].text;
  }
  return text;
}

}  // namespace motet::tasks
