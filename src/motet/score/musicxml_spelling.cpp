// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_spelling.h"

#include <algorithm>
#include <cassert>

namespace motet::musicxml {
namespace {

constexpr std::string_view kFifths = "FCGDAEB";

constexpr int floor_div(int a, int b) { return a / b - (a % b < 0 ? 1 : 0); }

struct Kind {
  std::string_view suffix;
  std::string_view name;
};

constexpr Kind kKinds[] = {
    {"", "major"},
    {"maj", "major"},
    {"M", "major"},
    {"m", "minor"},
    {"min", "minor"},
    {"-", "minor"},
    {"aug", "augmented"},
    {"+", "augmented"},
    {"dim", "diminished"},
    {"o", "diminished"},
    {"7", "dominant"},
    {"dom7", "dominant"},
    {"maj7", "major-seventh"},
    {"M7", "major-seventh"},
    {"Maj7", "major-seventh"},
    {"m7", "minor-seventh"},
    {"min7", "minor-seventh"},
    {"-7", "minor-seventh"},
    {"dim7", "diminished-seventh"},
    {"o7", "diminished-seventh"},
    {"aug7", "augmented-seventh"},
    {"+7", "augmented-seventh"},
    {"m7b5", "half-diminished"},
    {"hdim7", "half-diminished"},
    {"hdim", "half-diminished"},
    {"m7(b5)", "half-diminished"},
    {"mmaj7", "major-minor"},
    {"mM7", "major-minor"},
    {"minmaj7", "major-minor"},
    {"6", "major-sixth"},
    {"maj6", "major-sixth"},
    {"m6", "minor-sixth"},
    {"min6", "minor-sixth"},
    {"9", "dominant-ninth"},
    {"maj9", "major-ninth"},
    {"M9", "major-ninth"},
    {"m9", "minor-ninth"},
    {"min9", "minor-ninth"},
    {"11", "dominant-11th"},
    {"maj11", "major-11th"},
    {"m11", "minor-11th"},
    {"13", "dominant-13th"},
    {"maj13", "major-13th"},
    {"m13", "minor-13th"},
    {"sus2", "suspended-second"},
    {"sus4", "suspended-fourth"},
    {"sus", "suspended-fourth"},
    {"5", "power"},
};

/// Takes a note name such as "F#" from the front of `text`.
bool take_name(std::string_view& text, char& step, int& alter) {
  if (text.empty() || kFifths.find(text[0]) == std::string_view::npos) return false;
  step = text[0];
  text.remove_prefix(1);
  for (; !text.empty() && (text[0] == '#' || text[0] == 'b') && std::abs(alter) < 2;
       text.remove_prefix(1)) {
    alter += text[0] == '#' ? 1 : -1;
  }
  return true;
}

}  // namespace

Spelled spell(int pitch, int fifths) {
  constexpr int kFlattest = -3;
  const int pitch_class = (pitch % 12 + 12) % 12;
  const int lowest = fifths + kFlattest;
  const int place = lowest + ((7 * pitch_class - lowest) % 12 + 12) % 12;
  const int alter = floor_div(place + 1, 7);
  Spelled spelled;
  spelled.step = kFifths[static_cast<size_t>(place + 1 - 7 * alter)];
  spelled.alter = alter;
  spelled.octave = std::clamp(floor_div(pitch - alter, 12) - 1, 0, 9);
  return spelled;
}

int alter_in_key(char step, int fifths) {
  const auto place = static_cast<int>(kFifths.find(step));
  assert(place < 7);
  return floor_div(fifths - 1 - place, 7) + 1;
}

std::optional<Harmony> parse_harmony(std::string_view text) {
  Harmony harmony;
  if (!take_name(text, harmony.root, harmony.root_alter)) return std::nullopt;
  const size_t slash = text.rfind('/');
  if (slash != std::string_view::npos) {
    std::string_view bass = text.substr(slash + 1);
    char step = 'C';
    if (take_name(bass, step, harmony.bass_alter) && bass.empty()) {
      harmony.bass = step;
      text = text.substr(0, slash);
    } else {
      harmony.bass_alter = 0;
    }
  }
  harmony.text = text;
  const auto* const found = std::ranges::find(kKinds, text, &Kind::suffix);
  harmony.kind = found != std::ranges::end(kKinds) ? found->name : "other";
  return harmony;
}

}  // namespace motet::musicxml
