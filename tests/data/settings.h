// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "motet/score/score.h"

namespace motet::test {

/// Tunes that everybody has set, each with two basses that agree in hardly a note: what a corpus
/// has of a tune when two people have harmonised it. Pitches are MIDI keys, lengths quarters.
struct SetTune {
  std::string name;
  std::vector<std::pair<int, int>> melody;  ///< (pitch, length)
  std::vector<int> plain_bass;              ///< [melody]
  std::vector<int> other_bass;              ///< [melody]
};

/// The root below a note of C major in the plainest harmony, and in one around A minor.
inline int plain_root(int pitch) {
  constexpr std::array<int, 12> kRoots = {0, 0, 7, 0, 0, 5, 0, 0, 0, 5, 0, 7};
  return 48 + kRoots[static_cast<size_t>(pitch % 12)];
}
inline int other_root(int pitch) {
  constexpr std::array<int, 12> kRoots = {9, 0, 2, 0, 4, 2, 0, 4, 0, 9, 0, 4};
  return 36 + kRoots[static_cast<size_t>(pitch % 12)];
}

/// Louis Bourgeois, 1551.
inline SetTune old_hundredth() {
  SetTune tune{"Old Hundredth", {}, {}, {}};
  for (const int pitch : {67, 67, 66, 64, 62, 67, 69, 71, 71, 71, 71, 69, 67, 72, 71, 69,
                          67, 69, 71, 69, 67, 64, 66, 67, 74, 71, 67, 69, 72, 71, 69, 67}) {
    const size_t at = tune.melody.size() % 8;
    tune.melody.emplace_back(pitch, at == 0 || at > 4 ? 2 : 1);
  }
  tune.plain_bass = {43, 55, 50, 48, 55, 52, 50, 43, 55, 52, 43, 50, 52, 48, 43, 50,
                     52, 50, 43, 50, 52, 48, 50, 43, 55, 43, 52, 50, 48, 43, 50, 43};
  tune.other_bass = {52, 48, 47, 45, 47, 48, 42, 52, 47, 55, 52, 42, 48, 45, 52, 42,
                     48, 42, 52, 42, 47, 45, 47, 52, 47, 52, 48, 42, 45, 52, 42, 52};
  return tune;
}

inline SetTune with_roots(std::string name, std::vector<std::pair<int, int>> melody) {
  SetTune tune{std::move(name), std::move(melody), {}, {}};
  for (const auto& [pitch, length] : tune.melody) {
    tune.plain_bass.push_back(plain_root(pitch));
    tune.other_bass.push_back(other_root(pitch));
  }
  return tune;
}

/// Beethoven, 1824; the first half of it, twice.
inline SetTune ode_to_joy() {
  const std::vector<int> line = {64, 64, 65, 67, 67, 65, 64, 62, 60, 60, 62, 64, 64, 62, 62};
  std::vector<std::pair<int, int>> melody;
  for (int time = 0; time < 2; ++time) {
    for (size_t i = 0; i < line.size(); ++i) {
      const int last = i >= 12 && time == 1 ? 2 : 0;  // the second time ends on C
      melody.emplace_back(line[i] - last, i == 12 ? 3 : i == 14 ? 4 : 2);
    }
  }
  return with_roots("Ode to Joy", melody);
}

/// French, before 1761.
inline SetTune ah_vous_dirai_je() {
  std::vector<std::pair<int, int>> melody;
  const std::vector<int> outer = {60, 60, 67, 67, 69, 69, 67, 65, 65, 64, 64, 62, 62, 60};
  const std::vector<int> inner = {67, 67, 65, 65, 64, 64, 62};
  for (const auto& line : {outer, inner, inner, outer}) {
    for (size_t i = 0; i < line.size(); ++i) melody.emplace_back(line[i], i % 7 == 6 ? 2 : 1);
  }
  return with_roots("Ah vous dirai-je", melody);
}

inline std::vector<SetTune> set_tunes() {
  return {old_hundredth(), ode_to_joy(), ah_vous_dirai_je()};
}

/// The melody over a bass, with a middle voice where `thirds` asks for one.
inline Score setting(const SetTune& tune, const std::vector<int>& bass, bool thirds) {
  constexpr int64_t kQuarter = 480;
  Score score;
  score.parts.resize(thirds ? 3 : 2);
  int64_t at = 0;
  for (size_t i = 0; i < tune.melody.size(); ++i) {
    const auto [pitch, quarters] = tune.melody[i];
    const std::array<int, 3> keys = {pitch, bass[i], pitch - 3};
    for (size_t part = 0; part < score.parts.size(); ++part) {
      score.parts[part].notes.push_back({.onset = Ticks{at},
                                         .duration = Ticks{quarters * kQuarter},
                                         .pitch = static_cast<uint8_t>(keys[part]),
                                         .id = {}});
    }
    at += quarters * kQuarter;
  }
  return score;
}

}  // namespace motet::test
