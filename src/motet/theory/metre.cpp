// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/metre.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "motet/base/error.h"
#include "motet/score/tempo_map.h"
#include "motet/theory/beat_tracking.h"

namespace motet {
namespace {

using theory::Onset;

constexpr size_t kPulsesTried = 4;
constexpr double kSnap = 0.05;  // seconds: a beat this near an onset is on it
constexpr double kLongestSeconds = 6 * 3600.0;
constexpr double kUsualBar = 2.0;          // seconds
constexpr double kBarSpread = 0.9;         // octaves
constexpr double kWrittenBarSpread = 1.5;  // ... where the quarter is known
constexpr double kGrouping = 0.8;          // what grouping_by_three counts
constexpr double kClear = 0.1;             // a grouping that overrules the choice of beats
constexpr size_t kSlots = 12;              // places of a beat that rhythms are compared by

// What speaks for a beat being strong, and how its time is divided.
struct BeatFeatures {
  double accent = 0.0;
  std::array<double, kSlots> rhythm{};
};

// Moves beats onto the onsets beside them.
void snap(std::vector<double>& beats, const std::vector<Onset>& onsets) {
  size_t next = 0;
  for (double& beat : beats) {
    while (next + 1 < onsets.size() &&
           std::abs(onsets[next + 1].at - beat) <= std::abs(onsets[next].at - beat)) {
      ++next;
    }
    if (std::abs(onsets[next].at - beat) <= kSnap) beat = onsets[next].at;
  }
}

// The index of the beat interval that holds each onset, and the place in it, 0..1. An onset a hair
// before a beat belongs to it.
struct Place {
  size_t beat;
  double phase;
};

std::vector<Place> places_of(const std::vector<Onset>& onsets, const std::vector<double>& beats) {
  std::vector<Place> places;
  size_t beat = 0;
  for (const Onset& onset : onsets) {
    while (beat + 2 < beats.size() && beats[beat + 1] - onset.at < 0.02) ++beat;
    const double length = beats[beat + 1] - beats[beat];
    places.push_back({beat, std::clamp((onset.at - beats[beat]) / length, 0.0, 0.999)});
  }
  return places;
}

void standardise(std::vector<double>& values) {
  double mean = 0.0;
  for (const double v : values) mean += v / static_cast<double>(values.size());
  double squares = 1e-9;
  for (const double v : values)
    squares += (v - mean) * (v - mean) / static_cast<double>(values.size());
  for (double& v : values) v = (v - mean) / std::sqrt(squares);
}

double difference(const std::array<float, 12>& a, const std::array<float, 12>& b) {
  double dot = 0.0;
  double aa = 1e-9;
  double bb = 1e-9;
  for (size_t i = 0; i < 12; ++i) {
    dot += double{a[i]} * b[i];
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  return 1.0 - dot / std::sqrt(aa * bb);
}

std::vector<BeatFeatures> features_of(const std::vector<Onset>& onsets,
                                      const std::vector<double>& beats) {
  const size_t n = beats.size() - 1;
  std::vector<double> loud(n, 0.0);
  std::vector<double> length(n, 0.0);
  std::vector<double> low(n, 0.0);
  std::vector<std::array<float, 12>> tones(n);
  std::vector<BeatFeatures> features(n);
  const std::vector<Place> places = places_of(onsets, beats);
  double usual_low = 60.0;  // a slow mean of the lowest notes
  for (size_t i = 0; i < onsets.size(); ++i) {
    const auto [beat, phase] = places[i];
    const Onset& onset = onsets[i];
    const auto slot = static_cast<size_t>(phase * kSlots + 0.5);
    if (slot < kSlots) features[beat].rhythm[slot] += std::sqrt(onset.weight);
    for (size_t pc = 0; pc < 12; ++pc) tones[beat][pc] += onset.tones[pc];
    if (phase < 0.12) {
      loud[beat] += std::sqrt(onset.weight);
      length[beat] = std::max(length[beat], std::min(2.0, onset.longest));
      if (onset.has_pitch) low[beat] = std::clamp((usual_low - onset.lowest) / 12.0, -1.0, 1.0);
    }
    if (onset.has_pitch) usual_low += 0.08 * (onset.lowest - usual_low);
  }
  std::vector<double> change(n, 0.0);
  for (size_t i = 1; i < n; ++i) change[i] = difference(tones[i - 1], tones[i]);
  standardise(loud);
  standardise(length);
  standardise(low);
  standardise(change);
  for (size_t i = 0; i < n; ++i) {
    features[i].accent = 0.7 * loud[i] + 0.9 * length[i] + 0.8 * low[i] + 0.7 * change[i];
  }
  return features;
}

// How alike the rhythms `lag` beats apart are, 0..1.
double repetition(const std::vector<BeatFeatures>& features, size_t lag) {
  double dot = 0.0;
  double squares = 1e-9;
  for (size_t i = 0; i + lag < features.size(); ++i) {
    for (size_t s = 0; s < kSlots; ++s) {
      dot += features[i].rhythm[s] * features[i + lag].rhythm[s];
      squares += 0.5 * (features[i].rhythm[s] * features[i].rhythm[s] +
                        features[i + lag].rhythm[s] * features[i + lag].rhythm[s]);
    }
  }
  return dot / squares;
}

// How strong each beat of a bar should be.
std::vector<double> bar_pattern(int beats) {
  switch (beats) {
    case 2:
      return {1.0, -1.0};
    case 3:
      return {1.3, -0.65, -0.65};
    default:
      return {1.4, -0.8, 0.3, -0.9};
  }
}

struct Bars {
  double fit = -std::numeric_limits<double>::infinity();  // a beat
  std::vector<int> in_bar;
};

// The best bars of `beats` beats: a path that may now and then begin a bar early.
Bars fit_bars(const std::vector<BeatFeatures>& features, int beats) {
  constexpr double kSlip = 7.0;
  const std::vector<double> pattern = bar_pattern(beats);
  const auto n = static_cast<size_t>(beats);
  std::vector<double> best(n, 0.0);
  std::vector<std::vector<size_t>> from(features.size(), std::vector<size_t>(n));
  for (size_t t = 0; t < features.size(); ++t) {
    std::vector<double> next(n);
    for (size_t i = 0; i < n; ++i) {
      size_t before = (i + n - 1) % n;
      double value = best[before];
      if (i == 0 && t > 0) {
        for (size_t j = 0; j < n; ++j) {
          if (best[j] - kSlip > value) {
            value = best[j] - kSlip;
            before = j;
          }
        }
      }
      from[t][i] = before;
      next[i] = value + pattern[i] * std::clamp(features[t].accent, -3.0, 3.0);
    }
    best = std::move(next);
  }
  Bars bars;
  auto at = static_cast<size_t>(std::max_element(best.begin(), best.end()) - best.begin());
  bars.fit = best[at] / static_cast<double>(features.size());
  bars.in_bar.resize(features.size());
  for (size_t t = features.size(); t-- > 0;) {
    bars.in_bar[t] = static_cast<int>(at);
    at = from[t][at];
  }
  return bars;
}

// How much of what lies inside the beats lies at thirds, rather than halves and quarters: 0..1.
double ternary_share(const std::vector<Onset>& onsets, const std::vector<double>& beats) {
  double thirds = 0.0;
  double halves = 0.0;
  const std::vector<Place> places = places_of(onsets, beats);
  for (size_t i = 0; i < onsets.size(); ++i) {
    const auto near = [&](double where) {
      const double off = (places[i].phase - where) / 0.05;
      return std::exp(-0.5 * off * off) * std::sqrt(onsets[i].weight);
    };
    thirds += near(1.0 / 3.0) + near(2.0 / 3.0);
    halves += near(0.5) + 0.7 * (near(0.25) + near(0.75));
  }
  return thirds / (thirds + halves + 1e-9);
}

// Whether a place of a beat is a simple fraction of it.
bool is_simple(double phase) {
  constexpr std::array<double, 7> kFractions = {0.0,       1.0 / 4.0, 1.0 / 3.0, 1.0 / 2.0,
                                                2.0 / 3.0, 3.0 / 4.0, 1.0};
  return std::any_of(kFractions.begin(), kFractions.end(),
                     [phase](double f) { return std::abs(phase - f) < 0.045; });
}

// How a bar is divided.
struct BarDivision {
  int beats = 4;
  bool is_compound = false;  // beats divide in three
};

struct Hypothesis {
  double value = -std::numeric_limits<double>::infinity();
  BarDivision division;
  std::vector<double> beats;
  Bars bars;
};

// How much more the fourth of a bar's six eighths is accented than the third and the fifth, beside
// their mean: above 0 the bar is two times three, below it three times two. 0 where little is
// heard.
double grouping_by_three(const std::vector<Onset>& onsets, const Hypothesis& bars) {
  constexpr size_t kEighths = 6;
  constexpr double kWindow = 0.25;  // of an eighth
  constexpr double kLeast = 8.0;    // onsets that must speak
  std::array<double, kEighths> accents{};
  const int eighths_in_beat = bars.division.is_compound ? 3 : 2;
  const std::vector<Place> places = places_of(onsets, bars.beats);
  double heard = 0.0;
  for (size_t i = 0; i < onsets.size(); ++i) {
    const auto [beat, phase] = places[i];
    if (beat >= bars.bars.in_bar.size()) continue;
    const double at = (bars.bars.in_bar[beat] + phase) * eighths_in_beat;
    const double nearest = std::round(at);
    if (std::abs(at - nearest) > kWindow) continue;
    const double eighth = (bars.beats[beat + 1] - bars.beats[beat]) / eighths_in_beat;
    const double length = std::clamp(onsets[i].longest / eighth, 0.5, 3.0);
    accents[static_cast<size_t>(nearest) % kEighths] += std::sqrt(onsets[i].weight) * length;
    heard += 1.0;
  }
  const double sum = accents[2] + accents[3] + accents[4];
  if (heard < kLeast || sum <= 0.0) return 0.0;
  return (accents[3] - 0.5 * (accents[2] + accents[4])) / sum;
}

bool has_six_eighths(const Hypothesis& bars) {
  return bars.division.beats * (bars.division.is_compound ? 3 : 2) == 6;
}

// The same bars, their six eighths grouped the other way.
Hypothesis regrouped(const Hypothesis& from) {
  Hypothesis to;
  to.value = from.value;
  to.division = {.beats = from.division.is_compound ? 3 : 2,
                 .is_compound = !from.division.is_compound};
  const auto n = static_cast<size_t>(from.division.beats);
  const auto parts = static_cast<size_t>(to.division.beats);
  const std::vector<int>& in_bar = from.bars.in_bar;
  size_t first = 0;
  while (first < in_bar.size() && in_bar[first] != 0) ++first;
  const auto add = [&to](double at, size_t place) {
    to.beats.push_back(at);
    to.bars.in_bar.push_back(static_cast<int>(place));
  };
  if (first > 0 && first < from.beats.size()) {  // an upbeat: a bar before the first whole one
    const size_t after = std::min(first + n, from.beats.size() - 1);
    const double bar = from.beats[after] - from.beats[first];
    for (size_t i = 0; i < parts; ++i) {
      add(from.beats[first] - bar * static_cast<double>(parts - i) / static_cast<double>(parts), i);
    }
  }
  for (size_t t = first; t + 1 < from.beats.size(); ++t) {
    if (t >= in_bar.size() || in_bar[t] != 0) continue;
    size_t end = t + 1;
    while (end < in_bar.size() && in_bar[end] != 0) ++end;
    end = std::min(end, from.beats.size() - 1);
    const double bar =
        (from.beats[end] - from.beats[t]) * static_cast<double>(n) / static_cast<double>(end - t);
    for (size_t i = 0; i < parts; ++i) {
      const double at = from.beats[t] + bar * static_cast<double>(i) / static_cast<double>(parts);
      if (end < from.beats.size() - 1 && at >= from.beats[end] - 1e-6) break;  // a bar cut short
      add(at, i);
    }
  }
  to.beats.push_back(std::max(from.beats.back(), to.beats.empty() ? 0.0 : to.beats.back() + 0.1));
  return to;
}

// How often bars are so divided, in the logarithm, and how their length is liked.
double prior_of(const BarDivision& division, double bar, bool is_written) {
  double prior = 0.0;
  switch (division.beats) {
    case 4:
      prior = 0.0;
      break;
    case 3:
      prior = -0.15;
      break;
    default:
      prior = is_written ? -0.1 : 0.1;
      break;
  }
  if (division.is_compound) prior += division.beats == 2 ? 0.0 : is_written ? -0.9 : -0.35;
  const double octaves = std::log2(bar / kUsualBar) / (is_written ? kWrittenBarSpread : kBarSpread);
  return prior - 0.5 * octaves * octaves;
}

// Beats to try, and what is known of them.
struct Beats {
  std::vector<double> at;
  double period = 0.5;              // seconds
  double favour = 0.0;              // on top of a hypothesis
  std::optional<bool> is_compound;  // where the notation says so
  std::vector<int> counts = {2, 3, 4};
};

// Weighs the bars of these beats.
void weigh(const std::vector<Onset>& onsets, const Beats& tried, std::vector<Hypothesis>& out) {
  const std::vector<double>& beats = tried.at;
  if (beats.size() < 3) return;
  const std::vector<BeatFeatures> features = features_of(onsets, beats);
  const double ternary = ternary_share(onsets, beats);
  constexpr double kTernary = 0.55;
  const bool is_compound = tried.is_compound.value_or(ternary > kTernary);
  if (is_compound && ternary < 1.0 - kTernary) return;  // nothing is at its thirds
  // How much of the music's weight lies on the beats: a pulse beside the music has little.
  double on_beats = 0.0;
  double explained = 0.0;
  double all = 1e-9;
  const std::vector<Place> places = places_of(onsets, beats);
  for (size_t i = 0; i < onsets.size(); ++i) {
    all += onsets[i].weight;
    if (places[i].phase < 0.1) on_beats += onsets[i].weight;
    if (is_simple(places[i].phase)) explained += onsets[i].weight;
  }
  for (const int count : tried.counts) {
    Hypothesis hypothesis;
    hypothesis.division = {.beats = count, .is_compound = is_compound};
    hypothesis.bars = fit_bars(features, count);
    hypothesis.beats = beats;
    const double same = repetition(features, static_cast<size_t>(count));
    hypothesis.value =
        0.9 * hypothesis.bars.fit + 2.0 * same +
        prior_of(hypothesis.division, tried.period * count, tried.is_compound.has_value()) +
        tried.favour + 1.2 * on_beats / all + 1.5 * explained / all;
    if (has_six_eighths(hypothesis)) {
      const double by_three = grouping_by_three(onsets, hypothesis);
      hypothesis.value += kGrouping * (is_compound ? by_three : -by_three);
    }
    out.push_back(std::move(hypothesis));
  }
}

void weigh_pulse(const std::vector<Onset>& onsets, const theory::Pulse& pulse, double strongest,
                 std::vector<Hypothesis>& out) {
  Beats tried;
  tried.at = theory::track_beats(onsets, pulse.period);
  if (tried.at.size() < 2) return;
  snap(tried.at, onsets);
  while (tried.at.back() <= onsets.back().at) {
    const double last = tried.at.back() - tried.at[tried.at.size() - 2];
    tried.at.push_back(tried.at.back() + std::max(0.1, last));
  }
  tried.period = pulse.period;
  tried.favour = 0.8 * std::log(pulse.strength / strongest);
  weigh(onsets, tried, out);
}

// Whether the notes lie on simple fractions of the score's quarters, as notation does and people do
// not: then the quarter is known.
bool is_written(const Score& score) {
  constexpr std::array<int64_t, 6> kTwelfths = {0, 3, 4, 6, 8, 9};
  constexpr double kLeast = 0.8;
  constexpr size_t kLeastNotes = 8;
  const int64_t quarter = score.ticks_per_quarter;
  const int64_t slack = quarter / 100;  // by chance one note in eight would be so near
  size_t on_grid = 0;
  size_t notes = 0;
  for (const Part& part : score.parts) {
    for (const Note& note : part.notes) {
      ++notes;
      const int64_t at = note.onset.value % quarter;
      on_grid += std::any_of(kTwelfths.begin(), kTwelfths.end(), [&](int64_t twelfths) {
        const int64_t away = std::abs(at - twelfths * quarter / 12);
        return std::min(away, quarter - away) <= slack;
      });
    }
  }
  return notes >= kLeastNotes &&
         static_cast<double>(on_grid) >= kLeast * static_cast<double>(notes);
}

// Beats every `length` ticks, one of them `phase` ticks from the beginning of the score.
Beats written_beats(const Score& score, const TempoMap& tempo, int64_t length, int64_t phase) {
  int64_t first = std::numeric_limits<int64_t>::max();
  int64_t last = 0;
  for (const Part& part : score.parts) {
    for (const Note& note : part.notes) {
      first = std::min(first, note.onset.value);
      last = std::max(last, note.onset.value);
    }
  }
  Beats tried;
  for (int64_t at = phase + (first - phase) / length * length - length; at <= last + 2 * length;
       at += length) {
    if (at + length <= first || at < 0) continue;
    tried.at.push_back(tempo.to_seconds(Ticks{at}).value);
  }
  const size_t n = tried.at.size();
  if (n > 1) tried.period = (tried.at.back() - tried.at.front()) / static_cast<double>(n - 1);
  return tried;
}

// The quarter, the dotted quarter at each eighth and, where quarters are long, the eighth.
void weigh_notation(const Score& score, const std::vector<Onset>& onsets,
                    std::vector<Hypothesis>& out) {
  constexpr double kRareBeat = -0.35;
  const TempoMap tempo(score);
  const int64_t quarter = score.ticks_per_quarter;
  Beats quarters = written_beats(score, tempo, quarter, 0);
  quarters.is_compound = false;
  weigh(onsets, quarters, out);
  for (int64_t eighth = 0; eighth < 3 && quarter % 2 == 0; ++eighth) {
    Beats dotted = written_beats(score, tempo, quarter * 3 / 2, eighth * quarter / 2);
    dotted.is_compound = true;
    dotted.favour = kRareBeat + (eighth == 0 ? 0.0 : -0.1);
    weigh(onsets, dotted, out);
  }
}

MetreGuess guess_of(const Hypothesis& best, double runner_up) {
  MetreGuess guess;
  const BarDivision& division = best.division;
  guess.numerator = division.is_compound ? division.beats * 3 : division.beats;
  guess.denominator = division.is_compound ? 8 : 4;
  for (size_t i = 0; i < best.beats.size(); ++i) {
    const int in_bar = i < best.bars.in_bar.size() ? best.bars.in_bar[i]
                                                   : (best.bars.in_bar.back() + 1) % division.beats;
    guess.beats.push_back({.at = Seconds{best.beats[i]}, .in_bar = in_bar});
  }
  guess.confidence = std::clamp(best.value - runner_up, 0.0, 1.0);
  return guess;
}

}  // namespace

MetreGuess infer_metre(const Score& score) {
  const std::vector<Onset> onsets = theory::find_onsets(score);
  if (onsets.size() < 2) return {};
  if (onsets.back().at - onsets.front().at > kLongestSeconds) {
    throw Error(ErrorCode::kInvalidFile,
                "metre: expected at most six hours of music, found " +
                    std::to_string(static_cast<int64_t>(onsets.back().at / 3600.0)));
  }
  std::vector<Hypothesis> hypotheses;
  if (is_written(score)) weigh_notation(score, onsets, hypotheses);
  if (hypotheses.empty()) {
    const std::vector<theory::Pulse> pulses = theory::find_pulses(onsets, kPulsesTried);
    for (const theory::Pulse& pulse : pulses) {
      weigh_pulse(onsets, pulse, pulses.front().strength, hypotheses);
    }
  }
  if (hypotheses.empty()) return {};
  std::stable_sort(hypotheses.begin(), hypotheses.end(),
                   [](const Hypothesis& a, const Hypothesis& b) { return a.value > b.value; });
  const double runner_up = hypotheses.size() > 1 ? hypotheses[1].value : 0.0;
  const Hypothesis& best = hypotheses[0];
  if (has_six_eighths(best)) {
    const double by_three = grouping_by_three(onsets, best);
    const bool is_other = best.division.is_compound ? by_three < -kClear : by_three > kClear;
    if (is_other) return guess_of(regrouped(best), runner_up);
  }
  return guess_of(best, runner_up);
}

}  // namespace motet
