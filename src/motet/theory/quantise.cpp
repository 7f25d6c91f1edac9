// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/quantise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "motet/score/tempo_map.h"
#include "motet/theory/beat_tracking.h"

namespace motet {
namespace {

constexpr int kTicksPerQuarter = 480;

struct Division {
  int parts;
  double cost;  // in squared deviations of one spread
};

// What listeners take a beat's division to be, simplest first.
constexpr std::array<Division, 6> kSimple = {
    {{1, 0.0}, {2, 1.0}, {3, 4.0}, {4, 2.6}, {6, 8.0}, {8, 7.0}}};
constexpr std::array<Division, 6> kCompound = {
    {{1, 0.0}, {3, 1.0}, {2, 4.5}, {6, 3.0}, {4, 8.0}, {12, 8.0}}};
constexpr double kOtherDivision = 0.6;  // beside the beat before

// Chooses a division for every beat.
class Grid {
 public:
  Grid(const std::vector<theory::Onset>& onsets, const MetreGuess& guess, double spread)
      : guess_(guess), divisions_(guess.denominator == 8 ? kCompound : kSimple) {
    const size_t beats = guess.beats.size() - 1;
    std::vector<std::vector<double>> onsets_in(beats);
    for (const theory::Onset& onset : onsets) {
      const double place = place_of(onset.at);
      const auto beat = static_cast<size_t>(std::clamp(place, 0.0, static_cast<double>(beats) - 1));
      onsets_in[beat].push_back(place - static_cast<double>(beat));
    }
    choose(onsets_in, spread);
  }

  // Seconds as beats since the first, on a straight line between beats and beyond them.
  double place_of(double seconds) const {
    const auto& beats = guess_.beats;
    const auto after =
        std::upper_bound(beats.begin() + 1, beats.end() - 1, seconds,
                         [](double at, const Beat& beat) { return at < beat.at.value; });
    const auto index = static_cast<size_t>(after - beats.begin()) - 1;
    const double length = beats[index + 1].at.value - beats[index].at.value;
    return static_cast<double>(index) + (seconds - beats[index].at.value) / std::max(1e-6, length);
  }

  // The nearest place of the grid, in ticks since the first beat.
  int64_t snapped(double place, int64_t ticks_per_beat) const {
    const double last = static_cast<double>(chosen_.size()) - 1.0;
    const auto beat = static_cast<size_t>(std::clamp(std::floor(place), 0.0, last));
    const int parts = chosen_[beat];
    const double base = std::floor(place);
    const double within = std::round((place - base) * parts) / parts;
    return static_cast<int64_t>(
        std::llround((base + within) * static_cast<double>(ticks_per_beat)));
  }

  // The length of one part of the grid at a place, in ticks.
  int64_t part_ticks(double place, int64_t ticks_per_beat) const {
    const double last = static_cast<double>(chosen_.size()) - 1.0;
    return ticks_per_beat / chosen_[static_cast<size_t>(std::clamp(std::floor(place), 0.0, last))];
  }

 private:
  double misfit(const std::vector<double>& phases, size_t beat, const Division& division,
                double spread) const {
    const double length = guess_.beats[beat + 1].at.value - guess_.beats[beat].at.value;
    double sum = division.cost;
    std::optional<double> before;
    for (const double phase : phases) {
      const double place = std::round(phase * division.parts) / division.parts;
      const double off = (phase - place) * length / spread;
      sum += off * off;
      // Onsets that were heard apart should not fall together.
      if (before && *before == place) sum += 6.0;
      before = place;
    }
    return sum;
  }

  void choose(const std::vector<std::vector<double>>& onsets_in, double spread) {
    const size_t n = onsets_in.size();
    constexpr size_t kCount = kSimple.size();
    std::vector<std::array<size_t, kCount>> from(n);
    std::array<double, kCount> best{};
    for (size_t t = 0; t < n; ++t) {
      const size_t cheapest =
          static_cast<size_t>(std::min_element(best.begin(), best.end()) - best.begin());
      std::array<double, kCount> next{};
      for (size_t i = 0; i < kCount; ++i) {
        const bool stays = best[i] <= best[cheapest] + kOtherDivision;
        from[t][i] = stays ? i : cheapest;
        next[i] = (stays ? best[i] : best[cheapest] + kOtherDivision) +
                  misfit(onsets_in[t], t, divisions_[i], spread);
      }
      best = next;
    }
    chosen_.resize(n);
    auto at = static_cast<size_t>(std::min_element(best.begin(), best.end()) - best.begin());
    for (size_t t = n; t-- > 0;) {
      chosen_[t] = divisions_[at].parts;
      at = from[t][at];
    }
  }

