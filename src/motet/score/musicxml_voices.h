// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "motet/score/score.h"

namespace motet::musicxml {

constexpr size_t kVoicesPerStaff = 4;

/// Notes that begin and end together, the highest first. Points into the part.
struct Chord {
  Ticks begin;
  Ticks end;
  std::vector<const Note*> notes;
};

/// A voice: chords that follow one another without overlap.
using Layer = std::vector<Chord>;

/// One staff: 1..4 voices.
using Staff = std::vector<Layer>;

/// One staff, or two where the part is a keyboard that plays chords on both sides of middle C. The
/// part is at kDivisions ticks a quarter. Drums are one voice, each stroke as long as there is
/// room. A fifth simultaneous voice of a staff cuts the chord before it short, or joins the chord
/// at its side.
std::vector<Staff> staves_of(const Part& part);

}  // namespace motet::musicxml
