// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/evidence.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace motet::theory {
namespace {

// Factors of a note's weight, by hand.
constexpr double kPassing = 0.55;  // reached and left by step, at most half a beat long
constexpr double kResolved = 0.8;  // only left by step
constexpr double kLeapt = 1.15;    // left by leap: an ornament would not do that
constexpr double kOnsetBonus = 0.15;
constexpr int kLargestStep = 2;  // semitones

bool is_compound(int numerator, int denominator) {
  return numerator % 3 == 0 && denominator >= 8 && (numerator > 3 || denominator == 8);
}

// Where a slice may begin, and how strongly that is felt.
struct Place {
  Ticks at;
  Strength strength;
  double beat = 1.0;  // ticks of a beat
};

// Chords change as often in a bar of 2/2 as in one of 4/4, whatever listeners count.
Bar with_harmonic_beats(Bar bar) {
  if (bar.numerator == 2 && bar.denominator == 2) {
    bar.numerator = 4;
    bar.denominator = 4;
  }
  return bar;
}

std::vector<Place> places_of(const Score& score) {
  std::vector<Place> places;
  for (const Bar& written : bars_of(score)) {
    const Bar bar = with_harmonic_beats(written);
    const int64_t beat = beat_length(bar.numerator, bar.denominator, score.ticks_per_quarter);
    const int parts = is_compound(bar.numerator, bar.denominator) ? 3 : 2;
    const int64_t step = std::max<int64_t>(1, beat / parts);
    for (int64_t at = 0; at < bar.length.value; at += step) {
      places.push_back({.at = bar.begin + Ticks{at},
                        .strength = strength_at(bar, Ticks{at}, score.ticks_per_quarter),
                        .beat = static_cast<double>(beat)});
    }
  }
  return places;
}

// All pitched notes in the order of their onsets.
std::vector<const Note*> pitched_notes(const Score& score) {
  std::vector<const Note*> notes;
  for (const Part& part : score.parts) {
    if (part.is_drums) continue;
    for (const Note& note : part.notes) notes.push_back(&note);
  }
  std::stable_sort(notes.begin(), notes.end(),
                   [](const Note* a, const Note* b) { return a->onset < b->onset; });
  return notes;
}

// Keeps the places at which a note begins (within a sixteenth of a beat) and makes them slices.
std::vector<Slice> slices_of(const std::vector<Place>& places,
                             const std::vector<const Note*>& notes, Ticks end) {
  std::vector<Slice> slices;
  size_t next = 0;
  for (const Place& place : places) {
    const Ticks slack{static_cast<int64_t>(place.beat / 16.0)};
    while (next < notes.size() && notes[next]->onset + slack < place.at) ++next;
    if (next >= notes.size()) break;
    const bool begins = notes[next]->onset <= place.at + slack;
    if (!begins && (slices.empty() || place.strength != Strength::kDownbeat)) continue;
    slices.push_back({.begin = place.at, .end = end, .strength = place.strength});
    slices.back().beats = 1.0 / place.beat;  // for now: beats a tick
  }
  // A piece that begins off every place still has a first slice.
  if (slices.empty() && !notes.empty()) {
    slices.push_back({.begin = notes.front()->onset, .end = end});
    slices.back().beats = places.empty() ? 1.0 : 1.0 / places.front().beat;
  }
  for (size_t i = 0; i + 1 < slices.size(); ++i) slices[i].end = slices[i + 1].begin;
  for (Slice& slice : slices) {
    slice.beats *= static_cast<double>((slice.end - slice.begin).value);
  }
  return slices;
}

// Notes of one pitch, found by where they begin and end: any number may lie at one moment.
class Line {
 public:
  void add(const Note& note) {
    onsets_.push_back(note.onset.value);
    by_end_.push_back({(note.onset + note.duration).value, note.onset.value});
  }

  void sort() {
    std::sort(onsets_.begin(), onsets_.end());
    std::sort(by_end_.begin(), by_end_.end());
    earliest_.resize(2 * by_end_.size());
    for (size_t i = 0; i < by_end_.size(); ++i) earliest_[by_end_.size() + i] = by_end_[i].second;
    for (size_t i = by_end_.size(); i-- > 1;) {
      earliest_[i] = std::min(earliest_[2 * i], earliest_[2 * i + 1]);
    }
  }

