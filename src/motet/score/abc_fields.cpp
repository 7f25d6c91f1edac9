// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_fields.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "motet/score/notation.h"

namespace motet::abc {
namespace {

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

void set_signature(Key& key) {
  for (int i = 0; i < std::min(7, std::abs(key.fifths)); ++i) {
    const char letter = key.fifths > 0 ? kLettersByFifths[static_cast<size_t>(i)]
                                       : kLettersByFifths[static_cast<size_t>(6 - i)];
    key.alters[kLetters.find(letter)] = key.fifths > 0 ? 1 : -1;
  }
}

struct ModeName {
  std::string_view name;
  int fifths;  ///< against the major key of the same tonic
  Mode mode;
};

constexpr ModeName kModes[] = {
    {"maj", 0, Mode::kMajor},  {"ion", 0, Mode::kMajor},  {"min", -3, Mode::kMinor},
    {"aeo", -3, Mode::kMinor}, {"mix", -1, Mode::kMajor}, {"dor", -2, Mode::kMinor},
    {"phr", -4, Mode::kMinor}, {"lyd", 1, Mode::kMajor},  {"loc", -5, Mode::kMinor}};

/// The mode at the cursor, which may be "m", "minor", "Dorian", or nothing.
void take_mode(Cursor& cursor, Key& key) {
  cursor.skip_blanks();
  std::string word;
  size_t length = 0;
  while (is_letter(cursor.peek(length))) word += lower(cursor.peek(length++));
  if (word == "m") {
    key.fifths -= 3;
    key.mode = Mode::kMinor;
    cursor.at += length;
    return;
  }
  for (const ModeName& mode : kModes) {
    if (!word.starts_with(mode.name) || cursor.peek(length) == '=') continue;
    key.fifths += mode.fifths;
    key.mode = mode.mode;
    cursor.at += length;
    return;
  }
}

/// "^f", "_b", "=c", each its own word.
void take_global_accidentals(Cursor& cursor, Key& key) {
  while (!cursor.done()) {
    cursor.skip_blanks();
    int alter = 0;
    bool is_accidental = false;
    for (; cursor.peek() == '^' || cursor.peek() == '_' || cursor.peek() == '='; ++cursor.at) {
      alter += cursor.peek() == '^' ? 1 : cursor.peek() == '_' ? -1 : 0;
      is_accidental = true;
    }
    const size_t letter = kLetters.find(static_cast<char>(std::toupper(cursor.peek() & 0x7F)));
    if (is_accidental && letter != std::string_view::npos && !cursor.done()) {
      key.alters[letter] = std::clamp(alter, -2, 2);
      ++cursor.at;
    } else {
      while (!cursor.done() && cursor.peek() != ' ') ++cursor.at;  // a word about something else
    }
  }
}

/// "3/8" as a fraction; 0/1 when there is none.
struct Fraction {
  int top = 0;
  int bottom = 1;
};

std::optional<Fraction> take_fraction(Cursor& cursor) {
  Fraction fraction;
  const auto top = take_number(cursor);
  if (!top) return std::nullopt;
  fraction.top = *top;
  if (cursor.take('/')) {
    const auto bottom = take_number(cursor);
    if (!bottom || *bottom == 0) return std::nullopt;
    fraction.bottom = *bottom;
  }
  return fraction;
}

}  // namespace

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<int> take_number(Cursor& cursor) {
  constexpr int kMostDigits = 6;
  int value = 0;
  int digits = 0;
  for (; is_digit(cursor.peek()); ++digits) {
    if (digits == kMostDigits) return std::nullopt;
    value = 10 * value + (cursor.next() - '0');
  }
  if (digits == 0) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<Metre> parse_metre(std::string_view text) {
  text = trimmed(text);
  if (text.empty() || text == "none") return Metre{4, 4, true};
  if (text == "C") return Metre{4, 4, false};
  if (text == "C|") return Metre{2, 2, false};
  Cursor cursor{text};
  Metre metre{0, 4, false};
  while (!cursor.done() && cursor.peek() != '/') {
    if (const auto number = take_number(cursor)) {
      metre.numerator += *number;
    } else if (!cursor.take('+') && !cursor.take('(') && !cursor.take(')') && !cursor.take(' ')) {
      return std::nullopt;
    }
  }
  if (!cursor.take('/')) return std::nullopt;
  const auto bottom = take_number(cursor);
  if (!bottom) return std::nullopt;
  metre.denominator = *bottom;
  const bool is_power = *bottom >= 1 && *bottom <= 128 && (*bottom & (*bottom - 1)) == 0;
  if (!is_power || metre.numerator < 1 || metre.numerator > 255) return std::nullopt;
  return metre;
}

std::optional<int64_t> parse_unit_length(std::string_view text) {
  Cursor cursor{trimmed(text)};
  const auto fraction = take_fraction(cursor);
  if (!fraction || fraction->top < 1 || fraction->top > fraction->bottom) return std::nullopt;
  const int64_t length = kWhole * fraction->top / fraction->bottom;
  if (length == 0) return std::nullopt;
  return length;
}

namespace {

/// "120", "99.5"; 0 when there is no number.
double take_decimal(Cursor& cursor) {
  double value = take_number(cursor).value_or(0);
  if (!cursor.take('.')) return value;
  for (double place = 0.1; is_digit(cursor.peek()); place /= 10) {
    value += place * (cursor.next() - '0');
  }
  return value;
}

}  // namespace

std::optional<double> parse_tempo(std::string_view text, int64_t unit_length) {
  constexpr double kQuarter = kWhole / 4.0;
  Cursor cursor{text};
  double beat = 0.0;
  bool has_equals = false;
  while (!cursor.done() && !has_equals) {
    if (cursor.take('"')) {
      while (!cursor.done() && cursor.next() != '"') {
      }
      continue;
    }
    if (cursor.take('C')) {  // "C3=40": three unit lengths
      beat +=
          static_cast<double>(take_number(cursor).value_or(1)) * static_cast<double>(unit_length);
      cursor.skip_blanks();
      has_equals = cursor.take('=');
      continue;
    }
    const size_t before = cursor.at;
    if (const auto fraction = take_fraction(cursor)) {
      beat += static_cast<double>(fraction->top) / fraction->bottom * kWhole;
      cursor.skip_blanks();
      has_equals = cursor.take('=');
    } else {
      cursor.at = before + 1;
    }
  }
  if (!has_equals) {  // the old form: unit lengths a minute
    const double rate = beat / static_cast<double>(kWhole);
    if (rate < 1.0) return std::nullopt;
    return rate * static_cast<double>(unit_length) / kQuarter;
  }
  cursor.skip_blanks();
  const double rate = take_decimal(cursor);
  if (rate <= 0.0 || beat <= 0.0) return std::nullopt;
  return rate * beat / kQuarter;
}

std::optional<Key> parse_key(std::string_view text) {
  Cursor cursor{trimmed(text)};
  Key key;
  if (cursor.text.starts_with("HP") || cursor.text.starts_with("Hp")) {  // the pipes have no others
    key.fifths = 2;
    set_signature(key);
    return key;
  }
  const size_t tonic = kLettersByFifths.find(cursor.peek());
  const bool has_tonic = !cursor.done() && tonic != std::string_view::npos;
  if (has_tonic) {
    ++cursor.at;
    key.fifths = static_cast<int>(tonic) - 1;
    if (cursor.take('#')) key.fifths += 7;
    if (cursor.take('b')) key.fifths -= 7;
    take_mode(cursor, key);
    if (std::abs(key.fifths) > 7) return std::nullopt;
    if (cursor.text.find(" exp") == std::string_view::npos) set_signature(key);
  }
  const bool is_none = cursor.text.empty() || cursor.text.starts_with("none");
  const bool is_clef = cursor.text.find("clef") != std::string_view::npos ||
                       cursor.text.find("treble") != std::string_view::npos ||
                       cursor.text.find("bass") != std::string_view::npos;
  const bool is_accidental = cursor.peek() == '^' || cursor.peek() == '_' || cursor.peek() == '=';
  if (!has_tonic && !is_none && !is_clef && !is_accidental) return std::nullopt;
  take_global_accidentals(cursor, key);
  return key;
}

bool is_plain(const Key& key) {
  Key plain;
  plain.fifths = key.fifths;
  set_signature(plain);
  return plain.alters == key.alters;
}

std::string parse_tempo_words(std::string_view text) {
  const size_t begin = text.find('"');
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin + 1, text.find('"', begin + 1) - begin - 1));
}

