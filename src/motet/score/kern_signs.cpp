// SPDX-License-Identifier: Apache-2.0
#include "motet/score/kern_signs.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <sstream>

#include "motet/score/kern_values.h"
#include "motet/score/notation.h"

namespace motet::kern {
namespace {

constexpr int kMinorOffset = 3;  // a minor's tonic is three fifths above its relative

/// Takes a number from the front of the text; nothing where there is none.
template <typename Number>
std::optional<Number> take(std::string_view& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

std::string_view after(std::string_view field, size_t count) { return field.substr(count); }

}  // namespace

std::optional<int> read_signature(std::string_view field) {
  if (!field.starts_with("*k[") || !field.ends_with(']')) return std::nullopt;
  int fifths = 0;
  for (const char c : field) {
    if (c == '#') ++fifths;
    if (c == '-') --fifths;
  }
  constexpr int kMost = 7;
  if (std::abs(fifths) > kMost) return std::nullopt;
  return fifths;
}

std::string write_signature(int fifths) {
  std::string text = "*k[";
  for (int i = 0; i < std::abs(fifths); ++i) {
    const size_t place = static_cast<size_t>(fifths > 0 ? i : 6 - i);
    text += static_cast<char>(kLettersByFifths[place] - 'A' + 'a');
    text += fifths > 0 ? '#' : '-';
  }
  return text + "]";
}

std::optional<Key> read_key(std::string_view field) {
  const size_t colon = field.find(':');
  if (field.size() < 3 || colon == std::string_view::npos) return std::nullopt;
  const bool is_minor = field[1] >= 'a' && field[1] <= 'g';
  const char letter = static_cast<char>(is_minor ? field[1] - 'a' + 'A' : field[1]);
  const size_t place = kLettersByFifths.find(letter);
  if (place == std::string_view::npos) return std::nullopt;
  int fifths = static_cast<int>(place) - 1;
  for (const char c : field.substr(2, colon - 2)) {
    if (c != '#' && c != '-') return std::nullopt;
    fifths += c == '#' ? 7 : -7;
  }
  struct ChurchMode {
    std::string_view name;
    int from_ionian;
    bool is_minor;
  };
  constexpr std::array<ChurchMode, 7> kModes = {{{"ion", 0, false},
                                                 {"dor", -2, true},
                                                 {"phr", -4, true},
                                                 {"lyd", 1, false},
                                                 {"mix", -1, false},
                                                 {"aeo", -3, true},
                                                 {"loc", -5, true}}};
  const std::string_view name = field.substr(colon + 1);
  const auto mode = std::ranges::find_if(
      kModes, [&](const ChurchMode& candidate) { return name.starts_with(candidate.name); });
  const bool has_mode = mode != kModes.end();
  fifths += has_mode ? mode->from_ionian : is_minor ? -kMinorOffset : 0;
  constexpr int kMost = 7;
  if (std::abs(fifths) > kMost) return std::nullopt;
  return Key{fifths, (has_mode ? mode->is_minor : is_minor) ? Mode::kMinor : Mode::kMajor};
}

std::string write_key(int fifths, Mode mode) {
  const bool is_minor = mode == Mode::kMinor;
  const int place = fifths + (is_minor ? kMinorOffset : 0) + 1;
  const int accidental = (place + 7 * 2) / 7 - 2;  // floor
  const char letter = kLettersByFifths[static_cast<size_t>(place - 7 * accidental)];
  std::string text = "*";
  text += is_minor ? static_cast<char>(letter - 'A' + 'a') : letter;
  text += std::string(static_cast<size_t>(std::abs(accidental)), accidental > 0 ? '#' : '-');
  return text + ":";
}

std::optional<Metre> read_metre(std::string_view field) {
  if (!field.starts_with("*M") || field.starts_with("*MM")) return std::nullopt;
  std::string_view rest = after(field, 2);
  Metre metre{0, 0};
  while (true) {
    const auto beats = take<int>(rest);
    if (!beats || *beats < 1 || *beats > 255) return std::nullopt;
    metre.numerator += *beats;
    if (!rest.starts_with('+')) break;
    rest.remove_prefix(1);
  }
  if (!rest.starts_with('/')) return std::nullopt;
  rest.remove_prefix(1);
  const auto unit = take<int>(rest);
  if (!unit || !rest.empty()) return std::nullopt;
  metre.denominator = *unit;
  if (*unit == 0) metre = {metre.numerator * 2, 1};
  const bool fits = metre.numerator <= 255 && metre.denominator >= 1 && metre.denominator <= 128 &&
                    std::has_single_bit(static_cast<unsigned>(metre.denominator));
  return fits ? std::optional(metre) : std::nullopt;
}

std::optional<Metre> read_mensuration(std::string_view field) {
  if (field == "*met(c)" || field == "*met(C)") return Metre{4, 4};
  if (field == "*met(c|)" || field == "*met(C|)") return Metre{2, 2};
  if (field == "*met(O)" || field == "*met(O|)") return Metre{3, 1};
  return std::nullopt;
}

std::optional<double> read_tempo(std::string_view field) {
  if (!field.starts_with("*MM")) return std::nullopt;
  std::string_view rest = after(field, 3);
  const auto tempo = take<double>(rest);
  constexpr double kSlowest = 1.0;
  constexpr double kFastest = 10'000.0;
  const bool is_sane = tempo && *tempo >= kSlowest && *tempo <= kFastest && rest.empty();
  return is_sane ? tempo : std::nullopt;
}

std::string write_tempo(double quarters_per_minute) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(),
                                          quarters_per_minute, std::chars_format::fixed);
  return error == std::errc() ? "*MM" + std::string(text.data(), end) : "*";
}

