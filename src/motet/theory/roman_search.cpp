// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/roman_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace motet::theory {
namespace {

// All weights are in nats, by hand; docs/evaluation.md says how they do.
constexpr size_t kMaxSlices = 16;  // of one segment
// Slices that are remembered. The best paths to any chord of today share their past: they were
// seen to part dozens of slices back, not a thousand.
constexpr size_t kRows = 2048;
constexpr double kImpossible = -1e9;
constexpr size_t kKeys = 24;

struct Weights {
  double fit = 7.0;          // a beat of notes that are all foreign to chord and key
  double foreign = 0.72;     // the share of `fit` that a diatonic note outside the chord costs
  double half_scale = 0.88;  // ... and the 6th and 7th degree of minor that are less usual
  double bass = 1.0;         // scales what the bass says
  double missing = 1.0;      // scales what tones missing in a whole segment cost
  double absent = 0.25;      // a beat of each chord tone that is silent; a seventh, three times
  double frequency = 0.8;    // scales what numerals and successions weigh
  double modulation = 3.5;   // a key is kept for a dozen chords or so
  double modulation_distance = 0.8;  // a fifth
  double home = 0.35;                // a fifth away from the signature, on entry to a key
  double signature = 3.0;            // the signature's two keys, at the beginning
  // The log-odds of a new chord, by Strength, where the bass goes to another pitch class; and what
  // is taken from them where it stays.
  std::array<double, 4> change = {1.8, 1.2, 0.8, -1.4};
  std::array<double, 4> bass_stays = {1.2, 1.4, 1.8, 1.6};
  double cadence = 2.0;  // the dominant's root goes to the tonic's in the bass: the key is plain
  double final_tonic = 1.5;  // the last chord is the tonic; the first one gets two thirds
};

// A melody leaves most of a chord unsaid, and nearly any note of it may be foreign.
Weights weights_for(double polyphony) {
  constexpr double kMelody = 1.25;  // notes at once
  Weights weights;
  if (polyphony >= kMelody) return weights;
  weights.fit = 3.0;
  weights.bass = 0.0;
  weights.absent = 0.0;
  weights.missing = 0.15;
  weights.change = {-0.4, -1.0, -2.0, -5.0};
  weights.bass_stays = {};
  return weights;
}

// Sums over the low and the high six pitch classes, so that any set's sum is two look-ups.
class SubsetSums {
 public:
  explicit SubsetSums(const std::array<double, 12>& weight) : low_{}, high_{} {
    for (size_t mask = 1; mask < 64; ++mask) {
      const auto first = static_cast<size_t>(__builtin_ctzll(mask));
      low_[mask] = low_[mask & (mask - 1)] + weight[first];
      high_[mask] = high_[mask & (mask - 1)] + weight[first + 6];
    }
  }
  double operator()(unsigned mask) const { return low_[mask & 63U] + high_[mask >> 6U]; }

 private:
  std::array<double, 64> low_;
  std::array<double, 64> high_;
};

unsigned rotated(unsigned mask, int semitones) {
  const unsigned wide = mask << static_cast<unsigned>(semitones);
  return (wide | (wide >> 12U)) & 0xFFFU;
}

Key key_at(size_t index) {
  return {.tonic = static_cast<int>(index % 12), .mode = index < 12 ? Mode::kMajor : Mode::kMinor};
}

// Which note of a chord each interval above its root is: 1 root, 3, 5, 7; 0 for none.
int chord_tone(int interval) {
  constexpr std::array<int, 12> kTones = {1, 0, 0, 3, 3, 0, 5, 5, 5, 7, 7, 7};
  return kTones[static_cast<size_t>(interval)];
}

// What the bass says about a numeral, a beat.
double bass_bonus(const Numeral& numeral, unsigned mask, int root, int bass) {
  constexpr double kForeignBass = -1.1;
  if ((mask >> static_cast<unsigned>(bass) & 1U) == 0) return kForeignBass;
  const int interval = (bass - root + 12) % 12;
  if (numeral.kind == NumeralKind::kCadentialSixFour) return interval == 7 ? 0.6 : -4.0;
  if (numeral.kind == NumeralKind::kItalianSixth || numeral.kind == NumeralKind::kFrenchSixth) {
    return interval == 2 ? 0.5 : -0.8;  // flat 6, over the root sharp 4
  }
  if (numeral.kind == NumeralKind::kGermanSixth) return interval == 0 ? 0.5 : -0.8;
  switch (chord_tone(interval)) {
    case 1:
      return numeral.quality == ChordQuality::kDiminished ? 0.1 : 0.6;
    case 3:
      return numeral.quality == ChordQuality::kDiminished ? 0.4 : 0.25;
    case 5:
      return mask == 0 || __builtin_popcount(mask) > 3 ? 0.1 : -0.6;
    default:
      return 0.0;
  }
}

// What it costs that a tone of a template does not sound in the whole segment.
struct MissingCosts {
  std::array<unsigned, kTemplates> masks{};                // above the root
  std::array<std::array<double, 12>, kTemplates> costs{};  // by interval

