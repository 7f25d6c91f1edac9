// SPDX-License-Identifier: Apache-2.0
// The key of a whole score from several kinds of evidence.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "motet/theory/key.h"
#include "motet/theory/key_profiles.h"

namespace motet {
namespace {

constexpr KeyProfiles kAlbrechtShanahan = {
    {.238, .006, .111, .006, .137, .094, .016, .214, .009, .080, .008, .081},
    {.220, .006, .104, .123, .019, .103, .012, .214, .062, .022, .061, .052}};

// Correlation that evidence beside the profile is worth. The first two are estimate_key's; the
// third was the smallest of 0.1, 0.2 and 0.3 and the best.
constexpr double kFinalBass = 0.05;
constexpr double kOpeningBass = 0.05;
constexpr double kSignature = 0.1;

double correlation(const Profile& heard, Key key) {
  const auto fit = [&](const KeyProfiles& profiles) {
    const Profile expected =
        standardised(key.mode == Mode::kMajor ? profiles.major : profiles.minor);
    double sum = 0.0;
    for (int i = 0; i < 12; ++i) {
      sum += expected[static_cast<size_t>(i)] * heard[static_cast<size_t>((key.tonic + i) % 12)];
    }
    return sum;
  };
  return 0.5 * (fit(kBellmanBudge) + fit(kAlbrechtShanahan));
}

// The pitch class of the lowest note among those that `accept` takes; -1 for none.
template <typename Accept>
int lowest_of(const Score& score, Accept accept) {
  int lowest = -1;
  for (const Part& part : score.parts) {
    if (part.is_drums) continue;
    for (const Note& note : part.notes) {
      if (accept(note) && (lowest < 0 || note.pitch < lowest)) lowest = note.pitch;
    }
  }
  return lowest < 0 ? lowest : lowest % 12;
}

}  // namespace

KeyEstimate find_key(const Score& score, KeyOptions options) {
  const Profile heard = standardised(pitch_class_profile(score));
  if (std::all_of(heard.begin(), heard.end(), [](double x) { return x == 0.0; })) return {};
  Ticks first{std::numeric_limits<int64_t>::max()};
  Ticks last{-1};
  for (const Part& part : score.parts) {
    if (part.is_drums || part.notes.empty()) continue;
    first = std::min(first, part.notes.front().onset);
    last = std::max(last, part.notes.back().onset);
  }
  const int opening = lowest_of(score, [first](const Note& n) { return n.onset == first; });
  const int final = lowest_of(score, [last](const Note& n) { return n.onset + n.duration > last; });
  KeyEstimate best;
  double best_fit = -std::numeric_limits<double>::infinity();
  double second_fit = best_fit;
  for (int i = 0; i < 24; ++i) {
    const Key key{.tonic = i % 12, .mode = i < 12 ? Mode::kMajor : Mode::kMinor};
    const double profile = correlation(heard, key);
    double fit = profile + (key.tonic == final ? kFinalBass : 0.0) +
                 (key.tonic == opening ? kOpeningBass : 0.0);
    if (options.use_signature && !score.keys.empty() &&
        key == key_of_signature(score.keys.front().fifths, key.mode)) {
      fit += kSignature;
    }
    if (fit > best_fit) {
      second_fit = best_fit;
      best_fit = fit;
      best.key = key;
      best.correlation = profile;
    } else {
      second_fit = std::max(second_fit, fit);
    }
  }
  best.margin = best_fit - second_fit;
  return best;
}

}  // namespace motet
