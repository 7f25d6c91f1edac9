// SPDX-License-Identifier: Apache-2.0
#include "motet/score/score.h"

#include <algorithm>
#include <cassert>
#include <string_view>
#include <tuple>
#include <unordered_set>

#include "motet/base/error.h"

namespace motet {
namespace {

/// round(value * to / from) without an intermediate as large as value * to.
int64_t rescaled(int64_t value, int64_t from, int64_t to) {
  const int64_t whole = value / from;
  const int64_t rest = value % from;
  return whole * to + (2 * rest * to + from) / (2 * from);
}

/// Keeps the written order of events at the same tick, which can matter (bank select, pedals).
template <typename Event>
void sort_by_time(std::vector<Event>& events) {
  const auto is_before = [](const Event& a, const Event& b) { return a.at < b.at; };
  if (std::is_sorted(events.begin(), events.end(), is_before)) return;  // as most readers leave it
  std::stable_sort(events.begin(), events.end(), is_before);
}

bool plays_before(const Note& a, const Note& b) {
  return std::tie(a.onset, a.pitch, a.duration, a.velocity, a.voice, a.id) <
         std::tie(b.onset, b.pitch, b.duration, b.velocity, b.voice, b.id);
}

/// A stable sort that allocates nothing for a chord's few notes.
void sort_few(std::vector<Note>::iterator first, std::vector<Note>::iterator last) {
  constexpr std::ptrdiff_t kFew = 32;
  if (last - first > kFew) return std::stable_sort(first, last, plays_before);
  for (auto note = first; note != last; ++note) {
    std::rotate(std::upper_bound(first, note, *note, plays_before), note, std::next(note));
  }
}

/// Readers leave notes in order of onset: then only those that begin together need sorting.
void sort_notes(std::vector<Note>& notes) {
  const auto begins_before = [](const Note& a, const Note& b) { return a.onset < b.onset; };
  if (!std::is_sorted(notes.begin(), notes.end(), begins_before)) {
    std::stable_sort(notes.begin(), notes.end(), plays_before);
    return;
  }
  for (auto first = notes.begin(); first != notes.end();) {
    const auto last = std::find_if(first, notes.end(),
                                   [&](const Note& note) { return note.onset != first->onset; });
    sort_few(first, last);
    first = last;
  }
}

bool is_written_before(const Written& a, const Written& b) {
  return std::tie(a.at, a.staff, a.voice) < std::tie(b.at, b.staff, b.voice);
}

/// Applies `move` to the place of every event that is not a note.
template <typename Move>
void move_events(Score& score, const Move& move) {
  const auto each = [&](auto& events) {
    for (auto& event : events) event.at = move(event.at);
  };
  each(score.tempos);
  each(score.metres);
  each(score.keys);
  each(score.chords);
  each(score.markers);
  each(score.barlines);
  for (Part& part : score.parts) {
    each(part.controls);
    each(part.lyrics);
    each(part.raw);
    each(part.clefs);
    each(part.directions);
  }
}

/// The steps on the line of fifths that `semitones` is, nearest to 0: -5..6.
int fifths_of(int semitones) {
  const int steps = ((semitones * 7) % 12 + 12) % 12;
  return steps > 6 ? steps - 12 : steps;
}

/// Transposes a note name at the beginning of `text`, such as "F#" of "F#m7"; returns the whole.
std::string transposed_name(std::string_view text, int fifths) {
  const size_t letter = text.empty() ? std::string_view::npos : kLettersByFifths.find(text[0]);
  if (letter == std::string_view::npos) return std::string(text);
  size_t rest = 1;
  int place = static_cast<int>(letter) - 1 + fifths;
  for (; rest < text.size() && (text[rest] == '#' || text[rest] == 'b'); ++rest) {
    place += text[rest] == '#' ? 7 : -7;
  }
  constexpr int kFlattest = -7;  // Cb
  constexpr int kSharpest = 9;   // D#
  while (place < kFlattest) place += 12;
  while (place > kSharpest) place -= 12;
  const int octaves = (place + 1 + 7 * 4) / 7 - 4;  // floor
  std::string name(1, kLettersByFifths[static_cast<size_t>(place + 1 - 7 * octaves)]);
  name += std::string(static_cast<size_t>(std::abs(octaves)), octaves > 0 ? '#' : 'b');
  return name + std::string(text.substr(rest));
}

std::string transposed_chord(const std::string& text, int fifths) {
  const size_t slash = text.find('/');
  const std::string root = transposed_name(std::string_view(text).substr(0, slash), fifths);
  if (slash == std::string::npos) return root;
  return root + "/" + transposed_name(std::string_view(text).substr(slash + 1), fifths);
}

uint8_t moved_pitch(int pitch, int semitones) {
  int moved = pitch + semitones;
  while (moved > 127) moved -= 12;
  while (moved < 0) moved += 12;
  return static_cast<uint8_t>(moved);
}

/// Names with more than two sharps or flats become their simpler neighbours.
LineOfFifths moved_spelling(LineOfFifths spelling, int fifths) {
  if (spelling == kUnspelled) return spelling;
  int place = spelling + fifths;
  constexpr int kFlattest = -15;  // Fbb
  constexpr int kSharpest = 19;   // B##
  while (place < kFlattest) place += 12;
  while (place > kSharpest) place -= 12;
  return static_cast<LineOfFifths>(place);
}

void transpose_part(Part& part, int semitones) {
  const int fifths = fifths_of(semitones);
  const auto move = [&](auto& head) {
    head.pitch = moved_pitch(head.pitch, semitones);
    head.spelling = moved_spelling(head.spelling, fifths);
  };
  for (Note& note : part.notes) move(note);
  for (Written& head : part.written) move(head);
  for (Control& control : part.controls) {
    if (control.kind == ControlKind::kKeyPressure) {
      control.number = moved_pitch(control.number, semitones);
    }
  }
}

/// Names every note in the order of the lists; false, with nothing done, where one has a name or
/// a list is not sorted.
bool name_new_notes(Score& score) {
  for (const Part& part : score.parts) {
    for (const Note& note : part.notes) {
      if (note.id.value != 0) return false;
    }
    if (!std::is_sorted(part.notes.begin(), part.notes.end(), plays_before)) return false;
  }
  uint32_t next = 1;
  for (Part& part : score.parts) {
    for (Note& note : part.notes) note.id = {next++};
  }
  return true;
}

}  // namespace

Ticks end_of(const Score& score) {
  Ticks end;
  for (const Part& part : score.parts) {
    for (const Note& note : part.notes) end = std::max(end, note.onset + note.duration);
  }
  return end;
}

size_t count_notes(const Score& score) {
  size_t count = 0;
  for (const Part& part : score.parts) count += part.notes.size();
  return count;
}

void sort_events(Score& score) {
  sort_by_time(score.tempos);
  sort_by_time(score.metres);
  sort_by_time(score.keys);
  sort_by_time(score.chords);
  sort_by_time(score.markers);
  sort_by_time(score.barlines);
  for (Part& part : score.parts) {
    sort_notes(part.notes);
    sort_by_time(part.controls);
    sort_by_time(part.lyrics);
    sort_by_time(part.raw);
    sort_by_time(part.clefs);
    sort_by_time(part.directions);
    std::stable_sort(part.written.begin(), part.written.end(), is_written_before);
  }
}

void name_notes(Score& score) {
  if (name_new_notes(score)) return;
  std::unordered_set<uint32_t> used;
  for (const Part& part : score.parts) {
    for (const Note& note : part.notes) used.insert(note.id.value);
  }
  uint32_t next = 1;
  for (Part& part : score.parts) {
    std::vector<Note*> unnamed;
    for (Note& note : part.notes) {
      if (note.id.value == 0) unnamed.push_back(&note);
    }
    std::stable_sort(unnamed.begin(), unnamed.end(),
                     [](const Note* a, const Note* b) { return plays_before(*a, *b); });
    for (Note* note : unnamed) {
      while (used.contains(next)) ++next;
      note->id = {next++};
    }
  }
}

Score with_resolution(const Score& score, int ticks_per_quarter) {
  assert(score.ticks_per_quarter > 0 && ticks_per_quarter > 0);
  const auto move = [&](Ticks at) {
    return Ticks{rescaled(at.value, score.ticks_per_quarter, ticks_per_quarter)};
  };
  Score result = score;
  result.ticks_per_quarter = ticks_per_quarter;
  move_events(result, move);
  for (Part& part : result.parts) {
    for (Note& note : part.notes) {
      const Ticks end = move(note.onset + note.duration);
      note.onset = move(note.onset);
      note.duration = std::max(end - note.onset, Ticks{1});
    }
    for (Written& head : part.written) {
      const Ticks end = move(head.at + head.duration);
      head.at = move(head.at);
      head.duration = end - head.at;
    }
  }
  sort_events(result);
  return result;
}

Score transposed(const Score& score, int semitones) {
  Score result = score;
  const int fifths = fifths_of(semitones);
  for (Part& part : result.parts) {
    if (!part.is_drums) transpose_part(part, semitones);
  }
  for (KeyChange& key : result.keys) {
    key.fifths += fifths;
    if (key.fifths > 7) key.fifths -= 12;
    if (key.fifths < -7) key.fifths += 12;
  }
  for (ChordSymbol& chord : result.chords) chord.text = transposed_chord(chord.text, fifths);
  sort_events(result);
  return result;
}

std::vector<Bar> bars_of(const Score& score, size_t limit) {
  const Ticks end = end_of(score);
  std::vector<Bar> bars;
  MetreChange metre;
  size_t next = 0;
  for (Ticks at; at < end;) {
    for (; next < score.metres.size() && score.metres[next].at <= at; ++next) {
      metre = score.metres[next];
    }
    const int64_t whole = int64_t{4} * score.ticks_per_quarter;
    Ticks length{std::max<int64_t>(1, whole * metre.numerator / metre.denominator)};
    if (next < score.metres.size()) length = std::min(length, score.metres[next].at - at);
    if (bars.size() >= limit) {
      throw Error(ErrorCode::kInvalidFile,
                  "score: expected at most " + std::to_string(limit) + " bars, found more");
    }
    bars.push_back({at, length, metre.numerator, metre.denominator});
    at += length;
  }
  return bars;
}

}  // namespace motet
