// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

namespace motet {

inline constexpr double kMicrosecondsPerMinute = 60e6;

/// A position or length in a score. Integer, so that a score survives any number of round trips.
struct Ticks {
  int64_t value = 0;
  auto operator<=>(const Ticks&) const = default;

  constexpr Ticks& operator+=(Ticks other) {
    value += other.value;
    return *this;
  }
  constexpr Ticks& operator-=(Ticks other) {
    value -= other.value;
    return *this;
  }
  friend constexpr Ticks operator+(Ticks a, Ticks b) { return {a.value + b.value}; }
  friend constexpr Ticks operator-(Ticks a, Ticks b) { return {a.value - b.value}; }
  friend constexpr Ticks operator*(Ticks a, int64_t times) { return {a.value * times}; }
};

/// A point in time or a length of time, in seconds.
struct Seconds {
  double value = 0.0;
  auto operator<=>(const Seconds&) const = default;
};

/// Names a note for ever: in MusicXML, the engraving, the event stream, the provenance record.
/// Unique within a score; 0 means not yet named (see name_notes).
struct NoteId {
  uint32_t value = 0;
  auto operator<=>(const NoteId&) const = default;
};

}  // namespace motet
