// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "motet/score/score.h"

namespace motet {

/// The score as MusicXML 4.0, partwise, uncompressed: measures by the metre map, key signatures
/// with the spelling that fits them, ties across bars, tuplets, chords, up to four voices a staff,
/// two staves for keyboards, chord symbols, lyrics, tempo. Every note carries its NoteId as the
/// XML id "note-N" (tied pieces "note-N-2", ...). Times are rounded to 1/24 of a quarter first.
/// Drum strokes last to the next stroke or beat. The same score gives the same bytes; no date is
/// written.
///
/// throws  Error(kInvalidArgument) when the score has no part
std::string write_musicxml(const Score& score);

}  // namespace motet