  bool begins_within(int64_t first, int64_t last) const {
    const auto next = std::lower_bound(onsets_.begin(), onsets_.end(), first);
    return next != onsets_.end() && *next <= last;
  }

  // Whether a note that ends within first .. last has begun before `onset`.
  bool ends_within(int64_t first, int64_t last, int64_t onset) const {
    const auto at = [this](int64_t end) {
      const std::pair<int64_t, int64_t> least{end, std::numeric_limits<int64_t>::min()};
      return by_end_.size() +
             static_cast<size_t>(std::lower_bound(by_end_.begin(), by_end_.end(), least) -
                                 by_end_.begin());
    };
    size_t low = at(first);
    size_t high = at(last + 1);
    for (; low < high; low /= 2, high /= 2) {
      if (low % 2 == 1 && earliest_[low++] < onset) return true;
      if (high % 2 == 1 && earliest_[--high] < onset) return true;
    }
    return false;
  }

 private:
  std::vector<int64_t> onsets_;
  std::vector<std::pair<int64_t, int64_t>> by_end_;  // end, onset
  std::vector<int64_t> earliest_;  // a tree of minima: i is over 2i and 2i + 1, leaves as by_end_
};

// What the notes beside a note say about its part in the harmony.
class Neighbours {
 public:
  Neighbours(const std::vector<Note>& notes, double beat) : beat_(beat), lines_(128) {
    for (const Note& note : notes) {
      lines_[note.pitch].add(note);
      all_.add(note);
    }
    for (Line& line : lines_) line.sort();
    all_.sort();
  }

  double factor(const Note& note) const {
    const int64_t slack = std::max<int64_t>(1, static_cast<int64_t>(beat_ / 8.0));
    const int64_t note_end = (note.onset + note.duration).value;
    const int64_t first = std::max(note_end - slack, note.onset.value + 1);
    const bool left_by_step = any_step(
        note, [&](const Line& line) { return line.begins_within(first, note_end + slack); });
    if (!left_by_step) return all_.begins_within(first, note_end + slack) ? kLeapt : 1.0;
    if (static_cast<double>(note.duration.value) > 0.51 * beat_) return 1.0;
    const bool reached_by_step = any_step(note, [&](const Line& line) {
      const int64_t onset = note.onset.value;
      return line.ends_within(onset - slack, onset + slack, onset);
    });
    return reached_by_step ? kPassing : kResolved;
  }

 private:
  // Whether one of the lines a step away from the note is such.
  template <typename IsSuch>
  bool any_step(const Note& note, const IsSuch& is_such) const {
    for (int distance = -kLargestStep; distance <= kLargestStep; ++distance) {
      const int pitch = note.pitch + distance;
      if (distance == 0 || pitch < 0 || pitch > 127) continue;
      if (is_such(lines_[static_cast<size_t>(pitch)])) return true;
    }
    return false;
  }