  MissingCosts() {
    for (size_t i = 0; i < static_cast<size_t>(kChordQualities); ++i) {
      masks[i] = pitch_classes({.root = 0, .quality = static_cast<ChordQuality>(i)});
    }
    masks[kChordQualities] = 1U | 1U << 2U | 1U << 6U;                 // It, from sharp 4
    masks[kChordQualities + 1] = 1U | 1U << 2U | 1U << 6U | 1U << 8U;  // Fr
    for (size_t i = 0; i < kTemplates; ++i) {
      for (int interval = 0; interval < 12; ++interval) {
        costs[i][static_cast<size_t>(interval)] = cost(i, interval);
      }
    }
  }

 private:
  static double cost(size_t pattern, int interval) {
    if (pattern >= static_cast<size_t>(kChordQualities)) return 3.0;
    const auto quality = static_cast<ChordQuality>(pattern);
    if (quality == ChordQuality::kAugmented) return 3.0;
    switch (chord_tone(interval)) {
      case 1:
        return 2.2;
      case 3:
        return 1.4;
      case 5:
        return interval == 7 ? 0.5 : 2.0;  // a diminished fifth is what tells
      default:
        return 2.8;
    }
  }
};

bool is_dominant(const Numeral& numeral) {
  return numeral.kind == NumeralKind::kPlain && numeral.degree == 5 &&
         numeral.role == Role::kDominant;
}

struct State {
  size_t key;
  size_t numeral;
  unsigned mask;          // absolute
  int root;               // absolute
  size_t chord;           // pattern * 12 + absolute root
  unsigned scale;         // absolute: what else is in the key
  unsigned also;          // ... and the 6th and 7th degree of minor that are less usual
  unsigned sevenths = 0;  // absolute: the seventh, if the chord has one
  double cadential = 0;   // what each step of weakness costs a cadential six-four besides
};

State state_of(size_t key, size_t index, const Numeral& numeral) {
  constexpr std::array<unsigned, 2> kScale = {0xAB5U, 0x9ADU};  // major; harmonic minor
  constexpr std::array<unsigned, 2> kAlsoMinor = {0, 1U << 9U | 1U << 10U};
  const auto [tonic, mode] = key_at(key);
  State state{.key = key,
              .numeral = index,
              .mask = rotated(numeral.mask, tonic),
              .root = (numeral.root + tonic) % 12,
              .chord = 0,
              .scale = 0,
              .also = 0};
  state.chord = numeral.chord_index / 12 * 12 + static_cast<size_t>(state.root);
  state.scale = rotated(kScale[static_cast<size_t>(mode)], tonic) & ~state.mask;
  state.also = rotated(kAlsoMinor[static_cast<size_t>(mode)], tonic) & ~state.mask;
  if (numeral.kind == NumeralKind::kCadentialSixFour) state.cadential = 0.6;
  if (numeral.quality >= ChordQuality::kDominant7) {
    constexpr unsigned kSevenths = 7U << 9U;  // above the root
    state.sevenths = rotated(kSevenths, state.root) & state.mask;
  }
  return state;
}

// The tones of a chord that do not sound; a seventh counts three times.
double absent_tones(const State& state, unsigned present) {
  const unsigned absent = state.mask & ~present;
  return __builtin_popcount(absent) + ((absent & state.sevenths) != 0 ? 2 : 0);
}

class Search {
 public:
  Search(const Evidence& evidence, const std::vector<Signature>& signatures, Idiom idiom)
      : slices_(evidence.slices),
        signatures_(signatures),
        idiom_(idiom),
        weights_(weights_for(evidence.polyphony)) {
    for (size_t key = 0; key < kKeys; ++key) {
      first_state_[key] = states_.size();
      const Vocabulary& vocabulary = vocabulary_at(key);
      for (size_t i = 0; i < vocabulary.numerals.size(); ++i) {
        states_.push_back(state_of(key, i, vocabulary.numerals[i]));
        chords_.push_back(static_cast<uint16_t>(states_.back().chord));
        for (int bass = 0; bass < 12; ++bass) {
          bass_bonus_.push_back(weights_.bass * bass_bonus(vocabulary.numerals[i],
                                                           states_.back().mask, states_.back().root,
                                                           bass));
        }
      }
    }
    first_state_[kKeys] = states_.size();
    for (size_t a = 0; a < kKeys; ++a) {
      for (size_t b = 0; b < kKeys; ++b) {
        modulation_[a][b] = -weights_.modulation -
                            weights_.modulation_distance * key_distance(key_at(a), key_at(b));
      }
    }
  }

