// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/key.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "motet/theory/key_profiles.h"

namespace motet {
namespace {

// What the last bass note adds to the correlation of both keys on it: pieces end on their tonic,
// and a piece and its relative key have nearly the same profile.
constexpr double kFinalBassBonus = 0.05;
constexpr int kNoPitchClass = -1;

// The pitch class of the lowest note that sounds when the last note begins.
int final_bass(const Score& score) {
  Ticks last{-1};
  for (const Part& part : score.parts) {
    if (part.is_drums) continue;
    for (const Note& note : part.notes) last = std::max(last, note.onset);
  }
  int lowest = kNoPitchClass;
  for (const Part& part : score.parts) {
    if (part.is_drums) continue;
    for (const Note& note : part.notes) {
      if (note.onset + note.duration <= last) continue;
      if (lowest == kNoPitchClass || note.pitch < lowest) lowest = note.pitch;
    }
  }
  return lowest == kNoPitchClass ? kNoPitchClass : lowest % 12;
}

double correlate(const Profile& expected, const Profile& heard, int tonic) {
  double sum = 0.0;
  for (int i = 0; i < 12; ++i) {
    sum += expected[static_cast<size_t>(i)] * heard[static_cast<size_t>((tonic + i) % 12)];
  }
  return sum;
}

// The key that fits best, where the keys on `bass` are favoured.
KeyEstimate fit_key(const Profile& profile, int bass) {
  static const Profile kMajor = standardised(kBellmanBudge.major);
  static const Profile kMinor = standardised(kBellmanBudge.minor);
  const Profile heard = standardised(profile);
  if (std::all_of(heard.begin(), heard.end(), [](double x) { return x == 0.0; })) return {};
  KeyEstimate best;
  double best_fit = -std::numeric_limits<double>::infinity();
  double second_fit = best_fit;
  for (const Mode mode : {Mode::kMajor, Mode::kMinor}) {
    for (int tonic = 0; tonic < 12; ++tonic) {
      const double correlation = correlate(mode == Mode::kMajor ? kMajor : kMinor, heard, tonic);
      const double fit = correlation + (tonic == bass ? kFinalBassBonus : 0.0);
      if (fit > best_fit) {
        second_fit = best_fit;
        best_fit = fit;
        best.key = {.tonic = tonic, .mode = mode};
        best.correlation = correlation;
      } else {
        second_fit = std::max(second_fit, fit);
      }
    }
  }
  best.margin = best_fit - second_fit;
  return best;
}

}  // namespace

std::array<double, 12> pitch_class_profile(const Score& score) {
  std::array<int64_t, 12> ticks{};
  for (const Part& part : score.parts) {
    if (part.is_drums) continue;
    for (const Note& note : part.notes) ticks[note.pitch % 12] += note.duration.value;
  }
  std::array<double, 12> quarters{};
  for (size_t i = 0; i < 12; ++i) {
    quarters[i] = static_cast<double>(ticks[i]) / score.ticks_per_quarter;
  }
  return quarters;
}

KeyEstimate estimate_key(const Score& score) {
  return fit_key(pitch_class_profile(score), final_bass(score));
}

KeyEstimate estimate_key(const std::array<double, 12>& profile) {
  return fit_key(profile, kNoPitchClass);
}

}  // namespace motet
