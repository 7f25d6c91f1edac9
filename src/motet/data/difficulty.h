// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "motet/data/recipe.h"
#include "motet/score/score.h"

namespace motet::data {

/// How difficult a piece is by a measure; 0 by none. `ids` are its tokens, [n].
double difficulty_of(Difficulty by, const Score& score, std::span<const uint16_t> ids);

/// The entropy of the ids' own frequencies, bits an id: 0 where all are equal or there is none.
double entropy_of(std::span<const uint16_t> ids);

}  // namespace motet::data
