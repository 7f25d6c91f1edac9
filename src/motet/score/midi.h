// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "motet/base/file.h"
#include "motet/score/score.h"

namespace motet {

/// Reads a Standard MIDI File of type 0 or 1 (the tracks of type 2 become parts side by side, and
/// it says so). The words of a karaoke file are lyrics.
///
/// Every (track, channel) with notes becomes a part; channel 10 is drums. Key, metre, tempo, text,
/// lyrics, chord symbols (those that write_midi marked "chord: "; other text is a marker),
/// controllers, system exclusive and unknown meta events are kept. A division in SMPTE frames
/// becomes ticks at 120 quarters a minute.
///
/// throws  Error(kInvalidFile) "MIDI: byte N: expected ..., found ..." when nothing can be saved
/// mends   missing note-offs, early ends, a track count that lies, unknown chunks, and says so
/// source  Standard MIDI Files 1.0, RP-001, MIDI Manufacturers Association, 1996
Reading read_midi(ByteView bytes);

/// The pieces of a file: the tracks of type 2, which are independent of each other; of other types
/// the one that read_midi gives.
std::vector<Reading> read_midi_patterns(ByteView bytes);

/// Type 1: first a conductor track (title, tempo, metre, key, markers), then a track a part.
/// Parts get channels 1..16 without 10, which drums share; beyond 15 melodic parts, parts of the
/// same program share a channel. The same score gives the same bytes.
Bytes write_midi(const Score& score);

}  // namespace motet
