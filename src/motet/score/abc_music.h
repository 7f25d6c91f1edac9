// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "motet/score/score.h"

namespace motet::abc {

/// Lengths are counted in units that hold every tuplet up to nine and a 128th note exactly.
constexpr int64_t kWhole = 120'960;  // 2^7 * 3^3 * 5 * 7
constexpr int kTicksPerQuarter = 480;
constexpr int64_t kUnitsPerTick = kWhole / (4 * kTicksPerQuarter);

struct Metre {
  int numerator = 4;
  int denominator = 4;
  bool is_free = false;  ///< "M: none"

  int64_t length() const { return kWhole * numerator / denominator; }
  bool is_compound() const { return numerator % 3 == 0 && numerator > 3; }
};

/// A key signature: what it does to the letters C D E F G A B.
struct Key {
  int fifths = 0;
  Mode mode = Mode::kMajor;
  std::array<int, 7> alters{};
};

/// One head of a note or chord.
struct Head {
  int pitch = 60;      ///< MIDI
  int64_t length = 0;  ///< in units
  bool is_tied = false;
};

/// A bar line and what it says about repeats.
struct BarLine {
  bool begins_repeat = false;
  bool ends_repeat = false;
  bool is_double = false;  ///< "||", "|]": ends the last ending
  uint64_t endings = 0;    ///< bit n: this is the beginning of ending n
};

/// What a voice consists of, in the order of the text.
struct Item {
  enum class Kind { kNotes, kBar, kOverlay, kKey, kMetre, kTempo, kChord, kWords };

  Kind kind = Kind::kNotes;
  int64_t length = 0;        ///< of notes: how far the music moves on
  std::vector<Head> heads;   ///< empty for a rest
  std::vector<Head> graces;  ///< before the notes
  uint8_t velocity = 80;
  std::string text;  ///< a chord symbol, words, or the syllable sung to the notes
  BarLine bar;
  Key key;
  Metre metre;
  double tempo = 120.0;
};

struct Voice {
  std::string id;
  std::string name;
  int program = 0;
  bool is_drums = false;
  std::vector<Item> items;
};

struct Tune {
  int number = 0;
  std::string title;
  std::string composer;
  std::vector<Voice> voices;
  std::vector<std::string> mended;
};

}  // namespace motet::abc
