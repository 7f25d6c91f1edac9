// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>

namespace motet {

/// A number for each pitch class or degree.
using Profile = std::array<double, 12>;

/// How well each degree fits, from the tonic upwards by semitones; in any unit.
struct KeyProfiles {
  Profile major;
  Profile minor;
};

/// Chosen over Krumhansl and Kessler, Temperley 1999 and Albrecht and Shanahan because it finds the
/// most keys of 7,449 labelled pieces right. docs/evaluation.md has the table.
/// source  Bellman, "About the Determination of Key of a Musical Excerpt", CMMR 2005, after Budge
///         1943: how often each degree occurs in the chords of common-practice pieces, in percent
inline constexpr KeyProfiles kBellmanBudge = {
    {16.80, 0.86, 12.95, 1.41, 13.49, 11.93, 1.25, 20.28, 1.80, 8.04, 0.62, 10.57},
    {18.16, 0.69, 12.99, 13.34, 1.07, 11.15, 1.38, 21.07, 7.49, 1.53, 0.92, 10.21}};

/// Less its mean, and of length one; all zeros for a flat profile.
inline Profile standardised(const Profile& profile) {
  double mean = 0.0;
  for (const double x : profile) mean += x / 12.0;
  double squares = 0.0;
  for (const double x : profile) squares += (x - mean) * (x - mean);
  Profile out{};
  if (squares <= 0.0) return out;
  for (size_t i = 0; i < 12; ++i) out[i] = (profile[i] - mean) / std::sqrt(squares);
  return out;
}

}  // namespace motet
