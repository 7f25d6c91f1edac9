// SPDX-License-Identifier: Apache-2.0
// Written by tools/fit_metre.py; docs/evaluation.md says of what.
#include "motet/theory/metre_hypotheses.h"

namespace motet::theory {
namespace {

constexpr MetreFeatures kWritten = {
    -1.045,   // weight on beats
    2.743,    // lengths on beats
    0.977,    // bass moves on beats
    3.605,    // simple places
    -0.000,   // thirds or halves, as the beat has it
    0.277,    // onsets in a beat, octaves
    -0.235,   // ... squared
    0.413,    // beat beside 0.5 s, octaves
    -0.125,   // ... squared
    0.000,    // pulse beside the strongest
    0.391,    // downbeats: weight
    2.586,    // downbeats: length
    -1.096,   // downbeats: wait
    0.065,    // downbeats: depth
    2.244,    // downbeats: new harmony
    -0.289,   // downbeats: bass moves
    -34.698,  // downbeats: bass drum, not snare
    0.091,    // half bars of four
    2.392,    // rhythm again after a bar
    -0.871,   // pitches again after a bar
    1.870,    // rhythm again after two
    3.629,    // pitches again after two
    1.928,    // rhythm again after half a bar
    -2.805,   // pitches again after half a bar
    -0.064,   // last onset on a downbeat
    0.274,    // last onset on a half bar
    0.795,    // first onset on a downbeat
    0.155,    // whole bars from first to last
    0.104,    // whole fours of bars
    1.999,    // six eighths grouped so
    0.148,    // bar beside 2 s, octaves
    -0.371,   // ... squared
    -1.351,   // 2 eighths
    -0.775,   // 3 eighths
    0.177,    // 4 eighths
    -0.040,   // 2 quarters
    0.691,    // 3 quarters
    1.410,    // 4 quarters
    0.787,    // 2 halves
    -0.375,   // 3 halves
    -0.046,   // 4 halves
    4.213,    // 2 wholes
    1.999,    // 3 wholes
    -1.619,   // 4 wholes
    -3.867,   // 3/8
    -0.285,   // 6/8
    -1.679,   // 9/8
    -3.238,   // 12/8
    0.546,    // ... onsets, 2 eighths
    3.451,    // ... onsets, 3 eighths
    2.823,    // ... onsets, 4 eighths
    3.496,    // ... onsets, 2 quarters
    2.097,    // ... onsets, 3 quarters
    1.874,    // ... onsets, 4 quarters
    1.416,    // ... onsets, 2 halves
    0.493,    // ... onsets, 3 halves
    -0.485,   // ... onsets, 4 halves
    -0.986,   // ... onsets, 2 wholes
    -1.686,   // ... onsets, 3 wholes
    0.748,    // ... onsets, 4 wholes
    4.839,    // ... onsets, 3/8
    2.189,    // ... onsets, 6/8
    0.631,    // ... onsets, 9/8
    1.820,    // ... onsets, 12/8
};

constexpr MetreFeatures kPlayed = {
    4.077,   // weight on beats
    3.407,   // lengths on beats
    2.056,   // bass moves on beats
    1.757,   // simple places
    1.396,   // thirds or halves, as the beat has it
    2.408,   // onsets in a beat, octaves
    -0.512,  // ... squared
    -0.196,  // beat beside 0.5 s, octaves
    -0.231,  // ... squared
    -0.060,  // pulse beside the strongest
    -0.250,  // downbeats: weight
    3.598,   // downbeats: length
    -1.332,  // downbeats: wait
    -0.760,  // downbeats: depth
    1.095,   // downbeats: new harmony
    2.523,   // downbeats: bass moves
    0.580,   // downbeats: bass drum, not snare
    0.338,   // half bars of four
    0.097,   // rhythm again after a bar
    -0.487,  // pitches again after a bar
    0.921,   // rhythm again after two
    4.090,   // pitches again after two
    0.488,   // rhythm again after half a bar
    -1.885,  // pitches again after half a bar
    0.036,   // last onset on a downbeat
    0.036,   // last onset on a half bar
    0.359,   // first onset on a downbeat
    0.145,   // whole bars from first to last
    0.121,   // whole fours of bars
    0.869,   // six eighths grouped so
    0.247,   // bar beside 2 s, octaves
    -0.364,  // ... squared
    -0.022,  // 2 simple
    0.031,   // 3 simple
    0.486,   // 4 simple
    -1.108,  // 1 compound
    -1.566,  // 2 compound
    -0.351,  // 3 compound
    0.521,   // 4 compound
    0.000,   // unused
    0.000,   // unused
    0.000,   // unused
    0.000,   // unused
    0.000,   // unused
    0.000,   // unused
    0.000,   // unused
    0.000,   // unused
    0.000,   // unused
    2.361,   // ... onsets, 2 simple
    1.829,   // ... onsets, 3 simple
    1.743,   // ... onsets, 4 simple
    3.394,   // ... onsets, 1 compound
    2.762,   // ... onsets, 2 compound
    1.626,   // ... onsets, 3 compound
    1.032,   // ... onsets, 4 compound
    0.000,   // ... onsets, unused
    0.000,   // ... onsets, unused
    0.000,   // ... onsets, unused
    0.000,   // ... onsets, unused
    0.000,   // ... onsets, unused
    0.000,   // ... onsets, unused
    0.000,   // ... onsets, unused
    0.000,   // ... onsets, unused
    0.000,   // ... onsets, unused
};

}  // namespace

double worth_of(const MetreFeatures& features, bool is_written) {
  const MetreFeatures& weights = is_written ? kWritten : kPlayed;
  double sum = 0.0;
  for (size_t i = 0; i < kMetreFeatures; ++i) sum += weights[i] * features[i];
  return sum;
}

}  // namespace motet::theory
