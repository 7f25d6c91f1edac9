// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "motet/base/file.h"
#include "motet/score/score.h"

namespace motet {

/// Reads MusicXML up to 4.0: partwise or timewise, plain or compressed (.mxl), UTF-8, UTF-16 or
/// Latin-1.
///
/// The resolution is the least that holds all divisions, up to 32,767 ticks a quarter. Measures
/// last as long as what stands in them; where that is not what the metre says, a hidden metre
/// change moves the bar lines. Part::written holds the page: every head, rest, grace note and cue.
/// Tied heads are one note; pitches and names sound, Part::transposition leads back to the page.
/// Grace notes and cues are not played. Loudness comes from notes and dynamics; 80 before the
/// first. Repeats and endings stand in Score::barlines, unplayed.
///
/// Beams, stems, the places of things on the page, line and page breaks, fonts, bar numbers, and
/// what a program says of itself are the engraver's, and are left out without a word.
///
/// throws  Error(kInvalidFile) "MusicXML: line N (byte M): expected ..., found ..." when nothing
/// can
///         be saved: no XML, another root, entity declarations, too deep, too large, a damaged zip
/// mends   what cannot be, and says so; what a Score cannot hold is left out, and said: one
///         sentence a kind, with how often and where first
/// source  MusicXML 4.0, W3C Music Notation Community Group, 2021
Reading read_musicxml(ByteView bytes);

/// The score as MusicXML 4.0, partwise, uncompressed. Every played note carries its NoteId as the
/// XML id "note-N" (tied pieces "note-N-2", ...). The same score gives the same bytes; no date is
/// written.
///
/// Where a part has Part::written, the page is written as it stands, at the score's resolution:
/// read_musicxml gives the same score back. Only stems and page layout are left to the reader;
/// beams and accidentals are found anew.
///
/// Elsewhere notation is found for the sound: measures by the metre map, key signatures with the
/// spelling that fits them, ties across bars, tuplets, chords, up to four voices a staff, two
/// staves for keyboards, chord symbols, lyrics, tempo. Times are rounded to 1/24 of a quarter
/// first. Drum strokes last to the next stroke or beat.
///
/// throws  Error(kInvalidArgument) when the score has no part
///         Error(kInvalidFile) when it has more than 100,000 bars
std::string write_musicxml(const Score& score);

/// The same, given to the sink piece by piece: a page can be hundreds of times as long as its
/// score.
void write_musicxml(const Score& score, const std::function<void(std::string_view)>& sink);

/// The same, compressed: a .mxl archive with fixed time stamps.
Bytes write_mxl(const Score& score);

}  // namespace motet
