// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "motet/score/score.h"

namespace motet::test {

/// A note where the page puts it.
struct PlacedNote {
  Ticks at;   ///< of its first head, or its onset where it has none
  Ticks end;  ///< `at` for a grace note, which takes its time from a head that may be cut
  int pitch = 0;
  auto operator<=>(const PlacedNote&) const = default;
};

/// The notes of a part, sorted.
inline std::vector<PlacedNote> placed_notes(const Part& part) {
  std::map<NoteId, const Written*> first_heads;
  for (const Written& head : part.written) first_heads.emplace(head.note, &head);
  std::vector<PlacedNote> notes;
  for (const Note& note : part.notes) {
    const auto found = first_heads.find(note.id);
    const Written* const head = found == first_heads.end() ? nullptr : found->second;
    const Ticks at = head == nullptr ? note.onset : head->at;
    const bool is_grace = head != nullptr && head->has(kGrace);
    notes.push_back({at, is_grace ? at : note.onset + note.duration, note.pitch});
  }
  std::ranges::sort(notes);
  return notes;
}

}  // namespace motet::test
