// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "motet/score/score.h"
#include "motet/theory/chord.h"
#include "motet/theory/key.h"

namespace motet {

/// What a numeral is besides a chord on a degree.
enum class NumeralKind : uint8_t {
  kPlain,
  kApplied,           ///< the dominant of another degree: V7/V, viio7/ii
  kCadentialSixFour,  ///< Cad64: the tonic triad over the fifth, going to V
  kNeapolitan,        ///< the major triad on the lowered second degree
  kItalianSixth,      ///< flat 6, 1, sharp 4
  kFrenchSixth,       ///< ... and 2
  kGermanSixth,       ///< ... and flat 3
};

/// A chord as a degree of a key, for a stretch of time.
struct RomanNumeral {
  Ticks begin;
  Ticks end;
  Key key;             ///< the local key
  int degree = 1;      ///< 1..7; of an applied chord, in the key of `applied_to`: 5 or 7
  int alteration = 0;  ///< of the degree, against major, or natural minor: -1 flat, 1 sharp. The
                       ///< leading-note chords of minor have 0, as viio is understood there.
  NumeralKind kind = NumeralKind::kPlain;
  ChordQuality quality = ChordQuality::kMajor;  ///< of a sixth: as it sounds, kDominant7 for German
  int inversion = 0;                            ///< 0 root position .. 3 seventh in the bass
  int applied_to = 0;                           ///< 1..7 of an applied chord, else 0
  int root = 0;                                 ///< pitch class; of It and Fr: sharp 4
  int bass = 0;                                 ///< pitch class
  auto operator<=>(const RomanNumeral&) const = default;
};

/// "V65/V", "viio7/ii", "iiø65", "Cad64", "bII6", "Ger65", "It6", "Fr43", "bVI", "Imaj7" as "I7".
/// The spelling is RomanText's: upper case for major and augmented (+), lower for minor, o for
/// diminished, ø for half-diminished.
std::string figure_of(const RomanNumeral& numeral);

/// What an applied chord's slash says: "V" in V7/V; empty for any other.
std::string target_of(const RomanNumeral& numeral);

/// The chord that sounds; nothing for It and Fr, which are none of the ten qualities.
std::optional<Chord> chord_of(const RomanNumeral& numeral);

/// A stretch in one key.
struct KeySpan {
  Ticks begin;
  Ticks end;
  Key key;
  auto operator<=>(const KeySpan&) const = default;
};

struct RomanOptions {
  /// Lean to the two keys of the key signature where the notes agree with it.
  bool use_signature = true;
};

/// The harmony in Roman numerals: local key, degree, quality, inversion, applied chords, Neapolitan
/// and augmented sixths, mixture, cadential six-fours. The spans cover the time from the first note
/// to the end of the last one without gaps; empty when no pitched note sounds. Neighbours differ in
/// more than time.
///
/// One best path through (key, numeral) pairs over segments of at most sixteen slices: how well the
/// sounding pitch classes fit chord and key (notes that steps follow count less), bass, missing
/// chord tones, how usual the numeral and its successor are, where in the bar and over which bass
/// chords change, how far a modulation goes, and full closes, which confirm their key. All weights
/// were set by hand from the literature; none was fitted. Where dominant sevenths sound for half of
/// the time and do not go down a fifth, the music is blues, and I7 and IV7 are chords like others.
/// source  segments with template costs:
/// Pardo and Birmingham, "Algorithms for Chordal Analysis",
///         CMJ 26(2), 2002; key and chord as one hidden state: Raphael and Stoddard, "Functional
///         Harmonic Analysis Using Probabilistic Models", CMJ 28(3), 2004; metrical strength of
///         changes and ornamental notes: Temperley 2001, ch. 6; numeral frequencies: Rohrmeier and
///         Cross, "Statistical Properties of Tonal Harmony in Bach's Chorales", ICMPC 2008
std::vector<RomanNumeral> roman_numerals(const Score& score, RomanOptions options = {});

/// The local keys of an analysis: neighbours in one key joined.
std::vector<KeySpan> keys_of(const std::vector<RomanNumeral>& numerals);

/// The local keys of a score, from its Roman numerals.
std::vector<KeySpan> local_keys(const Score& score, RomanOptions options = {});

/// The analysis as RomanText: a header, then a line a bar: "m3 b1 C: I6 b2 V65/V". Beats are
/// counted as RomanText does: dotted quarters in 6/8, the bar in 3/8, halves in 2/2. A short first
/// bar is m0.
/// source  Tymoczko, Gotham, Cuthbert and Ariza, "The RomanText Format", ISMIR 2019
std::string write_romantext(const Score& score, const std::vector<RomanNumeral>& numerals);

}  // namespace motet