  std::vector<Segment> run() {
    const size_t n = slices_.size();
    const size_t states = states_.size();
    rows_ = std::min(n + 1, kRows);
    came_from_.assign(rows_ * states, 0);
    length_.assign(rows_ * states, 0);
    std::vector<double> ended(states, kImpossible);  // best path whose last segment ends at t
    std::vector<std::vector<double>> entered(kMaxSlices, std::vector<double>(states));
    fit_.assign(kMaxSlices, std::vector<double>(states));
    for (size_t t = 0; t < n; ++t) {
      enter(t, ended, entered[t % kMaxSlices]);
      fit_slice(t, fit_[t % kMaxSlices]);
      end_at(t + 1, entered, ended);
      // Before rows are written over: what lies half of them back is decided.
      if (t + 1 - decided_ == kRows - 1) decide(trace(ended, t + 1), t + 1 - kRows / 2);
    }
    decide(trace(ended, n), n);
    return std::move(segments_);
  }

 private:
  double leaning(size_t t, size_t key) const {
    const auto after = std::upper_bound(signatures_.begin(), signatures_.end(), t,
                                        [](size_t at, const Signature& s) { return at < s.first; });
    if (after == signatures_.begin() || !std::prev(after)->fifths) return 0.0;
    const int fifths = *std::prev(after)->fifths;
    const int away = std::abs(fifths_of(key_at(key)) - fifths) % 12;
    const double distance = std::min(away, 12 - away);
    if (t == 0) return distance == 0.0 ? weights_.signature : -weights_.home * distance;
    return -weights_.home * distance;
  }

  void enter(size_t t, const std::vector<double>& ended, std::vector<double>& out) {
    const double change = change_cost(t);
    std::array<double, kKeys> best_end{};
    std::array<size_t, kKeys> best_state{};
    if (t > 0) find_ends(ended, best_end, best_state);
    for (size_t key = 0; key < kKeys; ++key) {
      const Vocabulary& vocabulary = vocabulary_at(key);
      const size_t base = first_state_[key];
      double arrival = 0.0;
      size_t arrived_from = 0;
      if (t > 0) {
        arrival = kImpossible;
        for (size_t other = 0; other < kKeys; ++other) {
          if (other == key) continue;
          const double value = best_end[other] + modulation_[other][key];
          if (value > arrival) {
            arrival = value;
            arrived_from = best_state[other];
          }
        }
      }
      arrival += leaning(t, key);
      if (t > 0) rank(ended, base, vocabulary.numerals.size());
      for (size_t to = 0; to < vocabulary.numerals.size(); ++to) {
        double best = arrival + weights_.frequency * vocabulary.begins[to];
        if (t == 0 && is_tonic(base + to)) best += weights_.final_tonic * 2.0 / 3.0;
        size_t from = arrived_from;
        const double cadence = is_tonic(base + to) ? cadence_at(t, key_at(key)) : 0.0;
        const double most = weights_.frequency * vocabulary.most_welcome[to] + cadence;
        for (const Ranked& before : ranked_) {
          if (before.ended + most <= best) break;  // nor will any that is worse
          const size_t i = before.numeral;
          const double value = before.ended + weights_.frequency * vocabulary.follows[i][to] +
                               (is_dominant(vocabulary.numerals[i]) ? cadence : 0.0);
          if (value > best) {
            best = value;
            from = base + i;
          }
        }
        const double cadential =
            states_[base + to].cadential * static_cast<double>(slices_[t].strength);
        out[base + to] = best - change - cadential;
        came_from_[row(t) + base + to] = static_cast<uint16_t>(from);
      }
    }
  }

