// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/metre.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "motet/base/error.h"
#include "motet/score/tempo_map.h"
#include "motet/theory/beat_tracking.h"

namespace motet {
namespace {

using theory::Onset;

constexpr size_t kPulsesTried = 4;
constexpr double kSnap = 0.05;  // seconds: a beat this near an onset is on it
constexpr double kLongestSeconds = 6 * 3600.0;
constexpr double kUsualBar = 2.0;   // seconds
constexpr double kBarSpread = 0.9;  // octaves
constexpr size_t kSlots = 12;       // places of a beat that rhythms are compared by

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

struct Hypothesis {
  double value = -std::numeric_limits<double>::infinity();
  int beats_in_bar = 4;
  bool is_compound = false;
  std::vector<double> beats;
  Bars bars;
};

// Weighs the bars of two, three and four beats of one pulse.
void weigh_pulse(const std::vector<Onset>& onsets, const theory::Pulse& pulse, double strongest,
                 std::vector<Hypothesis>& out) {
  std::vector<double> beats = theory::track_beats(onsets, pulse.period);
  if (beats.size() < 2) return;
  snap(beats, onsets);
  while (beats.back() <= onsets.back().at) {
    beats.push_back(beats.back() + std::max(0.1, beats.back() - beats[beats.size() - 2]));
  }
  if (beats.size() < 3) return;
  const std::vector<BeatFeatures> features = features_of(onsets, beats);
  const double ternary = ternary_share(onsets, beats);
  const bool is_compound = ternary > 0.55;
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
  for (const int count : {2, 3, 4}) {
    // How often bars have so many beats, in the logarithm; compound threes are rare.
    double prior = count == 4 ? 0.0 : count == 3 ? -0.15 : 0.1;
    if (is_compound) prior += count == 2 ? 0.0 : -0.35;
    // Bars last some two seconds.
    const double bar = pulse.period * count;
    const double octaves = std::log2(bar / kUsualBar) / kBarSpread;
    prior -= 0.5 * octaves * octaves;
    Hypothesis hypothesis;
    hypothesis.bars = fit_bars(features, count);
    const double same = repetition(features, static_cast<size_t>(count));
    hypothesis.value = 0.9 * hypothesis.bars.fit + 2.0 * same + prior +
                       0.8 * std::log(pulse.strength / strongest) + 1.2 * on_beats / all +
                       1.5 * explained / all;
    hypothesis.beats_in_bar = count;
    hypothesis.is_compound = is_compound;
    hypothesis.beats = beats;
    out.push_back(std::move(hypothesis));
  }
}

MetreGuess guess_of(const Hypothesis& best, double runner_up) {
  MetreGuess guess;
  guess.numerator = best.is_compound ? best.beats_in_bar * 3 : best.beats_in_bar;
  guess.denominator = best.is_compound ? 8 : 4;
  for (size_t i = 0; i < best.beats.size(); ++i) {
    const int in_bar = i < best.bars.in_bar.size()
                           ? best.bars.in_bar[i]
                           : (best.bars.in_bar.back() + 1) % best.beats_in_bar;
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
  const std::vector<theory::Pulse> pulses = theory::find_pulses(onsets, kPulsesTried);
  for (const theory::Pulse& pulse : pulses) {
    weigh_pulse(onsets, pulse, pulses.front().strength, hypotheses);
  }
  if (hypotheses.empty()) return {};
  std::stable_sort(hypotheses.begin(), hypotheses.end(),
                   [](const Hypothesis& a, const Hypothesis& b) { return a.value > b.value; });
  return guess_of(hypotheses[0], hypotheses.size() > 1 ? hypotheses[1].value : 0.0);
}

}  // namespace motet
