// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/score/score.h"

namespace motet {

/// The score with a page (Part::written) for every part that has none: times rounded to 1/24 of a
/// quarter, notes cut at bar lines and beats, triplets bracketed, up to four voices a staff, two
/// staves for keyboards, rests where nothing sounds. Parts that have a page keep it, and their
/// notes; where all have one, the score is returned as it is.
Score with_page(const Score& score);

/// The score with its markers as chord symbols where that is what they are: MIDI files of lead
/// sheets have "Am7" as a plain marker or text. At least four, nine of ten chords, and a fifth of
/// them more than a bare letter; a score with a page or with chord symbols is returned as it is.
Score with_chords_of_markers(const Score& score);

/// Takes their pages from all parts: notes were added that have no head on them. Writers engrave
/// the score anew.
void forget_pages(Score& score);

/// The bars from tick 0 to `end`, as bars_of counts them.
std::vector<Bar> bars_until(const Score& score, Ticks end);

}  // namespace motet
