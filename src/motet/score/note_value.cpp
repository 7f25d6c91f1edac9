// SPDX-License-Identifier: Apache-2.0
#include "motet/score/note_value.h"

namespace motet {
namespace {

constexpr int kLongest = -2;
constexpr int kShortest = 10;
constexpr int kMostDots = 3;

}  // namespace

int64_t length_of(NoteValue value, int64_t whole) {
  const int64_t plain = value.value < 0 ? whole << -value.value : whole >> value.value;
  return 2 * plain - (plain >> value.dots);
}

std::optional<NoteValue> note_value_of(int64_t length, int64_t whole) {
  for (int value = kLongest; value <= kShortest; ++value) {
    for (int dots = 0; dots <= kMostDots; ++dots) {
      const bool is_exact = value < 0 || whole % (int64_t{1} << (value + dots)) == 0;
      const NoteValue found{static_cast<int8_t>(value), static_cast<uint8_t>(dots)};
      if (is_exact && length_of(found, whole) == length) return found;
    }
  }
  return std::nullopt;
}

std::vector<NoteValue> note_values_of(int64_t length, int64_t whole) {
  std::vector<NoteValue> values;
  while (length > 0) {
    if (const auto rest = note_value_of(length, whole)) {
      values.push_back(*rest);
      return values;
    }
    int value = kLongest;
    while (value <= kShortest && length_of({static_cast<int8_t>(value), 0}, whole) > length) {
      ++value;
    }
    if (value > kShortest) break;
    values.push_back({static_cast<int8_t>(value), 0});
    length -= length_of(values.back(), whole);
  }
  return values;
}

}  // namespace motet