namespace {

int number_of(std::string_view text, std::string_view name, int most) {
  const auto value = parse_property(text, name);
  return value ? std::clamp(std::atoi(value->c_str()), -most, most) : 0;
}

struct ClefName {
  std::string_view name;
  char sign;
  int8_t line;
};
constexpr ClefName kClefs[] = {{"treble", 'G', 2}, {"bass3", 'F', 3}, {"bass", 'F', 4},
                               {"alto1", 'C', 1},  {"alto2", 'C', 2}, {"alto4", 'C', 4},
                               {"alto", 'C', 3},   {"tenor", 'C', 4}, {"perc", 'P', 3},
                               {"soprano", 'C', 1}};

}  // namespace

std::optional<Clef> parse_clef(std::string_view text) {
  const auto named = parse_property(text, "clef");
  const std::string_view where = named ? std::string_view(*named) : text;
  for (const ClefName& clef : kClefs) {
    const size_t at = where.find(clef.name);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = where.substr(at + clef.name.size());
    const int octave = rest.starts_with("-8") ? -1 : rest.starts_with("+8") ? 1 : 0;
    return Clef{{}, 0, clef.sign, clef.line, static_cast<int8_t>(octave)};
  }
  return std::nullopt;
}

bool names_key(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return true;
  const bool has_tonic = kLettersByFifths.find(text[0]) != std::string_view::npos || text[0] == 'H';
  const bool is_accidental = text[0] == '^' || text[0] == '_' || text[0] == '=';
  return has_tonic || is_accidental || text.starts_with("none") || !parse_clef(text);
}

