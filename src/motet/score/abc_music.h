// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "motet/score/score.h"

namespace motet::abc {

/// Lengths are counted in units that hold every tuplet up to fifteen and a 1024th note exactly.
constexpr int64_t kWhole = 138'378'240;  // 2^10 * 3^3 * 5 * 7 * 11 * 13
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
  int pitch = 60;  ///< MIDI
  LineOfFifths spelling = kUnspelled;
  int64_t length = 0;   ///< in units, as it sounds
  int64_t written = 0;  ///< in units, as it looks: without its tuplet
  bool is_tied = false;
};

/// A bar line and what it says about repeats.
struct BarLine {
  bool begins_repeat = false;
  bool ends_repeat = false;
  int times = 2;           ///< of a repeat that ends: "::|" is heard three times
  bool is_double = false;  ///< "||", "|]": ends the last ending
  bool is_final = false;   ///< "|]"
  uint64_t endings = 0;    ///< bit n: this is the beginning of ending n
};

/// A syllable under a note.
struct Syllable {
  int verse = 1;
  std::string text;
  Syllabic syllabic = Syllabic::kSingle;
  bool is_extended = false;
};

/// What a voice consists of, in the order of the text.
struct Item {
  enum class Kind {
    kNotes,
    kBar,
    kOverlay,
    kKey,
    kMetre,
    kTempo,
    kChord,
    kDirection,  ///< `direction` and `text`
    kSign,       ///< `sign`, a sign of the road, and `text`
    kSection,    ///< "P:A": a part of the tune begins, called `text`
    kClef,
    kProgram,  ///< `program`: another instrument from here on
  };

  Kind kind = Kind::kNotes;
  int64_t length = 0;        ///< of notes: how far the music moves on
  int64_t written = 0;       ///< the same without its tuplet
  int bars = 0;              ///< of a rest: whole bars
  std::vector<Head> heads;   ///< empty for a rest
  std::vector<Head> graces;  ///< before the notes
  bool is_slashed = false;   ///< the grace notes have a stroke
  uint8_t actual = 1;        ///< tuplet: `actual` in the time of `normal`
  uint8_t normal = 1;
  uint32_t marks = 0;  ///< of the notes: bits of Mark
  uint8_t velocity = 80;
  std::vector<Syllable> syllables;
  std::string text;
  BarLine bar;
  Key key;
  Metre metre;
  double tempo = 120.0;
  DirectionKind direction = DirectionKind::kWords;
  BarlineKind sign = BarlineKind::kSegno;
  Clef clef;
  int program = 0;
};

struct Voice {
  std::string id;
  std::string name;
  std::string short_name;
  int program = 0;
  bool is_drums = false;
  Transposition transposition;
  std::vector<Item> items;
};

struct Tune {
  int number = 0;
  std::string title;
  std::string composer;
  std::string lyricist;
  std::string rights;
  std::string order;  ///< of the sections, repetitions written out: "AABA"; may be empty
  std::vector<std::string> unkept;  ///< fields and decorations that a score has no place for
  std::vector<Voice> voices;
  std::vector<std::string> mended;
};

}  // namespace motet::abc
