// SPDX-License-Identifier: Apache-2.0
#include "motet/metrics/symbolic.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace motet {
namespace {

using Counts = std::array<int64_t, 12>;

Counts count_pitch_classes(const Score& score) {
  Counts counts{};
  for (const Part& part : score.parts) {
    if (part.is_drums) continue;
    for (const Note& note : part.notes) ++counts[note.pitch % 12];
  }
  return counts;
}

int64_t sum_of(const Counts& counts) {
  int64_t sum = 0;
  for (const int64_t count : counts) sum += count;
  return sum;
}

// Distinct onsets of all parts, in order.
std::vector<Ticks> onsets_of(const Score& score) {
  std::vector<Ticks> onsets;
  for (const Part& part : score.parts) {
    for (const Note& note : part.notes) onsets.push_back(note.onset);
  }
  std::sort(onsets.begin(), onsets.end());
  onsets.erase(std::unique(onsets.begin(), onsets.end()), onsets.end());
  return onsets;
}

struct PitchEvent {
  Ticks at;
  bool begins;
  uint8_t pitch;
};

std::vector<PitchEvent> pitch_events(const Score& score) {
  std::vector<PitchEvent> events;
  for (const Part& part : score.parts) {
    if (part.is_drums) continue;
    for (const Note& note : part.notes) {
      events.push_back({.at = note.onset, .begins = true, .pitch = note.pitch});
      events.push_back({.at = note.onset + note.duration, .begins = false, .pitch = note.pitch});
    }
  }
  std::sort(events.begin(), events.end(),
            [](const PitchEvent& a, const PitchEvent& b) { return a.at < b.at; });
  return events;
}

double per_quarter(const Score& score, size_t count) {
  const Ticks end = end_of(score);
  if (end.value == 0) return 0.0;
  return static_cast<double>(count) * score.ticks_per_quarter / static_cast<double>(end.value);
}

double per_bar(const Score& score, size_t count) {
  const size_t bars = bars_of(score).size();
  return bars == 0 ? 0.0 : static_cast<double>(count) / static_cast<double>(bars);
}

// How many positions two sorted lists of onsets, each relative to its own bar, do not share.
int64_t count_unshared(const std::vector<Ticks>& a, const std::vector<Ticks>& b) {
  std::vector<Ticks> unshared;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(),
                                std::back_inserter(unshared));
  return static_cast<int64_t>(unshared.size());
}

// The onsets of each bar, relative to its beginning.
std::vector<std::vector<Ticks>> onsets_by_bar(const Score& score, const std::vector<Bar>& bars) {
  std::vector<std::vector<Ticks>> by_bar(bars.size());
  size_t bar = 0;
  const std::vector<Ticks> onsets = onsets_of(score);
  for (const Ticks onset : onsets) {
    while (bar < bars.size() && bars[bar].begin + bars[bar].length <= onset) ++bar;
    if (bar == bars.size()) break;
    by_bar[bar].push_back(onset - bars[bar].begin);
  }
  return by_bar;
}

}  // namespace

std::optional<double> pitch_class_entropy(const Score& score) {
  const Counts counts = count_pitch_classes(score);
  const auto all = static_cast<double>(sum_of(counts));
  if (all == 0.0) return std::nullopt;
  double entropy = 0.0;
  for (const int64_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / all;
    entropy -= share * std::log2(share);
  }
  return entropy;
}

std::optional<double> polyphony(const Score& score) {
  const std::vector<PitchEvent> events = pitch_events(score);
  if (events.empty()) return std::nullopt;
  std::array<int, 128> holders{};  // parts and voices that hold each pitch now
  int64_t pitches = 0;             // how many have a holder
  int64_t sounding = 0;            // ticks in which any has
  int64_t area = 0;                // ticks times pitches
  Ticks last = events.front().at;
  for (const PitchEvent& event : events) {
    const int64_t elapsed = (event.at - last).value;
    if (pitches > 0) sounding += elapsed;
    area += elapsed * pitches;
    last = event.at;
    int& held = holders[event.pitch];
    if (event.begins) {
      pitches += held == 0 ? 1 : 0;
      ++held;
    } else {
      --held;
      pitches -= held == 0 ? 1 : 0;
    }
  }
  return static_cast<double>(area) / static_cast<double>(sounding);
}

