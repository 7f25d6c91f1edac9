// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "motet/score/score.h"

namespace motet {

/// The score as one tune of ABC 2.1: a voice (V:) for every staff of every part, overlays (&) for
/// further voices of a staff, key, metre and tempo changes, repeats and endings, chord symbols,
/// words and dynamics, tuplets, ties, slurs, grace notes, decorations, lyrics of all verses,
/// programs as %%MIDI. Notes without a page are engraved first (see with_page). Pitches are written
/// as they sound. The same score gives the same bytes.
///
/// number  the X: field, at least 1
/// throws  Error(kInvalidArgument) when no part has a note
std::string write_abc(const Score& score, int number = 1);

/// Tunes one after another, numbered from 1.
std::string write_abc_book(std::span<const Score> scores);

}  // namespace motet
