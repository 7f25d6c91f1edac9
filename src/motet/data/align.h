// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "motet/data/tune.h"

namespace motet::data {

/// How much of the shorter of two tunes is in the other, note for note, under one transposition
/// (octaves aside) and one stretch of time.
struct Match {
  double upper = 0.0;     ///< 0..1: of the notes of the upper line
  double lower = 0.0;     ///< 0..1: of the lower line, under the same transposition and stretch
  size_t notes = 0;       ///< of the upper line that match
  int transposition = 0;  ///< 0..11 semitones up from the first tune to the second
  double stretch = 1.0;   ///< quarters of the second tune a quarter of the first
};

/// Finds the places that share a shingle, keeps those that agree in transposition and stretch, and
/// chains them in the order of both tunes (a longest increasing subsequence). Then every note
/// counts whose moment, as the places around it foretell it, has its pitch in the other tune.
/// O(h log h) for h shared places.
Match align(const Tune& first, const Tune& second);

/// One piece is a copy of the other, or of a part of it: at least 16 notes and 70 % of both lines,
/// taken together, match, and it is at most 4.5 times as fast or slow. The lower line tells a copy
/// from another setting of the same tune.
bool is_copy(const Match& match);

/// They share their tune, as two settings of one hymn do: 60 % of the upper line matches, at any
/// stretch: a slow exercise can be kin of a fast piece that runs through the same scale.
bool is_kin(const Match& match);

}  // namespace motet::data
