// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "motet/base/file.h"
#include "motet/score/score.h"

namespace motet {

/// Reads a Humdrum file of `**kern` spines: notes, rests, chords, ties, slurs, tuplets, grace notes
/// (which are not played), spine splits, joins and exchanges, keys, metres, tempo, clefs,
/// transpositions, ottavas, pedals, instruments, bar lines with repeats and numbered endings,
/// `**text` and `**silbe` (one verse a spine), `**dynam`, `**harm`, `**mxhm`, `**cdata`, `**recip`.
/// The bytes may be UTF-8 or Latin-1.
///
/// Spines with the same `*part` (four at most) are one part with as many staves; without `*part`,
/// two neighbours that are the same keyboard. Parts and staves go from the top, so from the right.
/// Voices count from the left within a staff, and go on with the next staff. A bar that is not as
/// long as its metre becomes a hidden MetreChange, so that bars_of gives the bars of the file.
///
/// `mended` has a sentence for each kind of thing that was mended or left out, with the first line
/// and the number of times. Never kept, and not worth a sentence: beams, stems, placement of signs,
/// forced or hidden accidentals, bar numbers, comments, what `*xywh` and other page layout say.
///
/// Sources: D. Huron, "The Humdrum Toolkit: Reference Manual", 1994, chapters 2 and 3; the
/// additions of humdrum.org and verovio.humdrum.org (`*part`, `*staff`, `!LO:TX`, `*ITr`, ottavas,
/// pedals).
///
/// throws  Error(kInvalidFile) with the line, and the field where there is one: no `**kern` spine,
///         a wrong number of fields, more than 2,000 spines, a duration that no music has
Reading read_kern(ByteView bytes);

/// The pieces of a file: after all spines have ended, a new line of "**kern" begins another.
/// Comments and records before it belong to it. throws  as read_kern does, for any of them
std::vector<Reading> read_kern_segments(ByteView bytes);

/// Writes one `**kern` spine a staff, with the `**text`, `**dynam` and `**cdata` (or `**harm`) that
/// it needs; `**recip` where something stands between the notes. The page is taken from
/// Part::written; a part without it gets voices, bars and ties in the simplest way. read_kern reads
/// the same score again, save what kern has no word for: velocities, controllers, raw events, the
/// number of a tuplet that is not in lowest terms, markers (which become words), cue notes (which
/// become rests, because they must not sound).
std::string write_kern(const Score& score);

}  // namespace motet
