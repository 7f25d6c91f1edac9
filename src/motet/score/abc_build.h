// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/score/abc_music.h"

namespace motet::abc {

/// The items in the order in which they are played: repeats and endings unfolded. Throws
/// Error(kInvalidFile) when that comes to more than 200,000.
std::vector<size_t> unfolded(const std::vector<Item>& items);

/// Plays every voice and writes down what sounds. Ties join notes; a group of grace notes takes a
/// quarter of the note that it precedes.
Reading build(const Tune& tune);

}  // namespace motet::abc
