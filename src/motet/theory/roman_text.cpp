// SPDX-License-Identifier: Apache-2.0
// Roman numerals as text: figures, and RomanText.
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>

#include "motet/theory/evidence.h"
#include "motet/theory/roman.h"

namespace motet {
namespace {

using Q = ChordQuality;
using K = NumeralKind;

constexpr std::array<std::string_view, 7> kDegrees = {"I", "II", "III", "IV", "V", "VI", "VII"};

bool is_lower(Q quality) {
  return quality == Q::kMinor || quality == Q::kDiminished || quality == Q::kMinor7 ||
         quality == Q::kHalfDiminished7 || quality == Q::kDiminished7;
}

bool is_seventh(Q quality) { return quality >= Q::kDominant7; }

std::string degree_text(int degree, bool lower) {
  std::string text(kDegrees[static_cast<size_t>(degree - 1)]);
  if (lower) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

std::string_view figures(bool seventh, int inversion) {
  constexpr std::array<std::string_view, 4> kTriad = {"", "6", "64", "64"};
  constexpr std::array<std::string_view, 4> kSeventh = {"7", "65", "43", "42"};
  const auto index = static_cast<size_t>(std::clamp(inversion, 0, 3));
  return seventh ? kSeventh[index] : kTriad[index];
}

std::string_view sign_of(Q quality) {
  switch (quality) {
    case Q::kDiminished:
    case Q::kDiminished7:
      return "o";
    case Q::kHalfDiminished7:
      return "\u00F8";
    case Q::kAugmented:
      return "+";
    default:
      return "";
  }
}

// A dominant seventh on a degree whose own seventh is another is marked by a "d".
bool is_foreign_dominant(const RomanNumeral& n) {
  return n.quality == Q::kDominant7 && n.degree != 5 && n.kind == K::kPlain;
}

bool is_minor_target(Mode mode, int degree) {
  constexpr std::array<bool, 7> kInMajor = {false, true, true, false, false, true, true};
  constexpr std::array<bool, 7> kInMinor = {true, true, false, true, false, false, false};
  return (mode == Mode::kMajor ? kInMajor : kInMinor)[static_cast<size_t>(degree - 1)];
}

std::string key_text(Key key) {
  std::string name = name_of(key);  // "E-flat major"
  std::string text(1, name[0]);
  if (key.mode == Mode::kMinor) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  if (name.find("-flat") != std::string::npos) text += "b";
  if (name.find("-sharp") != std::string::npos) text += "#";
  return text + ":";
}

// "1", "2.5", "1.33".
std::string beat_text(double beat) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", beat);
  std::string out(text);
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out;
}

// RomanText's beat in quarters.
double romantext_beat(int numerator, int denominator) {
  const double unit = 4.0 / denominator;
  if (numerator % 3 == 0 && (numerator > 3 || denominator >= 8)) return unit * 3.0;
  return unit;
}

void write_header(const Score& score, std::string& out) {
  if (!score.composer.empty()) out += "Composer: " + score.composer + "\n";
  if (!score.title.empty()) out += "Title: " + score.title + "\n";
  out += "Analyst: motet\n";
}

}  // namespace

std::string target_of(const RomanNumeral& numeral) {
  if (numeral.kind != K::kApplied) return {};
  return degree_text(numeral.applied_to, is_minor_target(numeral.key.mode, numeral.applied_to));
}

std::string figure_of(const RomanNumeral& numeral) {
  switch (numeral.kind) {
    case K::kCadentialSixFour:
      return "Cad64";
    case K::kItalianSixth:
      return numeral.inversion == 0 ? "It53"
                                    : "It" + std::string(figures(false, numeral.inversion));
    case K::kFrenchSixth:
      return "Fr" + std::string(figures(true, numeral.inversion));
    case K::kGermanSixth:
      return "Ger" + std::string(figures(true, numeral.inversion));
    case K::kPlain:
    case K::kApplied:
    case K::kNeapolitan:
      break;
  }
  std::string text;
  // A minor or diminished chord on the sixth degree of minor stands on the raised one, as RomanText
  // reads it.
  const bool raised_six = numeral.key.mode == Mode::kMinor && numeral.degree == 6;
  if (numeral.alteration < 0) text += "b";
  if (numeral.alteration > 0 && !raised_six) text += "#";
  text += degree_text(numeral.degree, is_lower(numeral.quality));
  text += sign_of(numeral.quality);
  if (is_foreign_dominant(numeral)) text += "d";
  text += figures(is_seventh(numeral.quality), numeral.inversion);
  if (numeral.kind == K::kApplied) text += "/" + target_of(numeral);
  return text;
}

std::string write_romantext(const Score& score, const std::vector<RomanNumeral>& numerals) {
  std::string out;
  write_header(score, out);
  const std::vector<Bar> bars = bars_of(score);
  size_t next = 0;
  const RomanNumeral* before = nullptr;
  std::string metre;
  int number = 1;
  for (size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    // A short first bar is counted from the end of the bar that it completes, in the next metre.
    const bool is_upbeat = i == 0 && bars.size() > 1 && bar.length < bars[1].length;
    const Bar& counted = is_upbeat ? bars[1] : bar;
    const int64_t late = is_upbeat ? (counted.length - bar.length).value : 0;
    const std::string signature =
        std::to_string(counted.numerator) + "/" + std::to_string(counted.denominator);
    if (is_upbeat) number = 0;
    if (signature != metre) out += "\nTime Signature: " + signature + "\n\n";
    metre = signature;
    std::string line;
    const double beat =
        romantext_beat(counted.numerator, counted.denominator) * score.ticks_per_quarter;
    for (; next < numerals.size() && numerals[next].begin < bar.begin + bar.length; ++next) {
      const RomanNumeral& numeral = numerals[next];
      const int64_t offset = (numeral.begin - bar.begin).value + late;
      const std::string at = beat_text(1.0 + static_cast<double>(offset) / beat);
      if (at != "1" || !line.empty()) line += " b" + at;
      if (before == nullptr || before->key != numeral.key) line += " " + key_text(numeral.key);
      line += " " + figure_of(numeral);
      before = &numeral;
    }
    if (!line.empty()) out += "m" + std::to_string(number) + line + "\n";
    ++number;
  }
  return out;
}

}  // namespace motet
