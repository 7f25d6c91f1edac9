// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "motet/score/musicxml_xml.h"
#include "motet/score/score.h"

namespace motet::musicxml {

// Each writes one element of a measure, or of its <attributes>. An offset is in divisions, from
// where the writer stands; 0 is not written.

void write_time(Xml& xml, int numerator, int denominator, bool is_hidden);

/// Without a mode where `mode` is null.
void write_key(Xml& xml, int fifths, const Mode* mode);

/// With the number of its staff where the part has several.
void write_clef(Xml& xml, const Clef& clef, bool is_numbered);

/// A metronome mark, by quarters or dotted quarters, that sounds.
void write_metronome(Xml& xml, double quarters_per_minute, bool is_dotted, Ticks offset);

/// A tempo that is heard and not shown.
void write_tempo(Xml& xml, double quarters_per_minute, Ticks offset);

void write_words(Xml& xml, const std::string& text, Ticks offset);
void write_rehearsal(Xml& xml, const std::string& text, Ticks offset);

/// A <harmony>, or words where the text is no chord.
void write_chord_symbol(Xml& xml, const std::string& text, Ticks offset);

/// A dynamic, words, a wedge, a pedal or an octave sign; with its staff where that is not 0.
void write_direction(Xml& xml, const Direction& direction, Ticks offset, int staff_number);

/// Segno, coda, and the jumps of dal segno, da capo, to coda and fine.
void write_jump(Xml& xml, const Barline& jump);
bool is_jump(BarlineKind kind);

/// One or several <barline> that say all of `lines` at one place: "left", "right" or "middle".
void write_barlines(Xml& xml, std::vector<Barline> lines, const std::string& location);

}  // namespace motet::musicxml
