// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_beams.h"

#include <algorithm>

namespace motet::musicxml {
namespace {

bool can_be_beamed(const NotePiece& piece) { return piece.chord >= 0 && piece.flags > 0; }

/// What the beam of one level does at piece i of the group [begin, end).
std::string beam_at(const std::vector<NotePiece>& pieces, size_t begin, size_t end, size_t i,
                    int level) {
  const bool joins_left = i > begin && pieces[i - 1].flags >= level;
  const bool joins_right = i + 1 < end && pieces[i + 1].flags >= level;
  if (joins_left && joins_right) return "continue";
  if (joins_left) return "end";
  if (joins_right) return "begin";
  return i > begin ? "backward hook" : "forward hook";
}

}  // namespace

std::vector<std::vector<std::string>> beams_of(const std::vector<NotePiece>& pieces,
                                               const Pulse& pulse) {
  std::vector<std::vector<std::string>> beams(pieces.size());
  for (size_t begin = 0; begin < pieces.size();) {
    size_t end = begin;
    const int beat = pieces[begin].begin / pulse.beat;
    while (end < pieces.size() && can_be_beamed(pieces[end]) &&
           pieces[end].begin / pulse.beat == beat) {
      ++end;
    }
    if (end - begin > 1) {
      for (size_t i = begin; i < end; ++i) {
        for (int level = 1; level <= pieces[i].flags; ++level) {
          beams[i].push_back(beam_at(pieces, begin, end, i, level));
        }
      }
    }
    begin = std::max(end, begin + 1);
  }
  return beams;
}

}  // namespace motet::musicxml
