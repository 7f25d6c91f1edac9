// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_spelling.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <string_view>

#include "motet/score/notation.h"

namespace motet::musicxml {
namespace {

constexpr int floor_div(int a, int b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

Spelled spell(int pitch, int fifths) {
  constexpr int kFlattest = -3;
  const int pitch_class = (pitch % 12 + 12) % 12;
  const int lowest = fifths + kFlattest;
  const int place = lowest + ((7 * pitch_class - lowest) % 12 + 12) % 12;
  const int alter = floor_div(place + 1, 7);
  Spelled spelled;
  spelled.step = kLettersByFifths[static_cast<size_t>(place + 1 - 7 * alter)];
  spelled.alter = alter;
  spelled.octave = std::clamp(floor_div(pitch - alter, 12) - 1, 0, 9);
  return spelled;
}

int alter_in_key(char step, int fifths) {
  const auto place = static_cast<int>(kLettersByFifths.find(step));
  assert(place < 7);
  return floor_div(fifths - 1 - place, 7) + 1;
}

}  // namespace motet::musicxml
