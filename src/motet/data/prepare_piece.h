// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/data/chunk.h"
#include "motet/data/corpus_items.h"
#include "motet/data/opt_outs.h"
#include "motet/data/recipe.h"

namespace motet::data {

/// Reads, checks and encodes one piece and, where it is for training, its versions by the recipe;
/// refuses it where anything is amiss. Never throws for what is wrong with the piece.
PreparedPiece prepare_piece(const PrepareItem& item, const OptOuts& opt_outs, const Recipe& recipe);

}  // namespace motet::data
