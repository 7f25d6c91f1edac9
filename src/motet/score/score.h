// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "motet/score/notation.h"
#include "motet/score/time.h"

namespace motet {

struct Note {
  Ticks onset;
  Ticks duration{1};      ///< at least one tick
  uint8_t pitch = 60;     ///< MIDI key, 0..127; 60 is middle C
  uint8_t velocity = 64;  ///< 1..127
  uint8_t voice = 0;      ///< 0-based voice within its part
  LineOfFifths spelling = kUnspelled;
  NoteId id;
  auto operator<=>(const Note&) const = default;
};

struct TempoChange {
  Ticks at;
  double quarters_per_minute = 120.0;  ///< above 0
  auto operator<=>(const TempoChange&) const = default;
};

struct MetreChange {
  Ticks at;
  int numerator = 4;    ///< 1..255
  int denominator = 4;  ///< a power of two, 1..128
  /// Only moves the bar lines: an upbeat, a bar split by a repeat, a cadenza. Nothing is printed.
  bool is_hidden = false;
  auto operator<=>(const MetreChange&) const = default;
};

enum class Mode : uint8_t { kMajor, kMinor };

struct KeyChange {
  Ticks at;
  int fifths = 0;  ///< sharps above 0, flats below: -7..7
  Mode mode = Mode::kMajor;
  auto operator<=>(const KeyChange&) const = default;
};

/// A chord symbol as a lead sheet writes it: "Am7", "F#dim", "C/E".
struct ChordSymbol {
  Ticks at;
  std::string text;
  auto operator<=>(const ChordSymbol&) const = default;
};

/// A rehearsal mark or any other word with a place. UTF-8.
struct TextEvent {
  Ticks at;
  std::string text;
  auto operator<=>(const TextEvent&) const = default;
};

enum class ControlKind : uint8_t {
  kController,       ///< number 0..127, value 0..127
  kProgram,          ///< value 0..127: a change within the part
  kPitchBend,        ///< value -8192..8191
  kChannelPressure,  ///< value 0..127
  kKeyPressure,      ///< number is the key, value 0..127
};

struct Control {
  Ticks at;
  ControlKind kind = ControlKind::kController;
  uint8_t number = 0;
  int16_t value = 0;
  auto operator<=>(const Control&) const = default;
};

/// A MIDI event that has no musical meaning here but must survive: system exclusive, a sequencer's
/// own meta event. `status` is 0xF0, 0xF7, or 0xFF with `meta_type`.
struct RawEvent {
  Ticks at;
  uint8_t status = 0xF0;
  uint8_t meta_type = 0;
  std::vector<uint8_t> data;
  auto operator<=>(const RawEvent&) const = default;
};

/// One player or one staff group.
struct Part {
  std::string name;         ///< as printed: "Violin 1"; UTF-8
  uint8_t program = 0;      ///< General MIDI program, 0..127
  bool is_drums = false;    ///< pitches are General MIDI percussion keys
  std::vector<Note> notes;  ///< sorted by (onset, pitch, duration)
  std::vector<Control> controls;
  std::vector<Lyric> lyrics;
  std::vector<RawEvent> raw;
  /// How the notes stand on the page, sorted by (at, staff, voice), in written order within; empty
  /// where only the sound is known. Where it is not empty, every note has at least one head.
  std::vector<Written> written;
  std::vector<Clef> clefs;
  std::vector<Direction> directions;
  Transposition transposition;
  uint8_t staves = 1;  ///< 1..4
  std::string short_name;
  auto operator<=>(const Part&) const = default;
};

/// A piece of music: what every reader makes, every writer takes and every model is about.
struct Score {
  int ticks_per_quarter = 480;  ///< 1..32767
  std::string title;
  std::string composer;
  std::string lyricist;
  std::string rights;               ///< as printed: "Copyright 1901 ..."; the licence gate reads it
  std::vector<TempoChange> tempos;  ///< sorted; 120 before the first
  std::vector<MetreChange> metres;  ///< sorted; 4/4 before the first
  std::vector<KeyChange> keys;      ///< sorted; unknown before the first
  std::vector<ChordSymbol> chords;  ///< sorted
  std::vector<TextEvent> markers;   ///< sorted
  std::vector<Barline> barlines;    ///< sorted; repeats stand here, unplayed, until unfolded()
  std::vector<Part> parts;
  auto operator<=>(const Score&) const = default;
};

/// What a reader of foreign bytes returns: the score, and one sentence for everything that it had
/// to mend or leave out, each with its place.
struct Reading {
  Score score;
  std::vector<std::string> mended;
};

/// The end of the last note of any part; 0 for an empty score.
Ticks end_of(const Score& score);

/// The number of notes in all parts.
size_t count_notes(const Score& score);

/// Sorts every list as the comments above promise. Readers and decoders end with it.
void sort_events(Score& score);

/// Gives every note whose id is 0 the next free id, in order of part, onset and pitch.
void name_notes(Score& score);

/// The same music at another resolution; onsets and ends are rounded to the nearest tick, and no
/// note becomes shorter than a tick.
Score with_resolution(const Score& score, int ticks_per_quarter);

/// Moves every sounding note and key signature by semitones; drums stay. Notes that would leave
/// 0..127 move an octave back.
Score transposed(const Score& score, int semitones);

/// A bar of the score: where it begins, how long it is, and the metre it is written in.
struct Bar {
  Ticks begin;
  Ticks length;
  int numerator = 4;
  int denominator = 4;
};

/// The bars from tick 0 to the end of the last note, by the metre changes. A metre change inside a
/// bar cuts that bar short. At most `limit` bars: throws Error(kInvalidFile) beyond it.
std::vector<Bar> bars_of(const Score& score, size_t limit = 100'000);

}  // namespace motet