  // The numerals of a key, the best path's first.
  void rank(const std::vector<double>& ended, size_t base, size_t numerals) {
    ranked_.clear();
    for (size_t i = 0; i < numerals; ++i) ranked_.push_back({ended[base + i], i});
    std::sort(ranked_.begin(), ranked_.end(), [](const Ranked& a, const Ranked& b) {
      return a.ended != b.ended ? a.ended > b.ended : a.numeral < b.numeral;
    });
  }

  double change_cost(size_t t) const {
    if (t == 0) return 0.0;
    const auto place = static_cast<size_t>(slices_[t].strength);
    const bool moves = bass_moves(t);
    return (moves ? 0.0 : weights_.bass_stays[place]) - weights_.change[place];
  }

  bool bass_moves(size_t t) const {
    const uint8_t bass = slices_[t].bass;
    const uint8_t before = slices_[t - 1].bass;
    return bass != Slice::kNoBass && before != Slice::kNoBass && bass % 12 != before % 12;
  }

  // What a step from the dominant to the tonic at t says for a key where the bass takes both roots:
  // twice as much where the highest voice ends on the tonic, too.
  double cadence_at(size_t t, Key key) const {
    if (t == 0 || slices_[t].strength == Strength::kSubdivision || !bass_moves(t)) return 0.0;
    const bool authentic =
        slices_[t].bass % 12 == key.tonic && slices_[t - 1].bass % 12 == (key.tonic + 7) % 12;
    if (!authentic) return 0.0;
    const bool perfect = slices_[t].top % 12 == key.tonic;
    return weights_.cadence * (perfect ? 1.0 : 0.5);
  }

  bool is_tonic(size_t state) const {
    const Numeral& numeral = numeral_of(state);
    return numeral.degree == 1 && numeral.kind == NumeralKind::kPlain;
  }

  const Numeral& numeral_of(size_t state) const {
    return vocabulary_at(states_[state].key).numerals[states_[state].numeral];
  }

  void find_ends(const std::vector<double>& ended, std::array<double, kKeys>& best,
                 std::array<size_t, kKeys>& state) const {
    for (size_t key = 0; key < kKeys; ++key) {
      const Vocabulary& vocabulary = vocabulary_at(key);
      best[key] = kImpossible;
      for (size_t s = first_state_[key]; s < first_state_[key + 1]; ++s) {
        const double value = ended[s] + weights_.frequency * vocabulary.ends[states_[s].numeral];
        if (value > best[key]) {
          best[key] = value;
          state[key] = s;
        }
      }
    }
  }

  // How well slice t alone fits each state.
  void fit_slice(size_t t, std::vector<double>& out) const {
    const Slice& slice = slices_[t];
    std::fill(out.begin(), out.end(), 0.0);
    if (slice.total <= 0.0) return;
    std::array<double, 12> share{};
    for (size_t i = 0; i < 12; ++i) share[i] = slice.weight[i] / slice.total;
    const SubsetSums sum(share);
    unsigned present = 0;
    for (unsigned i = 0; i < 12; ++i) present |= (share[i] > 0.0 ? 1U : 0U) << i;
    const double length = std::min(slice.beats, slice.total);
    const double fit = weights_.fit * length;
    const bool has_bass = weights_.bass > 0.0 && slice.bass != Slice::kNoBass;
    const double* bonus = has_bass ? bass_bonus_.data() + slice.bass % 12 : nullptr;
    for (size_t s = 0; s < states_.size(); ++s) {
      const State& state = states_[s];
      const double in_chord = sum(state.mask);
      const double in_scale = sum(state.scale);
      const double half = sum(state.also);
      double value = -(weights_.foreign * in_scale + weights_.half_scale * half +
                       std::max(0.0, 1.0 - in_chord - in_scale - half)) *
                     fit;
      value -= weights_.absent * length * absent_tones(state, present);
      if (bonus != nullptr) value += length * bonus[12 * s];
      out[s] = value;
    }
  }