std::optional<Clef> read_clef(std::string_view field) {
  if (!field.starts_with("*clef") || field.size() < 6) return std::nullopt;
  std::string_view rest = after(field, 5);
  Clef clef;
  clef.sign = rest[0] == 'X' ? 'P' : rest[0];
  constexpr std::array<std::pair<char, int8_t>, 5> kUsual = {
      {{'G', 2}, {'F', 4}, {'C', 3}, {'P', 3}, {'T', 5}}};
  const auto usual = std::ranges::find(kUsual, clef.sign, &std::pair<char, int8_t>::first);
  if (usual == kUsual.end()) return std::nullopt;
  clef.line = usual->second;
  rest.remove_prefix(1);
  for (; rest.starts_with('v') || rest.starts_with('^'); rest.remove_prefix(1)) {
    clef.octave = static_cast<int8_t>(std::clamp(clef.octave + (rest[0] == 'v' ? -1 : 1), -2, 2));
  }
  if (rest.size() == 1 && rest[0] >= '1' && rest[0] <= '5') {
    clef.line = static_cast<int8_t>(rest[0] - '0');
    rest.remove_prefix(1);
  }
  return rest.empty() ? std::optional(clef) : std::nullopt;
}

std::string write_clef(const Clef& clef) {
  if (clef.sign == 'P') return "*clefX";
  const char direction = clef.octave < 0 ? 'v' : '^';
  return std::string("*clef") + clef.sign +
         std::string(static_cast<size_t>(std::abs(clef.octave)), direction) +
         std::to_string(clef.line);
}

std::optional<Shift> read_shift(std::string_view field) {
  Shift shift;
  shift.was_moved = field.starts_with("*Trd");
  if (!shift.was_moved && !field.starts_with("*ITrd")) return std::nullopt;
  std::string_view rest = after(field, shift.was_moved ? 4 : 5);
  const auto diatonic = take<int>(rest);
  if (!diatonic || !rest.starts_with('c')) return std::nullopt;
  rest.remove_prefix(1);
  const auto chromatic = take<int>(rest);
  constexpr int kMost = 60;
  if (!chromatic || !rest.empty() || std::abs(*diatonic) > kMost || std::abs(*chromatic) > kMost) {
    return std::nullopt;
  }
  shift.diatonic = *diatonic;
  shift.chromatic = *chromatic;
  return shift;
}

std::vector<BarlineKind> read_barline(std::string_view field) {
  std::vector<BarlineKind> kinds;
  const bool is_final = field.starts_with("==");
  const size_t begin = std::min(field.find_first_not_of("=0123456789abcdefgh"), field.size());
  const std::string_view style = field.substr(begin);
  const auto has = [&](std::string_view what) {
    return style.find(what) != std::string_view::npos;
  };
  const bool ends = has(":|") || has(":!");
  const bool begins = has("|:") || has("!:");
  if (ends) kinds.push_back(BarlineKind::kRepeatEnd);
  if (begins) kinds.push_back(BarlineKind::kRepeatBegin);
  if (is_final || (!ends && !begins && has("|!"))) {
    kinds.push_back(BarlineKind::kFinal);
  } else if (!ends && !begins && has("||")) {
    kinds.push_back(BarlineKind::kDouble);
  } else if (!ends && !begins && has(".")) {
    kinds.push_back(BarlineKind::kDashed);
  } else if (!ends && !begins && (has("-") || has("yy"))) {
    kinds.push_back(BarlineKind::kInvisible);
  }
  return kinds;
}

std::string write_barline(const std::vector<BarlineKind>& kinds, const std::string& number) {
  const auto has = [&](BarlineKind kind) { return std::ranges::find(kinds, kind) != kinds.end(); };
  std::string text = (has(BarlineKind::kFinal) ? "==" : "=") + number;
  const bool ends = has(BarlineKind::kRepeatEnd);
  const bool begins = has(BarlineKind::kRepeatBegin);
  if (ends && begins) return text + ":|!|:";
  if (ends) return text + ":|!";
  if (begins) return text + "!|:";
  if (has(BarlineKind::kDouble)) return text + "||";
  if (has(BarlineKind::kDashed)) return text + ".";
  return has(BarlineKind::kInvisible) ? text + "-" : text;
}

}  // namespace motet::kern
