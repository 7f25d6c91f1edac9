// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "motet/score/repeats.h"

namespace motet {

/// One tune of an ABC file.
struct AbcTune {
  int number = 0;                   ///< its X: field
  size_t line = 1;                  ///< where it begins in the file, 1-based
  Reading reading;                  ///< parts are voices
  std::vector<std::string> unkept;  ///< what a score has no place for: "field H:", "!coda2!"
};

/// A tune that could not be read, with the reason and the line.
struct AbcRefusal {
  int number = 0;
  size_t line = 1;
  std::string reason;
};

struct AbcFile {
  std::vector<AbcTune> tunes;
  std::vector<AbcRefusal> refused;
};

/// Reads every tune of an ABC file: voices, overlays, chords, tuplets, ties, slurs, broken rhythm,
/// grace notes, decorations, dynamics, accidentals that last for the bar, key and metre changes,
/// free metre, rests over several bars, repeats, endings, da capo, lyrics of all verses, chord
/// symbols, annotations, U: symbols, plain macros. An upbeat is a first bar cut short; grace notes
/// take a quarter of their note; accidentals hold for their octave. Source: the ABC standard,
/// version 2.1, 2011. Where repeats are played, so is the order of parts that P: gives.
///
/// throws  Error(kInvalidFile) when the text holds no tune at all (no X: field)
AbcFile read_abc(std::string_view text, Repeats repeats = Repeats::kPlayed);

}  // namespace motet