  double beat_;              // ticks
  std::vector<Line> lines_;  // by pitch
  Line all_;
};

void weigh_part(const Part& part, double beat, std::vector<Slice>& slices) {
  const Neighbours neighbours(part.notes, beat);
  size_t first = 0;
  for (const Note& note : part.notes) {
    while (first + 1 < slices.size() && slices[first].end <= note.onset) ++first;
    const double factor = neighbours.factor(note);
    const Ticks note_end = note.onset + note.duration;
    for (size_t i = first; i < slices.size() && slices[i].begin < note_end; ++i) {
      Slice& slice = slices[i];
      const Ticks overlap = std::min(note_end, slice.end) - std::max(note.onset, slice.begin);
      // A tail that reaches over a cut by a hair is no note of the next slice.
      if (overlap.value <= 0 || (i > first && overlap.value * 16 < (slice.end - slice.begin).value))
        continue;
      const double beats =
          slice.beats * static_cast<double>(overlap.value) /
          static_cast<double>(std::max<int64_t>(1, (slice.end - slice.begin).value));
      const double weight = factor * (beats + (i == first ? kOnsetBonus : 0.0));
      slice.weight[note.pitch % 12] += weight;
      slice.total += weight;
      slice.bass = std::min(slice.bass, note.pitch);
      slice.top = std::max(slice.top, note.pitch);
    }
  }
}

// Joins bars of silence: a file of a few notes and hours between them has few slices.
void join_silence(std::vector<Slice>& slices) {
  std::vector<Slice> joined;
  for (const Slice& slice : slices) {
    const bool goes_on = !joined.empty() && joined.back().total <= 0.0 && slice.total <= 0.0;
    if (goes_on) {
      joined.back().end = slice.end;
      joined.back().beats += slice.beats;
    } else {
      joined.push_back(slice);
    }
  }
  slices = std::move(joined);
}

// Makes the bass what the ear holds on to: a higher note that is left again within a beat, as in a
// broken chord, does not take it over; and a melody that goes on alone has none.
void hold_bass(std::vector<Slice>& slices) {
  constexpr double kBeat = 0.99;
  constexpr int kFifth = 7;
  uint8_t held = Slice::kNoBass;
  std::vector<double> stays(slices.size());  // beats until another pitch is the lowest
  for (size_t i = slices.size(); i-- > 0;) {
    const bool goes_on = i + 1 < slices.size() && slices[i + 1].bass == slices[i].bass;
    stays[i] = slices[i].beats + (goes_on ? stays[i + 1] : 0.0);
  }
  for (size_t i = 0; i < slices.size(); ++i) {
    Slice& slice = slices[i];
    const uint8_t lowest = slice.bass;
    const bool is_strong = slice.strength <= Strength::kHalfBar;
    const bool rises = held != Slice::kNoBass && lowest > held + kLargestStep;
    if (lowest == Slice::kNoBass || (rises && !is_strong && stays[i] < kBeat)) {
      slice.bass = held;
    } else if (rises && lowest > held + kFifth && lowest == slice.top) {
      slice.bass = Slice::kNoBass;
    } else {
      held = lowest;
    }
  }
}

double polyphony_of(const std::vector<const Note*>& notes) {
  std::vector<std::pair<int64_t, int>> events;
  double sounding = 0.0;
  for (const Note* note : notes) {
    events.emplace_back(note->onset.value, 1);
    events.emplace_back((note->onset + note->duration).value, -1);
    sounding += static_cast<double>(note->duration.value);
  }
  std::sort(events.begin(), events.end());
  int64_t covered = 0;
  int open = 0;
  for (size_t i = 0; i < events.size(); ++i) {
    if (open > 0) covered += events[i].first - events[i - 1].first;
    open += events[i].second;
  }
  return covered > 0 ? sounding / static_cast<double>(covered) : 0.0;
}

}  // namespace

int64_t beat_length(int numerator, int denominator, int ticks_per_quarter) {
  const int64_t unit = std::max<int64_t>(1, int64_t{4} * ticks_per_quarter / denominator);
  if (is_compound(numerator, denominator)) return unit * 3;
  if (denominator >= 8 && numerator % 2 == 0) return unit * (denominator / 4);
  if (denominator == 1) return std::max<int64_t>(1, unit / 2);
  return unit;
}

Strength strength_at(const Bar& bar, Ticks offset, int ticks_per_quarter) {
  const int64_t beat = beat_length(bar.numerator, bar.denominator, ticks_per_quarter);
  if (offset.value == 0) return Strength::kDownbeat;
  if (offset.value % beat != 0) return Strength::kSubdivision;
  const int64_t beats = std::max<int64_t>(1, bar.length.value / beat);
  const bool is_half = beats % 2 == 0 && beats > 2 && offset.value / beat == beats / 2;
  return is_half ? Strength::kHalfBar : Strength::kBeat;
}

Evidence gather_evidence(const Score& score) {
  Evidence evidence;
  const std::vector<const Note*> notes = pitched_notes(score);
  if (notes.empty()) return evidence;
  evidence.polyphony = polyphony_of(notes);
  const std::vector<Place> places = places_of(score);
  Ticks end{0};
  for (const Note* note : notes) end = std::max(end, note->onset + note->duration);
  evidence.slices = slices_of(places, notes, end);
  const double beat = places.empty() ? score.ticks_per_quarter : places.front().beat;
  for (const Part& part : score.parts) {
    if (!part.is_drums) weigh_part(part, beat, evidence.slices);
  }
  join_silence(evidence.slices);
  hold_bass(evidence.slices);
  return evidence;
}

}  // namespace motet::theory
