// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/features.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace motet {
namespace {

// Octiles of onset_density over the 11,122 training pieces; see docs/evaluation.md. They are part
// of the meaning of stored tokens: never change them.
constexpr std::array<double, kDensityBins - 1> kDensityBorders = {0.36, 0.60, 0.81, 1.04,
                                                                  1.30, 1.72, 2.15};

// Onsets a second of one part above which music is lively: the median over the training pieces.
// Stored tokens depend on it too: never change it.
constexpr double kLivelyOnsetsPerSecond = 1.72;

constexpr double kSecondsPerMinute = 60.0;
constexpr double kDefaultTempo = 120.0;

// The ticks for which each value holds, from a sorted list of changes. What holds before the first
// change is `before`.
template <typename Value, typename Changes, typename ValueOf>
Value longest_held(const Changes& changes, Value before, Ticks end, ValueOf value_of) {
  std::map<Value, int64_t> held;
  Value value = before;
  Ticks since{0};
  const auto hold_until = [&](Ticks until) {
    held[value] += std::max<int64_t>(0, (std::min(until, end) - since).value);
    since = std::max(since, std::min(until, end));
  };
  for (const auto& change : changes) {
    hold_until(change.at);
    value = value_of(change);
  }
  hold_until(end);
  if (end.value <= 0) return changes.empty() ? before : value_of(changes.front());
  return std::max_element(held.begin(), held.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

}  // namespace

MetreChange main_metre(const Score& score) {
  const auto [numerator, denominator] =
      longest_held(score.metres, std::pair{4, 4}, end_of(score), [](const MetreChange& change) {
        return std::pair{change.numerator, change.denominator};
      });
  return {.at = Ticks{0}, .numerator = numerator, .denominator = denominator};
}

double main_tempo(const Score& score) {
  return longest_held(score.tempos, kDefaultTempo, end_of(score),
                      [](const TempoChange& change) { return change.quarters_per_minute; });
}

double onset_density(const Score& score) {
  int64_t onsets = 0;
  int64_t parts = 0;
  for (const Part& part : score.parts) {
    if (part.notes.empty()) continue;
    ++parts;
    Ticks last{-1};
    for (const Note& note : part.notes) {
      if (note.onset != last) ++onsets;
      last = note.onset;
    }
  }
  if (parts == 0) return 0.0;
  const double quarters = static_cast<double>(end_of(score).value) / score.ticks_per_quarter;
  return static_cast<double>(onsets) / (static_cast<double>(parts) * quarters);
}

int density_bin(double onsets_per_quarter_per_part) {
  const auto above =
      std::upper_bound(kDensityBorders.begin(), kDensityBorders.end(), onsets_per_quarter_per_part);
  return static_cast<int>(above - kDensityBorders.begin());
}

std::string_view name_of(Mood mood) {
  constexpr std::array<std::string_view, kMoods> kNames = {"calm", "happy", "sad", "tense"};
  return kNames[static_cast<size_t>(mood)];
}

Mood estimate_mood(const Score& score, Key key) {
  const double per_second = onset_density(score) * main_tempo(score) / kSecondsPerMinute;
  const bool lively = per_second > kLivelyOnsetsPerSecond;
  if (key.mode == Mode::kMajor) return lively ? Mood::kHappy : Mood::kCalm;
  return lively ? Mood::kTense : Mood::kSad;
}

}  // namespace motet
