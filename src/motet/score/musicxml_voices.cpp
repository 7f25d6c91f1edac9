// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_voices.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <tuple>

#include "motet/score/instruments.h"
#include "motet/score/musicxml_rhythm.h"

namespace motet::musicxml {
namespace {

constexpr int kMiddleC = 60;

/// The two hands at a keyboard: near middle C a note goes to the hand that is nearer.
class Hands {
 public:
  /// Begins another moment; its notes must come from the lowest to the highest.
  void next_moment() { right_began_ = false; }

  /// 0 for the right hand, 1 for the left. The left hand never plays above the right.
  size_t hand_of(int pitch) {
    constexpr int kReach = 7;  // how far a hand strays over middle C before it must give way
    const bool surely_right = pitch >= kMiddleC + kReach;
    const bool surely_left = pitch < kMiddleC - kReach;
    const bool nearer_right =
        std::abs(pitch - right_) < std::abs(pitch - left_) ||
        (std::abs(pitch - right_) == std::abs(pitch - left_) && pitch >= kMiddleC);
    const bool is_right = right_began_ || surely_right || (!surely_left && nearer_right);
    right_began_ = is_right;
    (is_right ? right_ : left_) = pitch;
    return is_right ? 0 : 1;
  }

 private:
  int right_ = 67;
  int left_ = 52;
  bool right_began_ = false;
};

/// Whether hardly two notes sound together: a line, whatever the instrument.
bool is_monophonic(const Part& part) {
  constexpr size_t kAllowedShare = 50;  // one note in so many may overlap
  size_t overlaps = 0;
  Ticks end;
  for (const Note& note : part.notes) {
    if (note.onset < end) ++overlaps;
    end = std::max(end, note.onset + note.duration);
  }
  return overlaps * kAllowedShare < part.notes.size();
}

bool needs_two_staves(const Part& part) {
  constexpr int kLowEnough = 55;  // below it, ledger lines pile up under a treble staff
  constexpr int kHighEnough = 64;
  if (!is_keyboard({part.program, part.is_drums}) || part.notes.empty()) return false;
  const auto [low, high] = std::ranges::minmax(part.notes, {}, &Note::pitch);
  return low.pitch < kLowEnough && high.pitch > kHighEnough && !is_monophonic(part);
}

bool is_keyboard_part_of(const Part& part, const Instrument& instrument) {
  return !part.is_drums && part.program == instrument.program && !part.notes.empty();
}

/// The mean of its pitches.
int middle_of(const Part& part) {
  int64_t sum = 0;
  for (const Note& note : part.notes) sum += note.pitch;
  return part.notes.empty() ? 0 : static_cast<int>(sum / static_cast<int64_t>(part.notes.size()));
}

/// The notes of each staff, in order of onset.
std::vector<std::vector<const Note*>> split_by_staff(const Part& part, bool is_one_hand) {
  std::vector<const Note*> notes;
  for (const Note& note : part.notes) notes.push_back(&note);
  std::ranges::stable_sort(notes, [](const Note* a, const Note* b) {
    return std::tie(a->onset, a->pitch) < std::tie(b->onset, b->pitch);
  });
  if (is_one_hand || !needs_two_staves(part)) return {notes};
  std::vector<std::vector<const Note*>> staves(2);
  Hands hands;
  Ticks moment{-1};
  for (const Note* note : notes) {
    if (note->onset != moment) hands.next_moment();
    moment = note->onset;
    staves[hands.hand_of(note->pitch)].push_back(note);
  }
  return staves;
}

/// Gathers notes of the same onset, length and voice into chords: by onset, the highest first.
std::vector<Chord> chords_of(const std::vector<const Note*>& notes) {
  std::map<std::tuple<Ticks, uint8_t, Ticks>, Chord> chords;
  for (const Note* note : notes) {
    Chord& chord = chords[{note->onset, note->voice, note->duration}];
    chord.begin = note->onset;
    chord.end = note->onset + note->duration;
    const auto same_pitch = std::ranges::find(chord.notes, note->pitch, &Note::pitch);
    if (same_pitch == chord.notes.end()) chord.notes.insert(chord.notes.begin(), note);
  }
  std::vector<Chord> result;
  for (auto& [key, chord] : chords) result.push_back(std::move(chord));
  std::ranges::stable_sort(result, [](const Chord& a, const Chord& b) {
    if (a.begin != b.begin) return a.begin < b.begin;
    const Note* const x = a.notes.front();
    const Note* const y = b.notes.front();
    return x->voice != y->voice ? x->voice < y->voice : x->pitch > y->pitch;
  });
  return result;
}

/// What a drum sounds after the stroke says nothing: every stroke is written as long as there is
/// room, to the next stroke or beat, and strokes at one moment are one chord.
std::vector<Chord> strokes_of(const Part& part) {
  constexpr int64_t kBeat = kDivisions;
  std::map<Ticks, std::vector<const Note*>> moments;
  for (const Note& note : part.notes) moments[note.onset].push_back(&note);
  std::vector<Chord> chords;
  for (auto& [moment, notes] : moments) {
    if (!chords.empty()) chords.back().end = std::min(chords.back().end, moment);
    std::ranges::stable_sort(notes, std::ranges::greater(), &Note::pitch);
    const auto is_repeated = [](const Note* a, const Note* b) { return a->pitch == b->pitch; };
    notes.erase(std::unique(notes.begin(), notes.end(), is_repeated), notes.end());
    chords.push_back({moment, Ticks{(moment.value / kBeat + 1) * kBeat}, notes});
  }
  return chords;
}

void join(Chord& chord, const Chord& other) {
  chord.end = std::max(chord.end, other.end);
  for (const Note* note : other.notes) {
    if (std::ranges::find(chord.notes, note->pitch, &Note::pitch) == chord.notes.end()) {
      chord.notes.push_back(note);
    }
  }
  std::ranges::stable_sort(chord.notes, std::ranges::greater(), &Note::pitch);
}

/// Puts the chord where there is room: first into the voice that it names, then into any.
void place(Staff& staff, const Chord& chord) {
  const auto is_free = [&](const Layer& layer) {
    return layer.empty() || layer.back().end <= chord.begin;
  };
  const size_t named = chord.notes.front()->voice;
  if (named < staff.size() && is_free(staff[named])) return staff[named].push_back(chord);
  for (Layer& layer : staff) {
    if (is_free(layer)) return layer.push_back(chord);
  }
  if (staff.size() < kVoicesPerStaff) {
    staff.push_back({chord});
    return;
  }
  Layer& first_to_end = *std::ranges::min_element(
      staff, {}, [](const Layer& layer) { return std::tie(layer.back().end, layer.back().begin); });
  Chord& last = first_to_end.back();
  if (last.begin == chord.begin) return join(last, chord);
  last.end = chord.begin;
  first_to_end.push_back(chord);
}

}  // namespace

std::vector<Staff> staves_of(const Part& part, bool is_one_hand) {
  if (part.is_drums) return {{strokes_of(part)}};
  std::vector<Staff> staves;
  for (const auto& notes : split_by_staff(part, is_one_hand)) {
    Staff& staff = staves.emplace_back(1);
    for (const Chord& chord : chords_of(notes)) place(staff, chord);
  }
  return staves;
}

std::vector<bool> single_hands(const Score& score) {
  constexpr int kApart = 7;  // semitones between the middles of two hands
  const std::vector<Part>& parts = score.parts;
  std::vector<bool> hands(parts.size());
  for (size_t begin = 0, end = 0; begin < parts.size(); begin = end) {
    const Instrument instrument{parts[begin].program, parts[begin].is_drums};
    end = begin + 1;
    while (end < parts.size() && is_keyboard(instrument) &&
           is_keyboard_part_of(parts[end], instrument)) {
      ++end;
    }
    if (end - begin != 2 || !is_keyboard(instrument)) continue;
    if (middle_of(parts[begin]) < middle_of(parts[begin + 1]) + kApart) continue;
    hands[begin] = hands[begin + 1] = true;
  }
  return hands;
}

}  // namespace motet::musicxml