  // Ends a segment of each state at t, for all lengths.
  void end_at(size_t t, const std::vector<std::vector<double>>& entered,
              std::vector<double>& ended) {
    static const MissingCosts kMissing;
    std::fill(ended.begin(), ended.end(), kImpossible);
    std::vector<double> fit(states_.size(), 0.0);
    std::array<double, 12> heard{};
    std::array<double, kTemplates * 12> missing{};
    double beats = 0.0;
    for (size_t length = 1; length <= std::min(t, kMaxSlices); ++length) {
      const size_t begin = t - length;
      const Slice& slice = slices_[begin];
      beats += slice.beats;
      for (size_t i = 0; i < 12; ++i) heard[i] += slice.weight[i];
      unsigned present = 0;
      for (unsigned i = 0; i < 12; ++i) present |= (heard[i] > 0.08 * beats ? 1U : 0U) << i;
      for (size_t pattern = 0; pattern < kTemplates; ++pattern) {
        for (size_t root = 0; root < 12; ++root) {
          unsigned absent =
              kMissing.masks[pattern] & ~rotated(present, (12 - static_cast<int>(root)) % 12);
          double cost = 0.0;
          for (; absent != 0; absent &= absent - 1) {
            cost += kMissing.costs[pattern][static_cast<size_t>(__builtin_ctz(absent))];
          }
          missing[pattern * 12 + root] = cost * weights_.missing;
        }
      }
      const std::vector<double>& slice_fit = fit_[begin % kMaxSlices];
      const std::vector<double>& entry = entered[begin % kMaxSlices];
      uint8_t* lengths = length_.data() + row(t);
      for (size_t s = 0; s < states_.size(); ++s) {
        fit[s] += slice_fit[s];
        const double value = entry[s] + fit[s] - missing[chords_[s]];
        const bool is_better = value > ended[s];  // no branch: compilers select
        ended[s] = is_better ? value : ended[s];
        lengths[s] = is_better ? static_cast<uint8_t>(length) : lengths[s];
      }
    }
  }

  // The best path to `end`, as far back as is not decided yet.
  std::vector<Segment> trace(const std::vector<double>& ended, size_t end) const {
    std::vector<Segment> segments;
    const bool is_last = end == slices_.size();
    size_t state = 0;
    double best = -std::numeric_limits<double>::infinity();
    for (size_t s = 0; s < states_.size(); ++s) {
      const Vocabulary& vocabulary = vocabulary_at(states_[s].key);
      const double value = ended[s] + weights_.frequency * vocabulary.ends[states_[s].numeral] +
                           (is_last && is_tonic(s) ? weights_.final_tonic : 0.0);
      if (value > best) {
        best = value;
        state = s;
      }
    }
    for (size_t t = end; t > decided_;) {
      const size_t begin = std::max(decided_, t - length_[row(t) + state]);
      segments.push_back({.first = begin,
                          .last = t,
                          .key = key_at(states_[state].key),
                          .numeral = states_[state].numeral});
      state = came_from_[row(begin) + state];
      t = begin;
    }
    std::reverse(segments.begin(), segments.end());
    return segments;
  }

  // Takes the segments that begin before `until`.
  void decide(const std::vector<Segment>& path, size_t until) {
    for (const Segment& segment : path) {
      if (segment.first >= until) break;
      segments_.push_back(segment);
      decided_ = segment.last;
    }
  }

  const Vocabulary& vocabulary_at(size_t key) const {
    return vocabulary_of(key_at(key).mode, idiom_);
  }

  size_t row(size_t t) const { return t % rows_ * states_.size(); }

  struct Ranked {
    double ended;
    size_t numeral;
  };

  const std::vector<Slice>& slices_;
  const std::vector<Signature>& signatures_;
  Idiom idiom_;
  Weights weights_;
  std::vector<State> states_;
  std::vector<uint16_t> chords_;    // of the states
  std::vector<double> bass_bonus_;  // [state][bass]
  std::array<size_t, kKeys + 1> first_state_{};
  std::array<std::array<double, kKeys>, kKeys> modulation_{};
  std::vector<std::vector<double>> fit_;  // ring of slices
  std::vector<Ranked> ranked_;
  // Rings of rows_ slices.
  size_t rows_ = 1;
  std::vector<uint16_t> came_from_;  // [slice][state]: the state before a segment that begins
  std::vector<uint8_t> length_;      // [end][state]: slices of the segment that ends
  size_t decided_ = 0;               // the slices whose segments are in segments_
  std::vector<Segment> segments_;
};

}  // namespace

double key_distance(Key a, Key b) {
  constexpr double kOtherMode = 0.7;
  constexpr double kParallel = 1.5;
  if (a == b) return 0.0;
  if (a.tonic == b.tonic) return kParallel;
  const int away = std::abs(fifths_of(a) - fifths_of(b));
  return std::min(away, 12 - away) + (a.mode == b.mode ? 0.0 : kOtherMode);
}

std::vector<Segment> best_segments(const Evidence& evidence,
                                   const std::vector<Signature>& signatures, Idiom idiom) {
  if (evidence.slices.empty()) return {};
  return Search(evidence, signatures, idiom).run();
}

}  // namespace motet::theory
