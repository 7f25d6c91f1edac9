// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "motet/score/musicxml_rhythm.h"

namespace motet::musicxml {

/// For every piece what its beams do, the longest beam first: "begin", "continue", "end", "forward
/// hook", "backward hook". Notes with flags are beamed together within a beat.
std::vector<std::vector<std::string>> beams_of(const std::vector<NotePiece>& pieces,
                                               const Pulse& pulse);

}  // namespace motet::musicxml
