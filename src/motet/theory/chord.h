// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "motet/score/score.h"

namespace motet {

/// The chord qualities that conditioning tokens speak of. Stored in vocabularies: never reorder.
enum class ChordQuality : uint8_t {
  kMajor,
  kMinor,
  kDiminished,
  kAugmented,
  kSuspended4,
  kDominant7,
  kMajor7,
  kMinor7,
  kHalfDiminished7,
  kDiminished7,
};
inline constexpr int kChordQualities = 10;

struct Chord {
  int root = 0;  ///< pitch class, 0..11
  ChordQuality quality = ChordQuality::kMajor;
  auto operator<=>(const Chord&) const = default;
};

/// "C", "Am", "F#dim", "Bb7", "Dm7", "Gmaj7", "Bm7b5", "Ebdim7", "Asus4", "Caug".
std::string name_of(Chord chord);

/// Reads the usual lead-sheet spellings, slash basses and extensions reduced to the ten qualities
/// ("C9" is C7); nothing when it is no chord.
std::optional<Chord> parse_chord(std::string_view text);

/// The pitch classes of a chord, as a 12-bit mask: bit 0 is C.
uint16_t pitch_classes(Chord chord);

/// A stretch of a score with its chord; nothing where too little sounds to say.
struct ChordSpan {
  Ticks begin;
  Ticks end;
  std::optional<Chord> chord;
};

/// Labels the harmony: the best path through chords over beats (a bar's half in 4/4, the bar in 3/4
/// and 6/8 cannot be split finer than a beat), weighing sounding time, the bass and staying put.
/// Neighbouring beats with the same chord are one span; spans cover the bars without gaps.
/// source  template matching with Viterbi smoothing: Pardo and Birmingham, "Algorithms for Chordal
///         Analysis", CMJ 26(2), 2002, with durations as weights
std::vector<ChordSpan> label_chords(const Score& score);

}  // namespace motet
