// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/spelling.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <string>

#include "motet/score/notation.h"

namespace motet {
namespace {

// Letters are 0..6 from C, pitch classes 0..11 from C.
constexpr size_t kBefore = 10;
constexpr size_t kAfter = 42;
constexpr std::array<int, 7> kNatural = {0, 2, 4, 5, 7, 9, 11};
constexpr std::array<int, 7> kNaturalFifths = {0, 2, 4, -1, 1, 3, 5};
// The letters of the harmonic chromatic scale above its tonic: Meredith 2006, table 3.
constexpr std::array<int, 12> kLetterAbove = {0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6};
// A guess at the first note's letter; the whole piece is moved to its signature later.
constexpr std::array<int, 12> kUsualLetter = {0, 0, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6};
constexpr int kEnharmonic = 12;  // fifths to the same key on the keyboard

int modulo(int value, int base) { return (value % base + base) % base; }

std::vector<Note*> in_order(Score& score) {
  std::vector<Note*> notes;
  for (Part& part : score.parts) {
    if (part.is_drums) continue;
    for (Note& note : part.notes) notes.push_back(&note);
  }
  std::stable_sort(notes.begin(), notes.end(), [](const Note* a, const Note* b) {
    return a->onset != b->onset ? a->onset < b->onset : a->pitch < b->pitch;
  });
  return notes;
}

int fifths_of_name(int letter, int pitch_class) {
  const int accidental = modulo(pitch_class - kNatural[static_cast<size_t>(letter)] + 6, 12) - 6;
  return kNaturalFifths[static_cast<size_t>(letter)] + 7 * accidental;
}

// Each note's place on the line of fifths, right but for a common shift by twelves.
std::vector<int> relative_names(const std::vector<Note*>& notes) {
  const int first_class = notes.front()->pitch % 12;
  const int first_letter = kUsualLetter[static_cast<size_t>(first_class)];
  std::array<int, 12> heard{};
  size_t begin = 0;
  size_t end = 0;
  std::vector<int> names;
  for (size_t i = 0; i < notes.size(); ++i) {
    for (; end < std::min(notes.size(), i + kAfter); ++end) ++heard[notes[end]->pitch % 12];
    for (; begin + kBefore < i; ++begin) --heard[notes[begin]->pitch % 12];
    const int pitch_class = notes[i]->pitch % 12;
    std::array<int, 7> votes{};
    for (int tonic = 0; tonic < 12; ++tonic) {
      const auto above = [tonic](int pc) {
        return kLetterAbove[static_cast<size_t>(modulo(pc - tonic, 12))];
      };
      const int tonic_letter = modulo(first_letter - above(first_class), 7);
      const int letter = modulo(tonic_letter + above(pitch_class), 7);
      votes[static_cast<size_t>(letter)] += heard[static_cast<size_t>(tonic)];
    }
    const auto letter =
        static_cast<int>(std::max_element(votes.begin(), votes.end()) - votes.begin());
    names.push_back(fifths_of_name(letter, pitch_class));
  }
  return names;
}

// The twelves that bring names nearest to `centre`.
int shift_to(const std::vector<int>& names, int centre) {
  double mean = 0.0;
  for (const int name : names)
    mean += static_cast<double>(name) / static_cast<double>(names.size());
  int best = 0;
  for (const int shift : {-2 * kEnharmonic, -kEnharmonic, kEnharmonic, 2 * kEnharmonic}) {
    if (std::abs(mean + shift - centre) < std::abs(mean + best - centre)) best = shift;
  }
  return best;
}

// Where the notes of the key lie on average: a signature's notes are F to B, moved by its fifths.
int centre_of(const Score& score) {
  constexpr int kOfC = 2;
  return score.keys.empty() ? kOfC : score.keys.front().fifths + kOfC;
}

// A name has at most two sharps or flats.
int within_two(int name) {
  constexpr int kLeast = -15;
  constexpr int kMost = 19;
  while (name < kLeast) name += kEnharmonic;
  while (name > kMost) name -= kEnharmonic;
  return name;
}

}  // namespace

void spell_pitches(Score& score, bool keep_known) {
  const std::vector<Note*> notes = in_order(score);
  if (notes.empty()) return;
  const std::vector<int> names = relative_names(notes);
  const int shift = shift_to(names, centre_of(score));
  for (size_t i = 0; i < notes.size(); ++i) {
    if (keep_known && notes[i]->spelling != kUnspelled) continue;
    notes[i]->spelling = static_cast<LineOfFifths>(within_two(names[i] + shift));
  }
  for (Part& part : score.parts) {
    if (part.is_drums || part.written.empty()) continue;
    std::map<uint32_t, LineOfFifths> by_id;
    for (const Note& note : part.notes) by_id[note.id.value] = note.spelling;
    for (Written& head : part.written) {
      const auto found = by_id.find(head.note.value);
      if (head.note.value != 0 && found != by_id.end()) head.spelling = found->second;
    }
  }
}

std::string name_of_spelling(LineOfFifths spelling) {
  if (spelling == kUnspelled) return "?";
  const int place = spelling + 1;  // F is 0
  const int accidental = (place - modulo(place, 7)) / 7;
  std::string name(1, kLettersByFifths[static_cast<size_t>(modulo(place, 7))]);
  return name + std::string(static_cast<size_t>(std::abs(accidental)), accidental < 0 ? 'b' : '#');
}

}  // namespace motet
