// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/beat_tracking.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "motet/score/tempo_map.h"

namespace motet::theory {
namespace {

constexpr double kTogether = 0.04;  // seconds
constexpr double kFrame = 0.01;     // seconds, of envelopes and lags
constexpr double kLongestLag = 5.0;
constexpr double kLeastPeriod = 0.22;
constexpr double kMostPeriod = 1.6;
constexpr double kUsualPeriod = 0.55;  // listeners tap near 100 to 120 a minute
constexpr double kUsualSpread = 0.75;  // in octaves

struct Heard {
  double at;
  double length;
  uint8_t pitch;
  uint8_t velocity;
  bool is_drum;
  size_t part;
  size_t note;
};

std::vector<Heard> heard_notes(const Score& score) {
  const TempoMap tempo(score);
  std::vector<Heard> notes;
  for (size_t p = 0; p < score.parts.size(); ++p) {
    const Part& part = score.parts[p];
    for (size_t i = 0; i < part.notes.size(); ++i) {
      const Note& note = part.notes[i];
      const double at = tempo.to_seconds(note.onset).value;
      const double end = tempo.to_seconds(note.onset + note.duration).value;
      notes.push_back({.at = at,
                       .length = end - at,
                       .pitch = note.pitch,
                       .velocity = note.velocity,
                       .is_drum = part.is_drums,
                       .part = p,
                       .note = i});
    }
  }
  std::stable_sort(notes.begin(), notes.end(),
                   [](const Heard& a, const Heard& b) { return a.at < b.at; });
  return notes;
}

void add_note(Onset& onset, const Heard& note) {
  onset.weight += 0.4 + 0.6 * std::min(1.0, note.length) + 0.5 * note.velocity / 127.0;
  if (note.is_drum) {
    const bool is_bass = note.pitch == 35 || note.pitch == 36;
    const bool is_back = note.pitch >= 37 && note.pitch <= 40;  // stick, snares, clap
    onset.drum += is_bass ? 1.0 : is_back ? -1.0 : 0.0;
    return;
  }
  onset.has_pitch = true;
  onset.longest = std::max(onset.longest, note.length);
  onset.lowest = std::min(onset.lowest, note.pitch);
  onset.tones[note.pitch % 12] += static_cast<float>(note.length);
}

// How much of the onsets' weight lies each lag apart; [frames].
std::vector<double> lag_histogram(const std::vector<Onset>& onsets, size_t first, size_t last) {
  const auto lags = static_cast<size_t>(kLongestLag / kFrame) + 8;
  std::vector<double> counts(lags, 0.0);
  for (size_t i = first; i < last; ++i) {
    for (size_t j = i + 1; j < last; ++j) {
      const double lag = onsets[j].at - onsets[i].at;
      if (lag > kLongestLag) break;
      counts[static_cast<size_t>(lag / kFrame + 0.5)] +=
          std::sqrt(onsets[i].weight * onsets[j].weight);
    }
  }
  // People are late or early by some 25 ms.
  constexpr std::array<double, 6> kBell = {1.0, 0.92, 0.73, 0.49, 0.28, 0.14};
  std::vector<double> smooth(lags, 0.0);
  for (size_t i = 0; i < lags; ++i) {
    for (size_t d = 0; d < kBell.size(); ++d) {
      if (i + d < lags) smooth[i] += kBell[d] * counts[i + d];
      if (d > 0 && i >= d) smooth[i] += kBell[d] * counts[i - d];
    }
  }
  return smooth;
}

double pulse_strength(const std::vector<double>& histogram, double period) {
  const auto at = [&histogram](double lag) {
    const auto frame = static_cast<size_t>(lag / kFrame + 0.5);
    return frame < histogram.size() ? histogram[frame] : 0.0;
  };
  const double sum = at(period) + 0.7 * at(2 * period) + 0.35 * at(3 * period) +
                     0.5 * at(4 * period) + 0.25 * std::max(at(period / 2), at(period / 3));
  const double octaves = std::log2(period / kUsualPeriod) / kUsualSpread;
  return sum * std::exp(-0.5 * octaves * octaves);
}

// The local period at every window: the best path through periods near the first one.
class Tempogram {
 public:
  Tempogram(const std::vector<Onset>& onsets, double period) : first_(onsets.front().at) {
    for (int step = -kSteps; step <= kSteps; ++step) {
      periods_.push_back(period * std::exp2(step * kStep));
    }
    const double last = onsets.back().at;
    size_t from = 0;
    size_t to = 0;
    std::vector<std::vector<double>> fits;
    for (double at = first_; at <= last + kHop; at += kHop) {
      while (from < onsets.size() && onsets[from].at < at - kWindow / 2) ++from;
      while (to < onsets.size() && onsets[to].at < at + kWindow / 2) ++to;
      const std::vector<double> histogram = lag_histogram(onsets, from, to);
      std::vector<double> fit;
      double sum = 1e-9;
      for (const double p : periods_) {
        fit.push_back(pulse_strength(histogram, p));
        sum += fit.back();
      }
      for (double& f : fit) f /= sum / static_cast<double>(fit.size());
      fits.push_back(std::move(fit));
    }
    follow(fits);
  }