  const MetreGuess& guess_;
  const std::array<Division, 6>& divisions_;
  std::vector<int> chosen_;  // parts of each beat
};

// The end of a note on the grid: the next onset of its voice where the gap is only a breath.
int64_t snapped_end(const Grid& grid, double end, double begin, int64_t onset_ticks,
                    std::optional<int64_t> next_onset, int64_t ticks_per_beat, double legato) {
  int64_t ticks = grid.snapped(end, ticks_per_beat);
  if (next_onset) {
    const auto breath = static_cast<int64_t>(legato * static_cast<double>(ticks_per_beat));
    const int64_t gap = *next_onset - ticks;
    if (gap > 0 && gap <= breath && gap <= ticks - onset_ticks) ticks = *next_onset;
    // An end that reaches a little over the next onset is legato playing.
    const double over =
        end - static_cast<double>(*next_onset) / static_cast<double>(ticks_per_beat);
    if (ticks > *next_onset && over < 0.5 * legato) ticks = *next_onset;
  }
  return std::max(ticks, onset_ticks + grid.part_ticks(begin, ticks_per_beat));
}

// The next onset on the grid after each note of a part, by voice.
std::vector<std::optional<int64_t>> next_onsets(const Part& part,
                                                const std::vector<int64_t>& onsets) {
  std::vector<std::optional<int64_t>> next(onsets.size());
  std::array<std::optional<int64_t>, 256> ahead{};   // of each voice: the onset last seen
  std::array<std::optional<int64_t>, 256> beyond{};  // ... and the one after it
  for (size_t i = onsets.size(); i-- > 0;) {
    const uint8_t voice = part.notes[i].voice;
    if (ahead[voice] != onsets[i]) {
      beyond[voice] = ahead[voice];
      ahead[voice] = onsets[i];
    }
    next[i] = beyond[voice];
  }
  return next;
}

// Rewrites the times of a score from seconds to places on the grid.
class Mover {
 public:
  Mover(const Score& score, const Grid& grid, const MetreGuess& guess, double first_onset,
        double legato)
      : tempo_(score), grid_(grid), legato_(legato) {
    ticks_per_beat_ = guess.denominator == 8 ? kTicksPerQuarter * 3 / 2 : kTicksPerQuarter;
    shift_ = guess.beats.front().in_bar * ticks_per_beat_;
    // Notes before the first beat need bars of their own.
    const double first = std::round(grid_.place_of(first_onset) * 12.0) / 12.0;
    bar_ = guess.beats_in_bar() * ticks_per_beat_;
    while (shift_ + static_cast<int64_t>(first * static_cast<double>(ticks_per_beat_)) < 0 &&
           shift_ < kMostLead) {
      shift_ += bar_;
    }
  }

  int64_t ticks_per_beat() const { return ticks_per_beat_; }
  int64_t shift() const { return shift_; }

  Ticks free(Ticks at) const {
    const double place = grid_.place_of(tempo_.to_seconds(at).value);
    const double ticks = place * static_cast<double>(ticks_per_beat_);
    return Ticks{std::max<int64_t>(0, static_cast<int64_t>(std::llround(ticks)) + shift_)};
  }

  Ticks snapped(Ticks at) const {
    const double place = grid_.place_of(tempo_.to_seconds(at).value);
    return Ticks{std::max<int64_t>(0, grid_.snapped(place, ticks_per_beat_) + shift_)};
  }

  // `heard` gives each note the time of the onset it belongs to.
  void move_notes(Part& part, const std::vector<double>& heard) const {
    std::vector<int64_t> onsets;
    for (const double at : heard) {
      onsets.push_back(grid_.snapped(grid_.place_of(at), ticks_per_beat_));
    }
    const auto next = next_onsets(part, onsets);
    for (size_t i = 0; i < part.notes.size(); ++i) {
      Note& note = part.notes[i];
      const double end = grid_.place_of(tempo_.to_seconds(note.onset + note.duration).value);
      const int64_t stop = snapped_end(grid_, end, grid_.place_of(heard[i]), onsets[i], next[i],
                                       ticks_per_beat_, legato_);
      note.onset = Ticks{std::max<int64_t>(0, onsets[i] + shift_)};
      note.duration = Ticks{std::max<int64_t>(1, stop - onsets[i])};
    }
  }

