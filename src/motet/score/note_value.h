// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace motet {

/// A printed note value: 1 / 2^value of a whole note, with dots.
struct NoteValue {
  int8_t value = 2;  ///< 0 whole, 2 quarter, -2 longa; up to 10
  uint8_t dots = 0;  ///< 0..3
};

/// The note value that lasts `length` of `whole`; nothing when none does.
std::optional<NoteValue> note_value_of(int64_t length, int64_t whole);

/// How long a note value lasts.
int64_t length_of(NoteValue value, int64_t whole);

/// The longest note values that last `length` one after another, as tied notes do. A rest below a
/// 1024th is left out.
std::vector<NoteValue> note_values_of(int64_t length, int64_t whole);

}  // namespace motet
