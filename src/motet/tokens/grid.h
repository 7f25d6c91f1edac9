// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "motet/score/instruments.h"
#include "motet/score/score.h"
#include "motet/tokens/vocabulary.h"

namespace motet::tokens {

/// A note on the grid of kStepsPerQuarter.
struct GridNote {
  int32_t duration = 1;  ///< steps, at least 1; drums have kDrumSteps, or what is left
  int16_t position = 0;  ///< steps after the bar line
  uint8_t pitch = 60;
  uint8_t velocity = 16;  ///< a bin, 0..31
  auto operator<=>(const GridNote&) const = default;
};
inline constexpr int kDrumSteps = 6;

/// One part in one bar: the unit that is locked, left open and written.
struct Cell {
  bool gap = false;             ///< to be written: shown as a gap, its notes are the filling
  std::vector<GridNote> notes;  ///< sorted by (position, -duration, pitch)
  bool operator==(const Cell&) const = default;
};

struct GridChord {
  int position = 0;      ///< steps after the bar line
  int chord = kNoChord;  ///< as find_chord has it
  auto operator<=>(const GridChord&) const = default;
};

struct GridBar {
  int metre = 0;  ///< index into metres()
  int tempo = 0;  ///< index into tempos()
  bool harmony_gap = false;
  std::vector<GridChord> harmony;  ///< empty, or the first is at 0
  std::vector<Cell> cells;         ///< one a part
  bool operator==(const GridBar&) const = default;
};

struct GridPart {
  Instrument instrument;
  int velocity = 16;  ///< the bin in which a cell begins: the part's most frequent
  bool operator==(const GridPart&) const = default;
};

/// What a header may say besides the parts, the metre and the tempo of the first bar.
struct Controls {
  std::optional<int> style;    ///< index into styles()
  std::optional<int> key;      ///< tonic + 12 when minor
  std::optional<int> density;  ///< 0..7
  std::optional<int> mood;     ///< 0..3
  bool opening = true;         ///< the first bar is the first of the work
  bool operator==(const Controls&) const = default;
};

/// A piece as a model sees it: bars by parts.
struct GridPiece {
  Controls controls;
  std::vector<GridPart> parts;
  std::vector<GridBar> bars;
  int bars_after = 0;  ///< bars of the work that follow these
  bool operator==(const GridPiece&) const = default;
};

/// Puts a score on the grid: onsets and ends to the nearest step, velocities into bins, tempo by
/// the bar, odd bars to metres of the same length (to 1/16), bars above kMaxBarSteps in pieces.
/// In a part, a note that sounds again is cut there, and of two equal onsets the longer stays.
/// Parts without notes are left out. The harmony is that of score.chords (none when it has none).
///
/// throws  Error(kInvalidArgument) when more than kMaxParts parts have notes, or no part has any
GridPiece to_grid(const Score& score);

/// The score that a piece stands for, kStepsPerQuarter ticks a quarter; parts are named after their
/// instruments, notes have ids, the key signature is the header's key.
Score to_score(const GridPiece& piece);

/// The first step of each bar, and last the end of the piece: [bars + 1].
std::vector<int64_t> bar_steps(const GridPiece& piece);

/// Sounding pitches, chords and key, moved by semitones; drums stay. A part's notes that would
/// leave 0..127 go an octave back.
GridPiece transposed(const GridPiece& piece, int semitones);

}  // namespace motet::tokens
