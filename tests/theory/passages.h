// SPDX-License-Identifier: Apache-2.0
// Short passages written by hand, one string a voice: "C5/2 E5 G5/.5 r/1 [C4,E4,G4]/4"; the length
// in quarters holds until the next one.
#pragma once

#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "motet/score/score.h"
#include "tests/theory/music.h"

namespace motet::test {

/// "C#4", "Eb5", "F##3"; 60 is C4.
inline int pitch_of(std::string_view name) {
  constexpr int kSteps[7] = {9, 11, 0, 2, 4, 5, 7};  // A .. G
  int pitch = kSteps[name[0] - 'A'];
  size_t at = 1;
  for (; at < name.size() && (name[at] == '#' || name[at] == 'b'); ++at) {
    pitch += name[at] == '#' ? 1 : -1;
  }
  return pitch + 12 * (std::atoi(std::string(name.substr(at)).c_str()) + 1);
}

/// Where "C#4" stands on the line of fifths.
inline LineOfFifths spelling_of(std::string_view name) {
  constexpr int kFifths[7] = {3, 5, 0, 2, 4, -1, 1};  // A .. G
  int fifths = kFifths[name[0] - 'A'];
  for (const char c : name.substr(1)) fifths += c == '#' ? 7 : c == 'b' ? -7 : 0;
  return static_cast<LineOfFifths>(fifths);
}

/// One voice as a part; notes carry their spelling.
inline Part voice(std::string_view text) {
  Part part;
  double at = 0.0;
  double length = 1.0;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    std::string_view word = text.substr(0, space);
    text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
    if (word.empty() || word == "|") continue;
    const size_t slash = word.find('/');
    if (slash != std::string_view::npos) {
      length = std::atof(std::string(word.substr(slash + 1)).c_str());
      word = word.substr(0, slash);
    }
    if (word[0] == '[') word = word.substr(1, word.size() - 2);
    while (!word.empty() && word != "r") {
      const size_t comma = word.find(',');
      const std::string_view name = word.substr(0, comma);
      Note note = note_of(at, length, pitch_of(name));
      note.spelling = spelling_of(name);
      part.notes.push_back(note);
      word = comma == std::string_view::npos ? std::string_view{} : word.substr(comma + 1);
    }
    at += length;
  }
  return part;
}

inline Score passage(int numerator, int denominator,
                     std::initializer_list<std::string_view> voices) {
  Score score;
  score.metres.push_back({.at = Ticks{0}, .numerator = numerator, .denominator = denominator});
  for (const std::string_view text : voices) score.parts.push_back(voice(text));
  sort_events(score);
  name_notes(score);
  return score;
}

/// The opening of Mozart's sonata K. 545, four bars; the trill left out.
inline Score mozart_k545() {
  return passage(4, 4,
                 {"C5/2 E5/1 G5 | B4/1.5 C5/.25 D5 C5/2 | A5/2 G5/1 C6 | G5/1 F5 E5/2",
                  "C4/.5 G4 E4 G4 C4 G4 E4 G4 | D4 G4 F4 G4 C4 G4 E4 G4 | "
                  "C4 A4 F4 A4 C4 G4 E4 G4 | B3 G4 D4 G4 C4 G4 E4 G4"});
}

/// A chorale-like phrase in C major that ends with a full close, then one that closes in G major.
inline Score chorale_to_the_dominant() {
  return passage(4, 4,
                 {"E5/1 D5 C5 C5 | D5 C5 B4 C5 | E5 D5 C5 B4 | A4 A4 G4/2 | "
                  "B4/1 A4 B4 C5 | D5 C5 B4/2 | D5/1 B4 C5 B4 | A4 A4 G4/2",
                  "G4/1 G4 G4 F4 | A4 G4 G4 G4 | G4 G4 E4 D4 | E4 D4/.5 F#4 D4/2 | "
                  "G4/1 F#4 G4 G4 | G4 F#4 G4/2 | F#4/1 G4 G4 G4 | G4 F#4 D4/2",
                  "C4/1 B3 C4 A3 | F4 E4 D4 E4 | C4 D4 A3 G3 | C4 D4/.5 C4 B3/2 | "
                  "D4/1 D4 D4 E4 | D4 D4 D4/2 | A3/1 D4 E4 D4 | E4 D4/.5 C4 B3/2",
                  "C3/1 G3 E3 F3 | D3 E3 G3 C3 | C3 B2 A2 B2 | C3 D3 G2/2 | "
                  "G3/1 D3 G3 C3 | B2 D3 G2/2 | D3/1 G3 C3 G3 | C3 D3 G2/2"});
}

}  // namespace motet::test
