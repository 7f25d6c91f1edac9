// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "motet/score/score.h"

namespace motet {

/// The harmony of a score as chord symbols, by label_chords; "N.C." where too little sounds.
std::vector<ChordSymbol> harmony_of(const Score& score);

}  // namespace motet
