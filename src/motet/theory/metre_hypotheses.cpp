// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/metre_hypotheses.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "motet/score/tempo_map.h"
#include "motet/theory/beat_tracking.h"

namespace motet::theory {
namespace {

constexpr size_t kPulsesTried = 4;
constexpr double kSnap = 0.05;    // seconds: a beat this near an onset is on it
constexpr size_t kSlots = 12;     // places of a beat that rhythms are compared by
constexpr double kOnBeat = 0.12;  // of a beat

// What may speak for a beat being the first of its bar.
enum Accent : size_t { kLoud, kLong, kWait, kLow, kChange, kBassMove, kDrum, kAccents };

struct BeatShape {
  std::array<double, kAccents> accents{};
  std::array<double, kSlots> rhythm{};
  std::array<float, 12> tones{};
  double accent = 0.0;  // all together, for where bars may slip
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

// A time in beats; beyond the ends the outermost beats go on.
double place_of(double at, const std::vector<double>& beats) {
  const auto after = std::upper_bound(beats.begin(), beats.end(), at);
  const auto index = std::clamp<std::ptrdiff_t>(after - beats.begin() - 1, 0,
                                                static_cast<std::ptrdiff_t>(beats.size()) - 2);
  const auto i = static_cast<size_t>(index);
  return static_cast<double>(index) + (at - beats[i]) / std::max(1e-6, beats[i + 1] - beats[i]);
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

void standardise(std::vector<BeatShape>& shapes, size_t accent) {
  const auto n = static_cast<double>(shapes.size());
  double mean = 0.0;
  for (const BeatShape& shape : shapes) mean += shape.accents[accent] / n;
  double squares = 1e-9;
  for (const BeatShape& shape : shapes) {
    squares += (shape.accents[accent] - mean) * (shape.accents[accent] - mean) / n;
  }
  for (BeatShape& shape : shapes) {
    shape.accents[accent] = (shape.accents[accent] - mean) / std::sqrt(squares);
  }
}

// Follows the bass: a slow mean of the lowest notes, and the pitch class it was on.
class Bass {
 public:
  // Whether an onset is of the bass and moves it.
  bool moves_to(const Onset& onset) {
    if (!onset.has_pitch) return false;
    const bool is_bass = onset.lowest <= usual_ + 2.0;
    const bool moves = is_bass && onset.lowest % 12 != pitch_class_;
    if (is_bass) pitch_class_ = onset.lowest % 12;
    return moves;
  }
  double depth_of(const Onset& onset) const {
    return std::clamp((usual_ - onset.lowest) / 12.0, -1.0, 1.0);
  }
  void hear(const Onset& onset) {
    if (onset.has_pitch) usual_ += 0.08 * (onset.lowest - usual_);
  }

 private:
  double usual_ = 60.0;
  int pitch_class_ = -1;
};

std::vector<BeatShape> shapes_of(const std::vector<Onset>& onsets, const std::vector<double>& beats,
                                 const std::vector<Place>& places) {
  std::vector<BeatShape> shapes(beats.size() - 1);
  Bass bass;
  for (size_t i = 0; i < onsets.size(); ++i) {
    const auto [beat, phase] = places[i];
    const Onset& onset = onsets[i];
    BeatShape& shape = shapes[beat];
    const double length = beats[beat + 1] - beats[beat];
    const auto slot = static_cast<size_t>(phase * kSlots + 0.5);
    if (slot < kSlots) shape.rhythm[slot] += std::sqrt(onset.weight);
    for (size_t pc = 0; pc < 12; ++pc) shape.tones[pc] += onset.tones[pc];
    const bool moves = bass.moves_to(onset);
    if (phase < kOnBeat) {
      auto& accents = shape.accents;
      const double wait = i + 1 < onsets.size() ? onsets[i + 1].at - onset.at : 0.0;
      accents[kLoud] += std::sqrt(onset.weight);
      accents[kLong] = std::max(accents[kLong], std::min(4.0, onset.longest / length));
      accents[kWait] = std::max(accents[kWait], std::min(2.0, wait / length));
      if (onset.has_pitch) accents[kLow] = bass.depth_of(onset);
      if (moves) accents[kBassMove] = 1.0;
      accents[kDrum] += onset.drum;
    }
    bass.hear(onset);
  }
  for (size_t i = 1; i < shapes.size(); ++i) {
    shapes[i].accents[kChange] = difference(shapes[i - 1].tones, shapes[i].tones);
  }
  for (size_t accent = 0; accent < kAccents; ++accent) standardise(shapes, accent);
  for (BeatShape& shape : shapes) {
    const auto& a = shape.accents;
    shape.accent = 0.7 * a[kLoud] + 0.9 * a[kLong] + 0.8 * a[kLow] + 0.7 * a[kChange];
  }
  return shapes;
}

// How alike the rhythms, and the pitch classes, `lag` beats apart are: 0..1.
struct Repetition {
  double rhythm = 0.0;
  double tones = 0.0;
};

Repetition repetition(const std::vector<BeatShape>& shapes, size_t lag) {
  double dot = 0.0;
  double squares = 1e-9;
  Repetition out;
  for (size_t i = 0; i + lag < shapes.size(); ++i) {
    const BeatShape& a = shapes[i];
    const BeatShape& b = shapes[i + lag];
    for (size_t s = 0; s < kSlots; ++s) {
      dot += a.rhythm[s] * b.rhythm[s];
      squares += 0.5 * (a.rhythm[s] * a.rhythm[s] + b.rhythm[s] * b.rhythm[s]);
    }
    out.tones += 1.0 - difference(a.tones, b.tones);
  }
  out.rhythm = dot / squares;
  if (shapes.size() > lag) out.tones /= static_cast<double>(shapes.size() - lag);
  return out;
}

// At each lag, less the mean of all lags: [lag].
std::vector<Repetition> repetitions(const std::vector<BeatShape>& shapes) {
  constexpr size_t kMost = 12;
  std::vector<Repetition> out(1);
  Repetition mean;
  for (size_t lag = 1; lag <= kMost; ++lag) {
    out.push_back(repetition(shapes, lag));
    mean.rhythm += out.back().rhythm / kMost;
    mean.tones += out.back().tones / kMost;
  }
  for (Repetition& each : out) {
    each.rhythm -= mean.rhythm;
    each.tones -= mean.tones;
  }
  return out;
}

// How strong each beat of a bar should be.
std::vector<double> bar_pattern(int beats) {
  switch (beats) {
    case 1:
      return {0.0};
    case 2:
      return {1.0, -1.0};
    case 3:
      return {1.3, -0.65, -0.65};
    default:
      return {1.4, -0.8, 0.3, -0.9};
  }
}

// The best bars of `count` beats whose first beat is the `phase`th of its bar: a path that may now
// and then begin a bar early.
std::vector<int> bars_from(const std::vector<BeatShape>& shapes, int count, size_t phase) {
  constexpr double kSlip = 7.0;
  const std::vector<double> pattern = bar_pattern(count);
  const auto n = static_cast<size_t>(count);
  std::vector<double> best(n, -1e9);
  best[(phase + n - 1) % n] = 0.0;
  std::vector<std::array<uint8_t, 4>> from(shapes.size());
  for (size_t t = 0; t < shapes.size(); ++t) {
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
      from[t][i] = static_cast<uint8_t>(before);
      next[i] = value + pattern[i] * std::clamp(shapes[t].accent, -3.0, 3.0);
    }
    best = std::move(next);
  }
  std::vector<int> in_bar(shapes.size());
  auto at = static_cast<size_t>(std::max_element(best.begin(), best.end()) - best.begin());
  for (size_t t = shapes.size(); t-- > 0;) {
    in_bar[t] = static_cast<int>(at);
    at = from[t][at];
  }
  return in_bar;
}

// How much of what lies inside the beats lies at thirds, rather than halves and quarters: 0..1.
double ternary_share(const std::vector<Onset>& onsets, const std::vector<Place>& places) {
  double thirds = 0.0;
  double halves = 0.0;
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

// How much more the fourth of a bar's six eighths is accented than the third and the fifth, beside
// their mean: above 0 the bar is two times three, below it three times two. 0 where little is
// heard.
double grouping_by_three(const std::vector<Onset>& onsets, const std::vector<Place>& places,
                         const std::vector<double>& beats, const MetreHypothesis& bars) {
  constexpr size_t kEighths = 6;
  constexpr double kWindow = 0.25;  // of an eighth
  constexpr double kLeast = 8.0;    // onsets that must speak
  std::array<double, kEighths> accents{};
  const int eighths_in_beat = bars.is_compound ? 3 : 2;
  double heard = 0.0;
  for (size_t i = 0; i < onsets.size(); ++i) {
    const auto [beat, phase] = places[i];
    if (beat >= bars.in_bar.size()) continue;
    const double at = (bars.in_bar[beat] + phase) * eighths_in_beat;
    const double nearest = std::round(at);
    if (std::abs(at - nearest) > kWindow) continue;
    const double eighth = (beats[beat + 1] - beats[beat]) / eighths_in_beat;
    const double length = std::clamp(onsets[i].longest / eighth, 0.5, 3.0);
    accents[static_cast<size_t>(nearest) % kEighths] += std::sqrt(onsets[i].weight) * length;
    heard += 1.0;
  }
  const double sum = accents[2] + accents[3] + accents[4];
  if (heard < kLeast || sum <= 0.0) return 0.0;
  return (accents[3] - 0.5 * (accents[2] + accents[4])) / sum;
}

// Beats to try, and what is known of them.
struct Beats {
  std::vector<double> at;
  double period = 0.5;              // seconds
  double strength = 0.0;            // of the pulse beside the strongest, in the logarithm
  std::optional<bool> is_compound;  // where the notation says so
  size_t first_kind = 0;            // of the metres that they may make
};

// The music on its beats.
struct Grid {
  const std::vector<Onset>& onsets;
  const Beats& beats;
  std::vector<Place> places;
  std::vector<BeatShape> shapes;
  std::vector<Repetition> repeats;
  double ternary = 0.0;
  double first = 0.0;  // onset, in beats
  double last = 0.0;
  double end = 0.0;  // of the last note
};

Grid grid_of(const std::vector<Onset>& onsets, const Beats& beats) {
  Grid grid{.onsets = onsets,
            .beats = beats,
            .places = places_of(onsets, beats.at),
            .shapes = {},
            .repeats = {}};
  grid.shapes = shapes_of(onsets, beats.at, grid.places);
  grid.repeats = repetitions(grid.shapes);
  grid.ternary = ternary_share(onsets, grid.places);
  grid.first = place_of(onsets.front().at, beats.at);
  grid.last = place_of(onsets.back().at, beats.at);
  grid.end = place_of(onsets.back().at + onsets.back().longest, beats.at);
  return grid;
}

double squared(double x) { return x * x; }

// Onsets in a beat, in octaves.
double density_of(const Grid& grid) {
  return std::log2(static_cast<double>(grid.onsets.size()) / std::max(1.0, grid.last - grid.first));
}

// Features of the beats alone: how much of the music's weight lies on them; a pulse beside the
// music has little.
void add_beat_features(const Grid& grid, bool is_compound, size_t& next, MetreFeatures& out) {
  const double density = density_of(grid);
  double on_beats = 0.0;
  double long_on_beats = 0.0;
  double low_on_beats = 0.0;
  double explained = 0.0;
  double all = 1e-9;
  double all_long = 1e-9;
  double all_low = 1e-9;
  Bass bass;
  for (size_t i = 0; i < grid.onsets.size(); ++i) {
    const Onset& onset = grid.onsets[i];
    const bool is_on = grid.places[i].phase < kOnBeat;
    const double low = bass.moves_to(onset) ? 1.0 : 0.0;
    bass.hear(onset);
    all += onset.weight;
    all_long += onset.longest;
    all_low += low;
    if (is_on) on_beats += onset.weight;
    if (is_on) long_on_beats += onset.longest;
    if (is_on) low_on_beats += low;
    if (is_simple(grid.places[i].phase)) explained += onset.weight;
  }
  const double octaves = std::log2(grid.beats.period / 0.5);
  for (const double value :
       {on_beats / all, long_on_beats / all_long, low_on_beats / all_low, explained / all,
        is_compound ? grid.ternary - 0.5 : 0.5 - grid.ternary, density, squared(density), octaves,
        squared(octaves), grid.beats.strength}) {
    out[next++] = value;
  }
}

// The correlation of an accent with the beats that a rule names, among those it is asked about: 2
// for yes, 1 for no, 0 for neither.
template <typename Rule>
double agreement(const Grid& grid, const std::vector<int>& in_bar, size_t accent, Rule rule) {
  double yes = 0.0;
  double no = 0.0;
  double sum_yes = 0.0;
  double sum_no = 0.0;
  for (size_t t = 0; t < grid.shapes.size(); ++t) {
    const int answer = rule(in_bar[t]);
    const double value = std::clamp(grid.shapes[t].accents[accent], -3.0, 3.0);
    yes += answer == 2 ? 1.0 : 0.0;
    no += answer == 1 ? 1.0 : 0.0;
    sum_yes += answer == 2 ? value : 0.0;
    sum_no += answer == 1 ? value : 0.0;
  }
  if (yes == 0.0 || no == 0.0) return 0.0;
  const double share = yes / (yes + no);
  return (sum_yes / yes - sum_no / no) * std::sqrt(share * (1.0 - share));
}

// Features of bars: what is accented, what repeats, where the piece begins and ends.
void add_bar_features(const Grid& grid, const MetreHypothesis& bars, size_t& next,
                      MetreFeatures& out) {
  const int n = bars.count;
  for (size_t accent = 0; accent < kAccents; ++accent) {
    out[next++] =
        agreement(grid, bars.in_bar, accent, [](int place) { return place == 0 ? 2 : 1; });
  }
  double half = 0.0;  // the third of four beats is stronger than the second and the fourth
  for (const size_t accent : {kLoud, kLong, kLow, kChange}) {
    if (n != 4) break;
    half += agreement(grid, bars.in_bar, accent, [](int place) {
      return place == 2 ? 2 : place == 0 ? 0 : 1;
    });
  }
  out[next++] = half;
  const auto lag = static_cast<size_t>(n);
  const Repetition& bar = grid.repeats[lag];
  const Repetition& two = grid.repeats[2 * lag];
  const Repetition none;
  const Repetition& half_bar = n % 2 == 0 ? grid.repeats[lag / 2] : none;
  for (const Repetition* each : {&bar, &two, &half_bar}) {
    out[next++] = each->rhythm;
    out[next++] = each->tones;
  }
  const auto place = [&](double beat) {
    const auto index = static_cast<size_t>(
        std::clamp(std::floor(beat + 0.05), 0.0, static_cast<double>(bars.in_bar.size() - 1)));
    return std::abs(beat - std::round(beat)) < kOnBeat ? bars.in_bar[index] : -1;
  };
  const double turn = 2.0 * std::numbers::pi * (grid.end - grid.first) / n;
  out[next++] = place(grid.last) == 0 ? 1.0 : 0.0;
  out[next++] = n == 4 && place(grid.last) == 2 ? 1.0 : 0.0;
  out[next++] = place(grid.first) == 0 ? 1.0 : 0.0;
  out[next++] = std::cos(turn);
  out[next++] = std::cos(turn / 4.0);  // phrases have four bars
  const double by_three = n * (bars.is_compound ? 3 : 2) == 6
                              ? grouping_by_three(grid.onsets, grid.places, grid.beats.at, bars)
                              : 0.0;
  assert(next == kGroupedSo);
  out[next++] = bars.is_compound ? by_three : -by_three;
  const double octaves = std::log2(grid.beats.period * n / 2.0);
  out[next++] = octaves;
  out[next++] = squared(octaves);
}

// Which of kMetreKinds: two, three, four beats; then one to four that divide in three.
size_t kind_of(const Beats& tried, int count, bool is_compound) {
  const size_t first = tried.first_kind + (is_compound && !tried.is_compound ? 3 : 0);
  return first + static_cast<size_t>(is_compound ? count - 1 : count - 2);
}

void weigh(const std::vector<Onset>& onsets, Beats tried, MetreHypotheses& out) {
  if (tried.at.size() < 3) return;
  const Grid grid = grid_of(onsets, tried);
  for (const bool is_compound : {false, true}) {
    if (tried.is_compound.value_or(is_compound) != is_compound) continue;
    for (int count = is_compound ? 1 : 2; count <= 4; ++count) {
      for (size_t phase = 0; phase < static_cast<size_t>(count); ++phase) {
        MetreHypothesis bars{.beats = out.beats.size(),
                             .count = count,
                             .is_compound = is_compound,
                             .in_bar = bars_from(grid.shapes, count, phase)};
        size_t next = 0;
        add_beat_features(grid, is_compound, next, bars.features);
        add_bar_features(grid, bars, next, bars.features);
        assert(next == kCommonMetreFeatures);
        const size_t kind = kind_of(tried, count, is_compound);
        bars.features[kCommonMetreFeatures + kind] = 1.0;
        bars.features[kCommonMetreFeatures + kMetreKinds + kind] = density_of(grid);
        out.all.push_back(std::move(bars));
      }
    }
  }
  out.beats.push_back(std::move(tried.at));
}

void weigh_pulse(const std::vector<Onset>& onsets, const Pulse& pulse, double strongest,
                 MetreHypotheses& out) {
  Beats tried;
  tried.at = track_beats(onsets, pulse.period);
  if (tried.at.size() < 2) return;
  snap(tried.at, onsets);
  while (tried.at.back() <= onsets.back().at) {
    const double last = tried.at.back() - tried.at[tried.at.size() - 2];
    tried.at.push_back(tried.at.back() + std::max(0.1, last));
  }
  tried.period = pulse.period;
  tried.strength = std::log(pulse.strength / strongest);
  weigh(onsets, std::move(tried), out);
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

// Beats of an eighth, a quarter, a half and a whole note, and dotted quarters; longer beats at each
// quarter, dotted ones at each eighth.
void weigh_notation(const Score& score, const std::vector<Onset>& onsets, MetreHypotheses& out) {
  constexpr std::array<int64_t, 4> kEighths = {1, 2, 4, 8};
  constexpr size_t kDotted = 12;  // the first of their kinds
  const TempoMap tempo(score);
  const int64_t quarter = score.ticks_per_quarter;
  for (size_t unit = 0; unit < kEighths.size(); ++unit) {
    const int64_t length = quarter * kEighths[unit] / 2;
    for (int64_t phase = 0; phase < length; phase += quarter) {
      Beats tried = written_beats(score, tempo, std::max<int64_t>(1, length), phase);
      tried.is_compound = false;
      tried.first_kind = 3 * unit;
      weigh(onsets, std::move(tried), out);
    }
  }
  for (int64_t eighth = 0; eighth < 3 && quarter % 2 == 0; ++eighth) {
    Beats dotted = written_beats(score, tempo, quarter * 3 / 2, eighth * quarter / 2);
    dotted.is_compound = true;
    dotted.first_kind = kDotted;
    weigh(onsets, std::move(dotted), out);
  }
}

}  // namespace

MetreHypotheses metre_hypotheses(const Score& score) {
  MetreHypotheses out;
  const std::vector<Onset> onsets = find_onsets(score);
  if (onsets.size() < 2) return out;
  out.is_written = is_written(score);
  if (out.is_written) weigh_notation(score, onsets, out);
  if (!out.all.empty()) return out;
  out.is_written = false;
  const std::vector<Pulse> pulses = find_pulses(onsets, kPulsesTried);
  for (const Pulse& pulse : pulses) weigh_pulse(onsets, pulse, pulses.front().strength, out);
  return out;
}

}  // namespace motet::theory
