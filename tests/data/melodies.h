// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "motet/base/random.h"
#include "motet/score/score.h"

namespace motet::test {

/// A wandering melody over a slower bass, the same for the same seed; `notes` of the melody.
inline Score melody(uint64_t seed, int notes) {
  constexpr std::array<int, 8> kSteps = {-4, -2, -1, 1, 2, 3, 5, -3};
  constexpr std::array<int64_t, 4> kLengths = {120, 240, 240, 480};
  const Random random(seed, 77);
  Score score;
  score.parts.resize(2);
  int pitch = 72;
  int64_t at = 0;
  for (int i = 0; i < notes; ++i) {
    const auto step = static_cast<uint64_t>(2 * i);
    pitch += kSteps[random.below(kSteps.size(), step)];
    pitch = std::clamp(pitch, 62, 84);
    const int64_t length = kLengths[random.below(kLengths.size(), step + 1)];
    score.parts[0].notes.push_back({.onset = Ticks{at},
                                    .duration = Ticks{length},
                                    .pitch = static_cast<uint8_t>(pitch),
                                    .id = {}});
    if (i % 4 == 0) {
      score.parts[1].notes.push_back({.onset = Ticks{at},
                                      .duration = Ticks{480},
                                      .pitch = static_cast<uint8_t>(pitch - 24 - (i % 3)),
                                      .id = {}});
    }
    at += length;
  }
  return score;
}

/// Every onset and duration times `factor`, rounded.
inline Score stretched(Score score, double factor) {
  const auto scaled = [&](Ticks ticks) {
    return Ticks{std::llround(static_cast<double>(ticks.value) * factor)};
  };
  for (Part& part : score.parts) {
    for (Note& note : part.notes) {
      note.onset = scaled(note.onset);
      note.duration = std::max(Ticks{1}, scaled(note.duration));
    }
  }
  return score;
}

/// The notes of all parts that begin from the melody's note `first` to before its note `last`.
inline Score cropped(Score score, size_t first, size_t last) {
  const Ticks begin = score.parts[0].notes[first].onset;
  const Ticks end = score.parts[0].notes[last].onset;
  for (Part& part : score.parts) {
    std::erase_if(part.notes, [&](const Note& n) { return n.onset < begin || n.onset >= end; });
    for (Note& note : part.notes) note.onset -= begin;
  }
  return score;
}

}  // namespace motet::test
