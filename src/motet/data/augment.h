// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/base/random.h"
#include "motet/data/recipe.h"
#include "motet/score/score.h"

namespace motet::data {

/// Another version of a piece: some parts left out, moved in pitch, at another tempo, each note a
/// little louder or softer. A pure function of its arguments.
///
/// A shift is drawn from those of the range, 0 excepted, that take no part out of its instrument's
/// range (or further out, where it is out already); without one the piece stays where it is.
Score varied(const Score& score, const Augmentation& augment, const Random& random);

}  // namespace motet::data
