// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "motet/score/score.h"

namespace motet {

/// One tune of an ABC file.
struct AbcTune {
  int number = 0;   ///< its X: field
  size_t line = 1;  ///< where it begins in the file, 1-based
  Reading reading;  ///< parts are voices
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

/// Reads every tune of an ABC file: voices, chords, tuplets, ties, broken rhythm, grace notes,
/// accidentals that last for the bar, key and metre changes, repeats and endings (unfolded),
/// lyrics of the first verse, chord symbols, overlays. An upbeat is a first bar cut short; grace
/// notes take a quarter of their note; accidentals hold for their octave. Source: the ABC standard,
/// version 2.1, 2011.
///
/// throws  Error(kInvalidFile) when the text holds no tune at all (no X: field)
AbcFile read_abc(std::string_view text);

}  // namespace motet
