// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "motet/score/score.h"

namespace motet::program {

/// The first bars of a score as a picture of UTF-8 blocks, time to the right and pitch upwards, at
/// most 80 columns wide and 18 lines high. Drums are left out where anything else plays. Empty for
/// a score without notes.
///
/// with_colour  a colour a part, by ANSI escapes; else all parts look alike
std::string piano_roll(const Score& score, bool with_colour);

}  // namespace motet::program
