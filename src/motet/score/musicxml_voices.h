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
/// room. One hand of a keyboard has one staff. A fifth simultaneous voice of a staff cuts the chord
/// before it short, or joins the chord at its side.
std::vector<Staff> staves_of(const Part& part, bool is_one_hand = false);

/// For each part, whether it is one of two neighbours that are the hands of one keyboard: the same
/// program, no third beside them, and the one lies higher than the other. A hand has one staff.
std::vector<bool> single_hands(const Score& score);

}  // namespace motet::musicxml