int parse_octave(std::string_view text) {
  constexpr int kMostOctaves = 4;
  return number_of(text, "octave", kMostOctaves);
}

int parse_transposition(std::string_view text) {
  constexpr int kMostSemitones = 48;
  return number_of(text, "transpose", kMostSemitones);
}

namespace {

/// Reads letters and groups up to a closing parenthesis.
std::string take_order(Cursor& cursor, int depth) {
  constexpr size_t kLongestOrder = 200;
  constexpr int kDeepest = 8;
  std::string order;
  while (!cursor.done() && cursor.peek() != ')') {
    std::string group;
    const char c = cursor.next();
    if (c == '(' && depth < kDeepest) {
      group = take_order(cursor, depth + 1);
      cursor.take(')');
    } else if (is_letter(c)) {
      group = c;
    }
    const int times = is_digit(cursor.peek()) ? take_number(cursor).value_or(1) : 1;
    for (int i = 0; i < times && order.size() + group.size() <= kLongestOrder; ++i) order += group;
  }
  return order;
}

}  // namespace

std::string parse_order(std::string_view text) {
  Cursor cursor{text};
  return take_order(cursor, 0);
}

std::optional<std::string> parse_property(std::string_view text, std::string_view name) {
  const std::string wanted = std::string(name) + "=";
  size_t at = text.find(wanted);
  while (at != std::string_view::npos && at > 0 && is_letter(text[at - 1])) {
    at = text.find(wanted, at + 1);
  }
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view value = text.substr(at + wanted.size());
  if (value.starts_with('"')) return std::string(value.substr(1, value.find('"', 1) - 1));
  return std::string(value.substr(0, value.find_first_of(" \t")));
}

}  // namespace motet::abc
