// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/score/abc_fields.h"
#include "motet/score/abc_music.h"

namespace motet::abc {

/// Takes a bar line with what belongs to it: "|", ":|2", "|: ", "[1", "|]". False for a sign that
/// is none ("]", a lone ":" or "["), which is passed over. The cursor stands on one of | : [ ].
bool take_bar(Cursor& cursor, BarLine& bar);

}  // namespace motet::abc
