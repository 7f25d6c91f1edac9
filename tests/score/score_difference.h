// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "motet/score/score.h"

namespace motet::test {

template <typename Event>
void compare_events(const std::vector<Event>& a, const std::vector<Event>& b,
                    const std::string& name, std::string& text) {
  if (a == b) return;
  text += " " + name + " (" + std::to_string(a.size()) + " and " + std::to_string(b.size());
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i] == b[i]) continue;
    if constexpr (requires { a[i].at; }) {
      text += ", first at tick " + std::to_string(a[i].at.value) + " and " +
              std::to_string(b[i].at.value);
    }
    text += ", item " + std::to_string(i);
    break;
  }
  text += ")";
}

/// Names the lists in which two scores differ, with the place of the first difference; "" where
/// they are equal.
inline std::string difference(const Score& a, const Score& b) {
  std::string text;
  if (a.ticks_per_quarter != b.ticks_per_quarter) text += " resolution";
  if (a.title != b.title || a.composer != b.composer || a.lyricist != b.lyricist ||
      a.rights != b.rights) {
    text += " heading";
  }
  compare_events(a.tempos, b.tempos, "tempos", text);
  compare_events(a.metres, b.metres, "metres", text);
  compare_events(a.keys, b.keys, "keys", text);
  compare_events(a.chords, b.chords, "chords", text);
  compare_events(a.markers, b.markers, "markers", text);
  compare_events(a.barlines, b.barlines, "bar lines", text);
  if (a.parts.size() != b.parts.size()) text += " number of parts";
  for (size_t i = 0; i < a.parts.size() && i < b.parts.size(); ++i) {
    const Part& p = a.parts[i];
    const Part& q = b.parts[i];
    const std::string part = "of part " + std::to_string(i);
    compare_events(p.notes, q.notes, "notes " + part, text);
    compare_events(p.written, q.written, "heads " + part, text);
    compare_events(p.lyrics, q.lyrics, "lyrics " + part, text);
    compare_events(p.clefs, q.clefs, "clefs " + part, text);
    compare_events(p.directions, q.directions, "directions " + part, text);
    compare_events(p.controls, q.controls, "controls " + part, text);
    if (p != q && text.empty()) text += " the head " + part;
  }
  if (a != b && text.empty()) text = " something";
  return text;
}

}  // namespace motet::test
