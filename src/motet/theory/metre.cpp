// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/metre.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "motet/base/error.h"
#include "motet/theory/beat_tracking.h"
#include "motet/theory/metre_hypotheses.h"

namespace motet {
namespace {

constexpr double kLongestSeconds = 6 * 3600.0;

double bar_length(const theory::MetreHypotheses& hypotheses, const theory::MetreHypothesis& bars) {
  const std::vector<double>& beats = hypotheses.beats[bars.beats];
  return bars.count * (beats.back() - beats.front()) / static_cast<double>(beats.size() - 1);
}

// The share of belief that goes to bars of the same length, of as many beats, divided alike,
// wherever they begin.
double confidence_of(const theory::MetreHypotheses& hypotheses, const std::vector<double>& worths,
                     size_t best) {
  constexpr double kSame = 0.06;
  const theory::MetreHypothesis& chosen = hypotheses.all[best];
  const double length = bar_length(hypotheses, chosen);
  double same = 0.0;
  double all = 0.0;
  for (size_t i = 0; i < worths.size(); ++i) {
    const theory::MetreHypothesis& other = hypotheses.all[i];
    const double belief = std::exp(worths[i] - worths[best]);
    const bool is_same = other.count == chosen.count && other.is_compound == chosen.is_compound &&
                         std::abs(std::log(bar_length(hypotheses, other) / length)) < kSame;
    all += belief;
    same += is_same ? belief : 0.0;
  }
  return same / all;
}

// Bars with the times of their beats.
struct Barred {
  int count = 4;
  bool is_compound = false;
  std::vector<double> beats;
  std::vector<int> in_bar;  // of each beat but the last
};

// The same bars, their six eighths grouped the other way.
Barred regrouped(const Barred& from) {
  Barred to{.count = from.is_compound ? 3 : 2,
            .is_compound = !from.is_compound,
            .beats = {},
            .in_bar = {}};
  const auto n = static_cast<size_t>(from.count);
  const auto parts = static_cast<size_t>(to.count);
  const size_t last = from.beats.size() - 1;
  const auto add = [&to, parts](double begin, double bar, size_t part) {
    to.beats.push_back(begin + bar * static_cast<double>(part) / static_cast<double>(parts));
    to.in_bar.push_back(static_cast<int>(part));
  };
  size_t first = 0;
  while (first < from.in_bar.size() && from.in_bar[first] != 0) ++first;
  if (first > 0 && first <= last) {  // an upbeat: a bar before the first whole one
    const double bar = from.beats[std::min(first + n, last)] - from.beats[first];
    for (size_t i = 0; i < parts; ++i) add(from.beats[first] - bar, bar, i);
  }
  for (size_t t = first; t < last; ++t) {
    if (from.in_bar[t] != 0) continue;
    size_t end = t + 1;
    while (end < last && from.in_bar[end] != 0) ++end;
    const double bar =
        (from.beats[end] - from.beats[t]) * static_cast<double>(n) / static_cast<double>(end - t);
    for (size_t i = 0; i < parts; ++i) {
      const double at = from.beats[t] + bar * static_cast<double>(i) / static_cast<double>(parts);
      if (end < last && at >= from.beats[end] - 1e-6) break;  // a bar cut short
      add(from.beats[t], bar, i);
    }
  }
  to.beats.push_back(std::max(from.beats.back(), to.beats.empty() ? 0.0 : to.beats.back() + 0.1));
  return to;
}

MetreGuess guess_of(const Barred& bars) {
  MetreGuess guess;
  guess.numerator = bars.is_compound ? bars.count * 3 : bars.count;
  guess.denominator = bars.is_compound ? 8 : 4;
  for (size_t i = 0; i < bars.beats.size(); ++i) {
    const int in_bar =
        i < bars.in_bar.size() ? bars.in_bar[i] : (bars.in_bar.back() + 1) % bars.count;
    guess.beats.push_back({.at = Seconds{bars.beats[i]}, .in_bar = in_bar});
  }
  return guess;
}

}  // namespace

MetreGuess infer_metre(const Score& score) {
  const std::vector<theory::Onset> onsets = theory::find_onsets(score);
  if (onsets.size() < 2) return {};
  if (onsets.back().at - onsets.front().at > kLongestSeconds) {
    throw Error(ErrorCode::kInvalidFile,
                "metre: expected at most six hours of music, found " +
                    std::to_string(static_cast<int64_t>(onsets.back().at / 3600.0)));
  }
  const theory::MetreHypotheses hypotheses = theory::metre_hypotheses(score);
  if (hypotheses.all.empty()) return {};
  std::vector<double> worths;
  for (const theory::MetreHypothesis& each : hypotheses.all) {
    worths.push_back(theory::worth_of(each.features, hypotheses.is_written));
  }
  const auto best =
      static_cast<size_t>(std::max_element(worths.begin(), worths.end()) - worths.begin());
  const theory::MetreHypothesis& chosen = hypotheses.all[best];
  constexpr double kClear = 0.1;  // a grouping that overrules the choice of beats
  Barred bars{.count = chosen.count,
              .is_compound = chosen.is_compound,
              .beats = hypotheses.beats[chosen.beats],
              .in_bar = chosen.in_bar};
  if (chosen.features[theory::kGroupedSo] < -kClear) bars = regrouped(bars);
  MetreGuess guess = guess_of(bars);
  guess.confidence = confidence_of(hypotheses, worths, best);
  return guess;
}

}  // namespace motet
