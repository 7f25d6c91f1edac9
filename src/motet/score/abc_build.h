// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/score/abc_music.h"
#include "motet/score/repeats.h"

namespace motet::abc {

/// A tune as a score, and how it is played.
struct Built {
  Reading reading;            ///< as it is written, repeats unplayed
  std::vector<Passage> road;  ///< through its repeats, in the order of P:
};

/// Writes down every voice: what sounds and how it stands on the page. Ties join notes; a group of
/// grace notes takes a quarter of the note that it precedes. Bars of another length than their
/// metre's get hidden metre changes. Bar lines are those of the voice that says most of repeats.
Built build(const Tune& tune);

}  // namespace motet::abc
