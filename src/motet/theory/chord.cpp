// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/chord.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace motet {
namespace {

constexpr int kChords = 12 * kChordQualities;

// What a unit of time must hold to be heard as a chord, and what the path pays. Chosen by hand
// once on hymns and lead sheets; docs/evaluation.md says how well they do.
constexpr double kMissingCost = 0.12;  // a chord tone that does not sound, in shares of the unit
constexpr double kRootBassBonus = 0.20;
constexpr double kChordBassBonus = 0.05;
constexpr double kChangeCost = 0.30;
constexpr double kLeastSounding = 0.125;  // of a unit's length, all voices together
constexpr int kLeastPitchClasses = 2;
// Triads before sevenths, the common before the rare, when the notes cannot decide.
constexpr std::array<double, kChordQualities> kPrior = {0.06, 0.05,  0.0, -0.05, -0.04,
                                                        0.03, -0.03, 0.0, -0.03, -0.03};

// The part of time that gets one label.
struct Unit {
  Ticks begin;
  Ticks end;
  std::array<float, 12> weight{};  // ticks that each pitch class sounds
  float total = 0.0F;
  uint8_t bass = 255;  // the lowest pitch that sounds; 255 for none
};

// Half a bar where a bar has four beats; else a beat, but not below a quarter. Compound bars (6/8,
// 9/8, 12/8, 3/8) have dotted beats.
int64_t unit_length(const Bar& bar, int ticks_per_quarter) {
  const int64_t whole = int64_t{4} * ticks_per_quarter;
  const int64_t beat = std::max<int64_t>(1, whole / bar.denominator);
  if (bar.denominator >= 8 && bar.numerator % 3 == 0) return beat * 3;
  if (bar.numerator == 4) return beat * 2;
  return std::max<int64_t>(beat, ticks_per_quarter);
}

std::vector<Unit> units_of(const Score& score) {
  std::vector<Unit> units;
  for (const Bar& bar : bars_of(score)) {
    const int64_t length = unit_length(bar, score.ticks_per_quarter);
    const Ticks bar_end = bar.begin + bar.length;
    for (Ticks at = bar.begin; at < bar_end; at += Ticks{length}) {
      units.push_back({.begin = at, .end = std::min(at + Ticks{length}, bar_end)});
    }
  }
  return units;
}

void weigh_notes(const Part& part, std::vector<Unit>& units) {
  size_t first = 0;  // notes are sorted by onset, so the unit of an onset only moves forward
  for (const Note& note : part.notes) {
    while (first + 1 < units.size() && units[first].end <= note.onset) ++first;
    while (first > 0 && note.onset < units[first].begin) --first;
    const Ticks note_end = note.onset + note.duration;
    for (size_t i = first; i < units.size() && units[i].begin < note_end; ++i) {
      Unit& unit = units[i];
      const Ticks overlap = std::min(note_end, unit.end) - std::max(note.onset, unit.begin);
      if (overlap.value <= 0) continue;
      unit.weight[note.pitch % 12] += static_cast<float>(overlap.value);
      unit.total += static_cast<float>(overlap.value);
      unit.bass = std::min(unit.bass, note.pitch);
    }
  }
}

bool says_something(const Unit& unit) {
  const auto length = static_cast<double>((unit.end - unit.begin).value);
  return unit.total >= kLeastSounding * length;
}

using Scores = std::array<float, kChords>;

struct Templates {
  std::array<uint16_t, kChords> masks;
  Templates() : masks{} {
    for (int root = 0; root < 12; ++root) {
      for (int quality = 0; quality < kChordQualities; ++quality) {
        masks[static_cast<size_t>(root * kChordQualities + quality)] =
            pitch_classes({.root = root, .quality = static_cast<ChordQuality>(quality)});
      }
    }
  }
};

// Pardo and Birmingham's P - (N + M): time inside the chord, less time outside, less missing tones.
Scores score_chords(const Unit& unit, const Templates& templates) {
  Scores scores{};
  if (!says_something(unit)) return scores;
  // Sums over the low and the high six pitch classes, so that a chord's sum is two look-ups.
  std::array<float, 64> low{};
  std::array<float, 64> high{};
  const auto build = [&unit](std::array<float, 64>& table, size_t offset) {
    for (size_t mask = 1; mask < 64; ++mask) {
      const auto bit = static_cast<size_t>(__builtin_ctzll(mask));
      const float share = unit.weight[offset + bit] / unit.total;
      table[mask] = table[mask & (mask - 1)] + share;
    }
  };
  build(low, 0);
  build(high, 6);
  unsigned present = 0;
  for (unsigned i = 0; i < 12; ++i) present |= (unit.weight[i] > 0.0F ? 1U : 0U) << i;
  const unsigned bass = unit.bass % 12U;
  for (size_t chord = 0; chord < kChords; ++chord) {
    const unsigned mask = templates.masks[chord];
    const float inside = low[mask & 63U] + high[mask >> 6U];
    const int missing = __builtin_popcount(mask & ~present);
    double value = 2.0 * double{inside} - 1.0 - kMissingCost * missing;
    if (chord / kChordQualities == bass) {
      value += kRootBassBonus;
    } else if ((mask >> bass & 1U) != 0) {
      value += kChordBassBonus;
    }
    scores[chord] = static_cast<float>(value + kPrior[chord % kChordQualities]);
  }
  return scores;
}

// The best path: each unit's score, less kChangeCost wherever the chord changes.
std::vector<uint8_t> best_path(const std::vector<Unit>& units) {
  static const Templates templates;
  constexpr uint8_t kStayed = 255;
  std::vector<std::array<uint8_t, kChords>> came_from(units.size());
  Scores best{};
  for (size_t t = 0; t < units.size(); ++t) {
    const Scores here = score_chords(units[t], templates);
    const auto top = static_cast<size_t>(std::max_element(best.begin(), best.end()) - best.begin());
    const float changed = best[top] - static_cast<float>(kChangeCost);
    for (size_t chord = 0; chord < kChords; ++chord) {
      const bool stays = best[chord] >= changed;
      came_from[t][chord] = stays ? kStayed : static_cast<uint8_t>(top);
      best[chord] = (stays ? best[chord] : changed) + here[chord];
    }
  }
  std::vector<uint8_t> path(units.size());
  auto chord = static_cast<uint8_t>(std::max_element(best.begin(), best.end()) - best.begin());
  for (size_t t = units.size(); t-- > 0;) {
    path[t] = chord;
    if (came_from[t][chord] != kStayed) chord = came_from[t][chord];
  }
  return path;
}

Chord chord_of(uint8_t state) {
  return {.root = state / kChordQualities,
          .quality = static_cast<ChordQuality>(state % kChordQualities)};
}

int sounding_chord_tones(const Unit& unit, Chord chord) {
  const unsigned mask = pitch_classes(chord);
  int tones = 0;
  for (unsigned i = 0; i < 12; ++i) tones += (mask >> i & 1U) != 0 && unit.weight[i] > 0.0F ? 1 : 0;
  return tones;
}

}  // namespace

std::vector<ChordSpan> label_chords(const Score& score) {
  std::vector<Unit> units = units_of(score);
  for (const Part& part : score.parts) {
    if (!part.is_drums) weigh_notes(part, units);
  }
  const std::vector<uint8_t> path = best_path(units);
  std::vector<ChordSpan> spans;
  for (size_t t = 0; t < units.size(); ++t) {
    std::optional<Chord> chord = chord_of(path[t]);
    if (!says_something(units[t]) || sounding_chord_tones(units[t], *chord) < kLeastPitchClasses) {
      const bool carried = !spans.empty() && spans.back().chord == chord &&
                           says_something(units[t]) && sounding_chord_tones(units[t], *chord) > 0;
      if (!carried) chord.reset();
    }
    if (!spans.empty() && spans.back().chord == chord) {
      spans.back().end = units[t].end;
    } else {
      spans.push_back({.begin = units[t].begin, .end = units[t].end, .chord = chord});
    }
  }
  return spans;
}

}  // namespace motet
