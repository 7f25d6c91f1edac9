// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "motet/score/score.h"

namespace motet {

/// Names every pitched note: fills Note::spelling, and the heads of those notes in Part::written.
/// Names that are known stay when `keep_known`. Each note gets the letter that the keys heard
/// around it vote for: ten notes before it and forty-two after it. The whole piece stands where its
/// key signature lies on the line of fifths; without one that fits, as near to D as can be.
/// Drums are left unnamed.
/// source  the first stage of ps13: Meredith, "The ps13 Pitch Spelling Algorithm", JNMR 35(2), 2006
void spell_pitches(Score& score, bool keep_known = true);

/// "C#", "Bb", "F##"; "?" when unspelled.
std::string name_of_spelling(LineOfFifths spelling);

}  // namespace motet
