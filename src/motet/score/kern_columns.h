// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "motet/score/score.h"

namespace motet::kern {

/// Heads that begin and end together: one token.
struct Event {
  Ticks at;
  Ticks end;
  std::vector<const Written*> heads;  ///< none for an invisible rest that only keeps a voice going
};

/// The grace notes before one moment, chord by chord.
using Graces = std::vector<std::vector<const Written*>>;

/// One voice of a staff: events that do not overlap.
struct Lane {
  std::vector<Event> events;
  std::map<Ticks, Graces> graces;
};

/// The lanes of each staff of a part, from the part's `written`. An event that begins before the
/// one before it in its voice has ended goes to another lane. Where a lane has an event, every lane
/// above it but the first has one too, or an invisible rest.
std::vector<std::vector<Lane>> lanes_of(const Part& part, const std::vector<Bar>& bars);

/// Part::written in the simplest way, for a part that has none: notes that begin and end together
/// are a chord, notes that overlap go to further voices, and what crosses a bar is tied. Drums and
/// keyboards too are one staff.
std::vector<Written> simply_written(const Part& part, const std::vector<Bar>& bars,
                                    int ticks_per_quarter, int key_fifths);

}  // namespace motet::kern