  double period_at(double seconds) const {
    const double window = std::max(0.0, (seconds - first_) / kHop);
    const auto index = std::min(path_.size() - 1, static_cast<size_t>(window + 0.5));
    return periods_[path_[index]];
  }

 private:
  static constexpr int kSteps = 16;
  static constexpr double kStep = 0.03;  // octaves: 2 %
  static constexpr double kWindow = 8.0;
  static constexpr double kHop = 1.0;
  static constexpr double kDrift = 0.35;  // a step between windows

  void follow(const std::vector<std::vector<double>>& fits) {
    const size_t n = periods_.size();
    std::vector<std::vector<size_t>> from(fits.size(), std::vector<size_t>(n));
    std::vector<double> best = fits.front();
    for (size_t i = 0; i < n; ++i) best[i] -= 0.05 * std::abs(static_cast<int>(i) - kSteps);
    for (size_t t = 1; t < fits.size(); ++t) {
      std::vector<double> next(n);
      for (size_t i = 0; i < n; ++i) {
        double top = -std::numeric_limits<double>::infinity();
        for (size_t j = 0; j < n; ++j) {
          const double drift = kDrift * std::abs(static_cast<double>(i) - static_cast<double>(j));
          if (best[j] - drift > top) {
            top = best[j] - drift;
            from[t][i] = j;
          }
        }
        next[i] = top + fits[t][i];
      }
      best = std::move(next);
    }
    path_.resize(fits.size());
    auto at = static_cast<size_t>(std::max_element(best.begin(), best.end()) - best.begin());
    for (size_t t = fits.size(); t-- > 0;) {
      path_[t] = at;
      at = from[t][at];
    }
  }

