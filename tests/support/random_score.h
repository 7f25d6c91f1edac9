// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <tuple>

#include "motet/base/random.h"
#include "motet/score/score.h"

namespace motet::test {

/// Makes a score with a little of everything, the same for the same seed.
///
/// Every part has a note; a part's notes of one pitch end in the order in which they begin, voices
/// are 0, ids are given, and a program changes only after the part's first note: what a MIDI file
/// can say without loss.
class RandomScore {
 public:
  explicit RandomScore(uint64_t seed) : random_(seed, 0) {}

  Score make() {
    constexpr std::array<int, 6> kResolutions = {24, 96, 120, 384, 480, 960};
    score_.ticks_per_quarter = kResolutions[below(kResolutions.size())];
    if (chance(0.7)) score_.title = word() + " " + word();
    if (chance(0.5)) score_.composer = "Élise " + word();
    add_tempos();
    add_metres();
    add_keys();
    add_texts();
    const size_t parts = 1 + below(5);
    for (size_t i = 0; i < parts; ++i) add_part();
    sort_events(score_);
    name_notes(score_);
    return score_;
  }

 private:
  uint64_t below(uint64_t count) { return random_.below(count, step_++); }
  int between(int low, int high) {
    return low + static_cast<int>(below(static_cast<uint64_t>(high - low + 1)));
  }
  bool chance(double share) { return random_.uniform(step_++) < share; }

  std::string word() {
    std::string text;
    const int syllables = between(1, 3);
    for (int i = 0; i < syllables; ++i) {
      text += "bcdfglmnprst"[below(12)];
      text += "aeiou"[below(5)];
    }
    return text;
  }

  /// Mostly on a sixteenth, sometimes anywhere.
  Ticks place() {
    const int sixteenth = std::max(1, score_.ticks_per_quarter / 4);
    if (chance(0.8)) return Ticks{between(0, 16 * 12) * int64_t{sixteenth}};
    return Ticks{between(0, 48 * score_.ticks_per_quarter)};
  }

  /// Increasing places, the first at 0 more often than not.
  Ticks next_place(Ticks last, bool is_first) {
    if (is_first && chance(0.7)) return {};
    return last + Ticks{between(1, 8 * score_.ticks_per_quarter)};
  }

  void add_tempos() {
    Ticks at;
    const int count = between(0, 4);
    for (int i = 0; i < count; ++i) {
      at = next_place(at, i == 0);
      score_.tempos.push_back({at, 60e6 / between(250'000, 1'500'000)});
    }
  }

  void add_metres() {
    Ticks at;
    const int count = between(0, 3);
    for (int i = 0; i < count; ++i) {
      at = next_place(at, i == 0);
      score_.metres.push_back({at, between(1, 12), 1 << between(1, 4)});
    }
  }

  void add_keys() {
    Ticks at;
    const int count = between(0, 3);
    for (int i = 0; i < count; ++i) {
      at = next_place(at, i == 0);
      score_.keys.push_back({at, between(-7, 7), chance(0.5) ? Mode::kMinor : Mode::kMajor});
    }
  }

  void add_texts() {
    constexpr std::array<const char*, 6> kChords = {"C", "Am7", "F#dim", "Bb", "C/E", "G7"};
    const int chords = between(0, 8);
    for (int i = 0; i < chords; ++i) {
      score_.chords.push_back({place(), kChords[below(kChords.size())]});
    }
    const int markers = between(0, 3);
    for (int i = 0; i < markers; ++i) score_.markers.push_back({place(), "Mark " + word()});
  }

  void add_notes(Part& part) {
    const int count = between(1, 60);
    const int sixteenth = std::max(1, score_.ticks_per_quarter / 4);
    for (int i = 0; i < count; ++i) {
      const Ticks duration{chance(0.8) ? between(1, 16) * int64_t{sixteenth}
                                       : between(1, 3 * score_.ticks_per_quarter)};
      part.notes.push_back({place(),
                            duration,
                            static_cast<uint8_t>(between(36, 96)),
                            static_cast<uint8_t>(between(1, 127)),
                            0,
                            kUnspelled,
                            {}});
    }
    std::ranges::sort(part.notes, [](const Note& a, const Note& b) {
      return std::tie(a.onset, a.pitch, a.duration) < std::tie(b.onset, b.pitch, b.duration);
    });
    std::map<uint8_t, Ticks> last_end;
    std::erase_if(part.notes, [&](const Note& note) {
      Ticks& end = last_end[note.pitch];
      const bool nested = note.onset + note.duration < end;
      if (!nested) end = note.onset + note.duration;
      return nested;
    });
  }

  void add_controls(Part& part) {
    const Ticks first = part.notes.front().onset;
    const int count = between(0, 10);
    for (int i = 0; i < count; ++i) {
      const auto key = static_cast<uint8_t>(between(36, 96));
      const auto value = static_cast<int16_t>(between(0, 127));
      switch (below(5)) {
        case 0:
          part.controls.push_back({place(), ControlKind::kController, key, value});
          break;
        case 1:
          part.controls.push_back({first + Ticks{1} + place(), ControlKind::kProgram, 0, value});
          break;
        case 2:
          part.controls.push_back(
              {place(), ControlKind::kPitchBend, 0, static_cast<int16_t>(between(-8192, 8191))});
          break;
        case 3:
          part.controls.push_back({place(), ControlKind::kChannelPressure, 0, value});
          break;
        default:
          part.controls.push_back({place(), ControlKind::kKeyPressure, key, value});
      }
    }
  }

  void add_part() {
    Part part;
    if (chance(0.8)) part.name = "Part " + word();
    part.program = static_cast<uint8_t>(between(0, 127));
    part.is_drums = chance(0.15);
    add_notes(part);
    add_controls(part);
    if (chance(0.3)) {
      const int lyrics = between(1, 6);
      for (int i = 0; i < lyrics; ++i) part.lyrics.push_back({place(), word() + "é-"});
    }
    if (chance(0.3)) part.raw.push_back({place(), 0xF0, 0, {0x7E, 0x7F, 0x09, 0x01, 0xF7}});
    if (chance(0.2)) part.raw.push_back({place(), 0xFF, 0x7F, {0x00, 0x41, 0xFF}});
    score_.parts.push_back(std::move(part));
  }

  Random random_;
  uint64_t step_ = 0;
  Score score_;
};

inline Score random_score(uint64_t seed) { return RandomScore(seed).make(); }

}  // namespace motet::test
