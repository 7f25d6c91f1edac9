// SPDX-License-Identifier: Apache-2.0
// Small scores for the tests of theory and metrics.
#pragma once

#include <utility>
#include <vector>

#include "motet/base/random.h"
#include "motet/score/score.h"
#include "motet/theory/key.h"

namespace motet::test {

inline constexpr int kQuarter = 480;

/// Times in quarters.
inline Note note_of(double onset, double duration, int pitch) {
  Note note;
  note.onset = Ticks{static_cast<int64_t>(onset * kQuarter)};
  note.duration = Ticks{static_cast<int64_t>(duration * kQuarter)};
  note.pitch = static_cast<uint8_t>(pitch);
  return note;
}

inline Part part_of(std::vector<Note> notes) {
  Part part;
  part.notes = std::move(notes);
  return part;
}

/// A snare drum for two quarters.
inline Part drums() {
  Part part = part_of({note_of(0, 2, 38)});
  part.is_drums = true;
  return part;
}

/// A chord of the given pitches, `quarters` long.
struct Block {
  std::vector<int> pitches;
  int quarters = 2;
};

/// One part that plays the blocks one after another from tick 0, in 4/4.
inline Score score_of(const std::vector<Block>& blocks) {
  Score score;
  score.parts.emplace_back();
  int at = 0;
  for (const Block& block : blocks) {
    for (const int pitch : block.pitches) {
      score.parts[0].notes.push_back(note_of(at, block.quarters, pitch));
    }
    at += block.quarters;
  }
  sort_events(score);
  return score;
}

/// The scale of a key up an octave (harmonic minor in minor) and home again, in quarters.
inline Score scale_in(Key key) {
  const std::vector<int> major = {0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0};
  const std::vector<int> minor = {0, 2, 3, 5, 7, 8, 11, 12, 7, 3, 0};
  std::vector<Block> blocks;
  for (const int step : key.mode == Mode::kMajor ? major : minor) {
    blocks.push_back({.pitches = {60 + key.tonic + step}, .quarters = 1});
  }
  return score_of(blocks);
}

/// Tonic, subdominant, dominant seventh, tonic: root position, half notes, bass an octave lower.
inline Score cadence_in(Key key) {
  const int third = key.mode == Mode::kMajor ? 4 : 3;
  const int sixth = key.mode == Mode::kMajor ? 9 : 8;
  const int t = 60 + key.tonic;
  return score_of({{{t - 12, t, t + third, t + 7}},
                   {{t - 7, t, t + 5, t + sixth}},
                   {{t - 5, t - 1, t + 2, t + 5, t + 7}},
                   {{t - 12, t, t + third, t + 7}}});
}

/// Three parts of seeded random notes in the middle of the keyboard, leaning to seven pitch
/// classes, so that a transposition never leaves it.
inline Score random_music(uint64_t seed) {
  const Random random(seed, 0);
  const std::vector<int> steps = {0, 0, 2, 4, 4, 5, 7, 7, 9, 11, 1, 6};
  Score score;
  uint64_t step = 0;
  const auto home = static_cast<int>(random.below(12, step++));
  for (int part = 0; part < 3; ++part) {
    score.parts.emplace_back();
    for (int i = 0; i < 60; ++i) {
      const double onset = static_cast<double>(random.below(64, step++)) / 2;
      const double length = static_cast<double>(1 + random.below(4, step++)) / 2;
      const int pitch = 36 + 12 * part + (steps[random.below(steps.size(), step++)] + home) % 12;
      score.parts.back().notes.push_back(note_of(onset, length, pitch));
    }
  }
  sort_events(score);
  return score;
}

inline std::vector<Key> all_keys() {
  std::vector<Key> keys;
  for (int tonic = 0; tonic < 12; ++tonic) {
    keys.push_back({.tonic = tonic, .mode = Mode::kMajor});
    keys.push_back({.tonic = tonic, .mode = Mode::kMinor});
  }
  return keys;
}

}  // namespace motet::test
