// SPDX-License-Identifier: Apache-2.0
#include "motet/score/kern_values.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>

namespace motet::kern {
namespace {

constexpr int kShortest = 11;  // 1/2048: one octave beyond what anyone has engraved
constexpr int kMaxima = -3;
constexpr int kMostTuplet = 255;
constexpr size_t kMostDots = 4;

bool is_power_of_two(int64_t n) { return n > 0 && (n & (n - 1)) == 0; }

int log_two(int64_t n) {
  int log = 0;
  for (; n > 1; n >>= 1) ++log;
  return log;
}

/// num / den where num is a power of two.
std::optional<Value> undotted(Fraction length) {
  int64_t odd = length.den;
  while (odd % 2 == 0) odd /= 2;
  const int normal = log_two(odd);
  const int value = log_two(length.den / odd) - log_two(length.num) + normal;
  if (odd > kMostTuplet || value < kMaxima || value > kShortest) return std::nullopt;
  return Value{static_cast<int8_t>(value), 0, static_cast<uint8_t>(odd),
               static_cast<uint8_t>(1 << normal)};
}

Value guess(Fraction length) {
  int value = kMaxima;
  const auto is_longer = [&](int candidate) {
    return candidate < 0 ? (length.den << -candidate) > length.num
                         : length.den > (length.num << candidate);
  };
  while (value < kShortest && is_longer(value)) ++value;
  return {static_cast<int8_t>(value), 0, 1, 1, true};
}

/// `n` dots make a note (2^(n+1) - 1) / 2^n times as long.
Fraction dotted(Fraction length, size_t dots) {
  return reduced(length.num * ((int64_t{2} << dots) - 1), length.den * (int64_t{1} << dots));
}

std::string write_undotted(Fraction length) {
  if (length.num == 1) return std::to_string(length.den);
  if (length.den == 1) {
    if (length.num == 2) return "0";
    if (length.num == 4) return "00";
    if (length.num == 8) return "000";
  }
  return std::to_string(length.den) + "%" + std::to_string(length.num);
}

/// A run of digits; nothing beyond eleven of them.
std::optional<int64_t> read_number(std::string_view digits) {
  constexpr size_t kMostDigits = 11;
  if (digits.empty() || digits.size() > kMostDigits) return std::nullopt;
  int64_t number = 0;
  for (const char digit : digits) number = number * 10 + (digit - '0');
  return number;
}

std::string_view digits_at(std::string_view text, size_t at) {
  const size_t end = std::min(text.find_first_not_of("0123456789", at), text.size());
  return text.substr(at, end - at);
}

/// The length without dots that digits before and after the % say.
std::optional<Fraction> read_undotted(std::string_view digits, std::string_view times) {
  const std::optional<int64_t> number = read_number(digits);
  const std::optional<int64_t> count = times.empty() ? 1 : read_number(times);
  if (!number || !count || *count == 0) return std::nullopt;
  if (*number != 0) return reduced(*count, *number);
  return digits.size() > 3 ? std::nullopt
                           : std::optional(Fraction{*count * (int64_t{1} << digits.size()), 1});
}

}  // namespace

Fraction reduced(int64_t num, int64_t den) {
  const int64_t common = std::gcd(num, den);
  return common == 0 ? Fraction{} : Fraction{num / common, den / common};
}

Fraction simplest_near(Fraction length, int64_t precision) {
  // Every denominator up to that of `length` itself: a few thousand at most for what is written.
  for (int64_t den = 1; den < length.den; ++den) {
    const int64_t num = (length.num * den + length.den / 2) / length.den;
    const int64_t error = std::abs(num * length.den - length.num * den);
    if (num > 0 && error * precision < length.den * den) return reduced(num, den);
  }
  return length;
}

Value value_of(Fraction length) {
  constexpr std::array<int64_t, 4> kDotted = {1, 3, 7, 15};
  for (size_t dots = 0; dots < kDotted.size(); ++dots) {
    if (length.num % kDotted[dots] != 0 || !is_power_of_two(length.num / kDotted[dots])) continue;
    const int64_t base = length.num / kDotted[dots] * (int64_t{1} << dots);
    if (auto value = undotted(reduced(base, length.den))) {
      value->dots = static_cast<uint8_t>(dots);
      return *value;
    }
  }
  return guess(length);
}

Fraction length_of(const Value& value) {
  const int64_t up = value.value < 0 ? int64_t{1} << -value.value : 1;
  const int64_t down = value.value > 0 ? int64_t{1} << value.value : 1;
  return dotted(reduced(up * value.normal, down * value.actual), value.dots);
}

RecipReading read_recip(std::string_view text) {
  const std::string_view digits = digits_at(text, 0);
  if (digits.empty()) return {};
  size_t size = digits.size();
  std::string_view times;
  if (size < text.size() && text[size] == '%') {
    times = digits_at(text, size + 1);
    if (!times.empty()) size += 1 + times.size();
  }
  const auto dots = static_cast<size_t>(std::ranges::count(text, '.'));
  const std::optional<Fraction> base = read_undotted(digits, times);
  if (!base || dots > kMostDots || base->den > kFinest || base->num > kLongest * base->den) {
    return {std::nullopt, true};
  }
  Value value = value_of(*base);
  if (dots > 0) {
    const bool can_have_dots = value.dots == 0 && !value.is_guess;
    value = can_have_dots ? value : value_of(dotted(*base, dots));
    if (can_have_dots) value.dots = static_cast<uint8_t>(dots);
  }
  return {Recip{dotted(*base, dots), value, size}, false};
}

std::string write_recip(const Value& value) {
  Value base = value;
  base.dots = 0;
  return write_undotted(length_of(base)) + std::string(value.dots, '.');
}

std::string write_recip(Fraction length) {
  const Value value = value_of(length);
  return value.is_guess ? write_undotted(length) : write_recip(value);
}

}  // namespace motet::kern
