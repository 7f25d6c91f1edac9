// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace motet::kern {

/// A length in whole notes: num / den, in lowest terms.
struct Fraction {
  int64_t num = 0;
  int64_t den = 1;
  bool operator==(const Fraction&) const = default;
};
Fraction reduced(int64_t num, int64_t den);

/// The fraction with the smallest denominator that is less than 1 / precision away; above 0.
Fraction simplest_near(Fraction length, int64_t precision);

/// A length as a note shows it.
struct Value {
  int8_t value = 2;  ///< 1 / 2^value: 0 whole, -3 maxima
  uint8_t dots = 0;
  uint8_t actual = 1;  ///< `actual` in the time of `normal`
  uint8_t normal = 1;
  bool is_guess = false;  ///< no note shows this length; `value` is the longest that is shorter
  bool operator==(const Value&) const = default;
};

/// The simplest note of this length: plain, dotted, or in a tuplet whose `normal` is a power of 2.
Value value_of(Fraction length);

/// The length of a note as it is shown.
Fraction length_of(const Value& value);

/// What the digits and dots of a token say: "8", "4..", "12", "3%2", "0" for a breve.
struct Recip {
  Fraction length;
  Value value;
  size_t size = 0;  ///< characters of the digits
};

constexpr int64_t kLongest = int64_t{1} << 18;  ///< whole notes, of one note and of a file
constexpr int64_t kFinest = int64_t{1} << 17;   ///< a whole note over the shortest length

/// Reads the duration at the beginning of `text`, one note of a token; nothing where there is none.
/// The dots may stand anywhere after the digits: "1a." is a dotted whole note. `is_absurd` where it
/// is beyond kLongest or kFinest.
struct RecipReading {
  std::optional<Recip> recip;
  bool is_absurd = false;
};
RecipReading read_recip(std::string_view text);

/// "12" for a triplet eighth, "4." for a dotted quarter.
std::string write_recip(const Value& value);
std::string write_recip(Fraction length);

}  // namespace motet::kern