  double first_;
  std::vector<double> periods_;
  std::vector<size_t> path_;
};

// The onsets as bumps of 20 ms, in frames from `start`; scaled to a mean bump of 1.
std::vector<double> envelope_of(const std::vector<Onset>& onsets, double start, size_t frames) {
  std::vector<double> envelope(frames, 0.0);
  double mean = 0.0;
  for (const Onset& onset : onsets) mean += onset.weight;
  mean /= static_cast<double>(onsets.size());
  for (const Onset& onset : onsets) {
    const double centre = (onset.at - start) / kFrame;
    // Loud chords are heard more, but not as many times more as they have notes.
    const double height = std::sqrt(onset.weight / mean);
    for (int d = -6; d <= 6; ++d) {
      const auto frame = static_cast<int64_t>(centre + 0.5) + d;
      if (frame < 0 || frame >= static_cast<int64_t>(frames)) continue;
      const double off = (static_cast<double>(frame) - centre) / 2.5;
      double& value = envelope[static_cast<size_t>(frame)];
      value = std::max(value, height * std::exp(-0.5 * off * off));
    }
  }
  return envelope;
}

}  // namespace

std::vector<Onset> find_onsets(const Score& score, std::vector<std::vector<size_t>>* notes) {
  if (notes != nullptr) {
    notes->clear();
    for (const Part& part : score.parts) notes->emplace_back(part.notes.size(), 0);
  }
  std::vector<Onset> onsets;
  double begin = 0.0;
  size_t count = 0;
  for (const Heard& note : heard_notes(score)) {
    if (onsets.empty() || note.at > begin + kTogether) {
      onsets.emplace_back();
      begin = note.at;
      count = 0;
    }
    Onset& onset = onsets.back();
    onset.at += (note.at - onset.at) / static_cast<double>(++count);
    add_note(onset, note);
    if (notes != nullptr) (*notes)[note.part][note.note] = onsets.size() - 1;
  }
  return onsets;
}

std::vector<Pulse> find_pulses(const std::vector<Onset>& onsets, size_t count) {
  std::vector<Pulse> pulses;
  if (onsets.size() < 2) return pulses;
  const std::vector<double> histogram = lag_histogram(onsets, 0, onsets.size());
  std::vector<Pulse> all;
  for (double period = kLeastPeriod; period <= kMostPeriod; period += kFrame) {
    all.push_back({.period = period, .strength = pulse_strength(histogram, period)});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Pulse& a, const Pulse& b) { return a.strength > b.strength; });
  for (const Pulse& pulse : all) {
    if (pulses.size() == count || pulse.strength <= 0.0) break;
    const bool is_new = std::none_of(pulses.begin(), pulses.end(), [&pulse](const Pulse& p) {
      return std::abs(std::log2(pulse.period / p.period)) < 0.17;
    });
    if (is_new) pulses.push_back(pulse);
  }
  return pulses;
}

std::vector<double> track_beats(const std::vector<Onset>& onsets, double period) {
  constexpr double kTightness = 60.0;
  if (onsets.empty()) return {};
  const Tempogram tempo(onsets, period);
  const double start = onsets.front().at - 0.5 * period;
  const double stop = onsets.back().at + 0.75 * tempo.period_at(onsets.back().at);
  const auto frames = static_cast<size_t>((stop - start) / kFrame) + 1;
  const std::vector<double> envelope = envelope_of(onsets, start, frames);
  std::vector<double> best(frames);
  std::vector<int64_t> from(frames, -1);
  for (size_t t = 0; t < frames; ++t) {
    const double local = tempo.period_at(start + static_cast<double>(t) * kFrame) / kFrame;
    const auto least = static_cast<int64_t>(0.6 * local);
    const auto most = static_cast<int64_t>(1.6 * local);
    double top = 0.0;  // begins here
    for (int64_t lag = std::max<int64_t>(1, least); lag <= most; ++lag) {
      const int64_t before = static_cast<int64_t>(t) - lag;
      if (before < 0) break;
      const double stretch = std::log(static_cast<double>(lag) / local);
      const double value = best[static_cast<size_t>(before)] - kTightness * stretch * stretch;
      if (value > top) {
        top = value;
        from[t] = before;
      }
    }
    best[t] = envelope[t] + top;
  }
  // The last beat is the best one of the last period and a half.
  const auto tail = static_cast<size_t>(1.5 * tempo.period_at(stop) / kFrame);
  const auto begin = best.end() - static_cast<std::ptrdiff_t>(std::min(tail, frames));
  auto at = static_cast<int64_t>(std::max_element(begin, best.end()) - best.begin());
  std::vector<double> beats;
  for (; at >= 0; at = from[static_cast<size_t>(at)]) {
    beats.push_back(start + static_cast<double>(at) * kFrame);
  }
  std::reverse(beats.begin(), beats.end());
  while (beats.front() > onsets.front().at + kTogether) {
    beats.insert(beats.begin(), beats.front() - tempo.period_at(beats.front()));
  }
  while (beats.back() <= onsets.back().at) {
    beats.push_back(beats.back() + tempo.period_at(beats.back()));
  }
  return beats;
}

}  // namespace motet::theory
