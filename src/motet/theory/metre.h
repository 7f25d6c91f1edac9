// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "motet/score/score.h"

namespace motet {

struct Beat {
  Seconds at;
  int in_bar = 0;  ///< 0 is the downbeat
};

/// Where the beats and bars of music lie that nobody has barred.
struct MetreGuess {
  int numerator = 4;        ///< 2, 3 or 4 over 4; 3, 6, 9 or 12 over 8, where beats divide in three
  int denominator = 4;      ///< 4 or 8
  std::vector<Beat> beats;  ///< from at or before the first onset to after the last; 2 at least
  double confidence = 0.0;  ///< 0..1: the share of belief in bars of this length, divided so
  int beats_in_bar() const { return denominator == 8 ? numerator / 3 : numerator; }
};

/// Infers beats, downbeats and metre from the times of notes alone: metre changes and tempo of the
/// score are not read but for the tempo map's seconds. Works on performances whose tempo drifts.
/// Beats come from autocorrelation and dynamic programming (four pulses are tried) or, where notes
/// lie on simple fractions of the score's quarters, as in a file made from notation, from the
/// notation: eighths to whole notes and dotted quarters. Every number of beats in a bar and every
/// first beat is then weighed: what accents the downbeats (notes, long notes, low notes, changes of
/// harmony and of bass, drums), how rhythm and pitches repeat after a bar, how much lies on the
/// beats, how dense they are, where the piece begins and ends. The weights of that sum, and nothing
/// else, were fitted (tools/fit_metre.py), on pieces of other works than those it is measured on.
/// Six eighths are 3/4 or 6/8 by whether the fourth of them or the third and fifth are accented.
///
/// returns  no beats when fewer than two onsets sound
/// throws   Error(kInvalidFile) when the music lasts over six hours
/// source   beats: Ellis, "Beat Tracking by Dynamic Programming", JNMR 36(1), 2007; accents: the
///          metrical preference rules of Lerdahl and Jackendoff 1983 as weighed by Temperley, "The
///          Cognition of Basic Musical Structures", 2001, ch. 2; repetition: Brown, "Determination
///          of the Meter of Musical Scores by Autocorrelation", JASA 94(4), 1993; the choice among
///          hypotheses: McFadden, "Conditional Logit Analysis", 1974
MetreGuess infer_metre(const Score& score);

}  // namespace motet
