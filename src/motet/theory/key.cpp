// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/key.h"

#include <algorithm>
#include <cmath>

namespace motet {
namespace {

using Profile = std::array<double, 12>;

// How well each degree fits, from the tonic upwards by semitones.
struct KeyProfiles {
  Profile major;
  Profile minor;
};

// source  Albrecht and Shanahan, "The Use of Large Corpora to Train a New Type of Key-Finding
//         Algorithm", Music Perception 31(1), 2013, table 2 (relative frequencies)
constexpr KeyProfiles kAlbrechtShanahan = {
    {0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081},
    {0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052}};

Profile standardised(const Profile& profile) {
  double mean = 0.0;
  for (const double x : profile) mean += x / 12.0;
  double squares = 0.0;
  for (const double x : profile) squares += (x - mean) * (x - mean);
  Profile out{};
  if (squares <= 0.0) return out;
  for (size_t i = 0; i < 12; ++i) out[i] = (profile[i] - mean) / std::sqrt(squares);
  return out;
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

KeyEstimate estimate_key(const Score& score) { return estimate_key(pitch_class_profile(score)); }

KeyEstimate estimate_key(const std::array<double, 12>& profile) {
  static const Profile major = standardised(kAlbrechtShanahan.major);
  static const Profile minor = standardised(kAlbrechtShanahan.minor);
  const Profile heard = standardised(profile);
  KeyEstimate best{.key = {}, .correlation = -2.0, .margin = 0.0};
  double second = -2.0;
  for (const Mode mode : {Mode::kMajor, Mode::kMinor}) {
    const Profile& expected = mode == Mode::kMajor ? major : minor;
    for (int tonic = 0; tonic < 12; ++tonic) {
      double correlation = 0.0;
      for (int i = 0; i < 12; ++i) {
        correlation += expected[static_cast<size_t>(i)] * heard[static_cast<size_t>((tonic + i) % 12)];
      }
      if (correlation > best.correlation) {
        second = best.correlation;
        best = {.key = {.tonic = tonic, .mode = mode}, .correlation = correlation, .margin = 0.0};
      } else {
        second = std::max(second, correlation);
      }
    }
  }
  best.margin = best.correlation - second;
  return best;
}

}  // namespace motet