  template <typename Events>
  void move_freely(Events& events) const {
    for (auto& event : events) event.at = free(event.at);
  }

  template <typename Events>
  void move_to_grid(Events& events) const {
    for (auto& event : events) event.at = snapped(event.at);
  }

 private:
  static constexpr int64_t kMostLead = int64_t{kTicksPerQuarter} * 4 * 64;
  TempoMap tempo_;
  const Grid& grid_;
  double legato_;
  int64_t ticks_per_beat_ = kTicksPerQuarter;
  int64_t bar_ = 0;
  int64_t shift_ = 0;
};

// One tempo a beat, so that the grid sounds as the performance did.
std::vector<TempoChange> tempos_of(const MetreGuess& guess, const Mover& mover) {
  constexpr double kSecondsPerMinute = 60.0;
  const double quarters = static_cast<double>(mover.ticks_per_beat()) / kTicksPerQuarter;
  std::vector<TempoChange> tempos;
  for (size_t i = 0; i + 1 < guess.beats.size(); ++i) {
    const double length = guess.beats[i + 1].at.value - guess.beats[i].at.value;
    const double tempo = kSecondsPerMinute * quarters / std::max(1e-3, length);
    const int64_t at =
        i == 0 ? 0 : static_cast<int64_t>(i) * mover.ticks_per_beat() + mover.shift();
    if (!tempos.empty() && std::abs(tempos.back().quarters_per_minute - tempo) < 1e-6) continue;
    tempos.push_back({.at = Ticks{at}, .quarters_per_minute = tempo});
  }
  return tempos;
}

// The metre, again wherever a bar was cut short.
std::vector<MetreChange> metres_of(const MetreGuess& guess, const Mover& mover) {
  std::vector<MetreChange> metres = {
      {.at = Ticks{0}, .numerator = guess.numerator, .denominator = guess.denominator}};
  for (size_t i = 1; i < guess.beats.size(); ++i) {
    const int due = (guess.beats[i - 1].in_bar + 1) % guess.beats_in_bar();
    if (guess.beats[i].in_bar != 0 || due == 0) continue;
    metres.push_back({.at = Ticks{static_cast<int64_t>(i) * mover.ticks_per_beat() + mover.shift()},
                      .numerator = guess.numerator,
                      .denominator = guess.denominator,
                      .is_hidden = true});
  }
  return metres;
}

}  // namespace

Score quantise(const Score& score, const MetreGuess& guess, QuantiseOptions options) {
  if (guess.beats.size() < 2) return with_resolution(score, kTicksPerQuarter);
  std::vector<std::vector<size_t>> onset_of;
  const std::vector<theory::Onset> onsets = theory::find_onsets(score, &onset_of);
  const Grid grid(onsets, guess, options.spread);
  const double first_onset = onsets.empty() ? 0.0 : onsets.front().at;
  const Mover mover(score, grid, guess, first_onset, options.legato);
  Score out = score;
  out.ticks_per_quarter = kTicksPerQuarter;
  out.metres = metres_of(guess, mover);
  out.tempos = tempos_of(guess, mover);
  mover.move_to_grid(out.keys);
  mover.move_to_grid(out.chords);
  mover.move_to_grid(out.markers);
  out.barlines.clear();
  for (size_t p = 0; p < out.parts.size(); ++p) {
    Part& part = out.parts[p];
    std::vector<double> heard;
    for (const size_t onset : onset_of[p]) heard.push_back(onsets[onset].at);
    mover.move_notes(part, heard);
    mover.move_freely(part.controls);
    mover.move_freely(part.raw);
    mover.move_to_grid(part.lyrics);
    mover.move_to_grid(part.directions);
    mover.move_to_grid(part.clefs);
    part.written.clear();  // the page of the performance is not the page of the grid
  }
  sort_events(out);
  return out;
}

Score quantise(const Score& score, QuantiseOptions options) {
  return quantise(score, infer_metre(score), options);
}

}  // namespace motet