std::optional<double> scale_consistency(const Score& score) {
  constexpr std::array<size_t, 7> kMajorScale = {0, 2, 4, 5, 7, 9, 11};
  const Counts counts = count_pitch_classes(score);
  const int64_t all = sum_of(counts);
  if (all == 0) return std::nullopt;
  int64_t best = 0;
  for (size_t tonic = 0; tonic < 12; ++tonic) {
    int64_t inside = 0;
    for (const size_t step : kMajorScale) inside += counts[(tonic + step) % 12];
    best = std::max(best, inside);
  }
  return static_cast<double>(best) / static_cast<double>(all);
}

std::optional<double> groove_consistency(const Score& score) {
  const Score gridded = with_resolution(score, kGrooveSteps);
  const std::vector<Bar> bars = bars_of(gridded);
  const auto onsets = onsets_by_bar(gridded, bars);
  int64_t positions = 0;
  int64_t unshared = 0;
  for (size_t i = 1; i < bars.size(); ++i) {
    if (bars[i].length != bars[i - 1].length) continue;
    positions += bars[i].length.value;
    unshared += count_unshared(onsets[i - 1], onsets[i]);
  }
  if (positions == 0) return std::nullopt;
  return 1.0 - static_cast<double>(unshared) / static_cast<double>(positions);
}

std::optional<double> empty_bar_rate(const Score& score) {
  const std::vector<Bar> bars = bars_of(score);
  if (bars.empty()) return std::nullopt;
  // How many notes begin, less how many have ended, at the border before each bar.
  std::vector<int64_t> change(bars.size() + 1, 0);
  const auto bar_at = [&bars](Ticks at) {
    const auto after = std::upper_bound(
        bars.begin(), bars.end(), at, [](Ticks tick, const Bar& bar) { return tick < bar.begin; });
    return static_cast<size_t>(after - bars.begin()) - 1;
  };
  for (const Part& part : score.parts) {
    for (const Note& note : part.notes) {
      ++change[bar_at(note.onset)];
      --change[bar_at(note.onset + note.duration - Ticks{1}) + 1];
    }
  }
  int64_t sounding = 0;
  int64_t empty = 0;
  for (size_t i = 0; i < bars.size(); ++i) {
    sounding += change[i];
    if (sounding == 0) ++empty;
  }
  return static_cast<double>(empty) / static_cast<double>(bars.size());
}

std::optional<double> pitch_range(const Score& score) {
  int lowest = 128;
  int highest = -1;
  for (const Part& part : score.parts) {
    if (part.is_drums) continue;
    for (const Note& note : part.notes) {
      lowest = std::min<int>(lowest, note.pitch);
      highest = std::max<int>(highest, note.pitch);
    }
  }
  if (highest < 0) return std::nullopt;
  return highest - lowest;
}

double notes_per_bar(const Score& score) { return per_bar(score, count_notes(score)); }
double notes_per_quarter(const Score& score) { return per_quarter(score, count_notes(score)); }
double onsets_per_bar(const Score& score) { return per_bar(score, onsets_of(score).size()); }
double onsets_per_quarter(const Score& score) {
  return per_quarter(score, onsets_of(score).size());
}

std::vector<NamedMetric> symbolic_metrics(const Score& score) {
  return {{"pitch_class_entropy", pitch_class_entropy(score)},
          {"polyphony", polyphony(score)},
          {"scale_consistency", scale_consistency(score)},
          {"groove_consistency", groove_consistency(score)},
          {"empty_bar_rate", empty_bar_rate(score)},
          {"pitch_range", pitch_range(score)},
          {"notes_per_bar", notes_per_bar(score)},
          {"notes_per_quarter", notes_per_quarter(score)},
          {"onsets_per_bar", onsets_per_bar(score)},
          {"onsets_per_quarter", onsets_per_quarter(score)}};
}

}  // namespace motet
