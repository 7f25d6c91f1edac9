// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "motet/theory/roman.h"

namespace motet::theory {

/// What a chord does in its key.
enum class Role : uint8_t { kTonic, kPredominant, kDominant, kOther };

/// A numeral that may be heard in a mode, as pitch classes above the tonic.
struct Numeral {
  int degree;
  int alteration;
  ChordQuality quality;
  NumeralKind kind;
  int applied_to;  ///< 0, or the degree it is the dominant of
  Role role;
  double log_prior;
  int root;            ///< 0..11
  int target_root;     ///< of an applied chord; -1 for others
  unsigned mask;       ///< bit 0 is the tonic of the key
  size_t chord_index;  ///< (quality or sixth) * 12 + root: what missing tones depend on
};

/// Templates that missing tones are counted of: the ten qualities, It and Fr.
inline constexpr size_t kTemplates = kChordQualities + 2;

/// All numerals of a mode, and how well each goes to each: log-weights, to's frequency included.
struct Vocabulary {
  std::vector<Numeral> numerals;
  std::vector<std::vector<double>> follows;  ///< [from][to]
  std::vector<double> most_welcome;          ///< [to]: the most of follows
  std::vector<double> begins;                ///< [to]: as the first chord in a key
  std::vector<double> ends;                  ///< [from]: as the last chord in a key
};

/// Common practice, or blues, whose tonic and subdominant are dominant sevenths at rest.
enum class Idiom : uint8_t { kCommon, kBlues };

/// The numerals and their order are the same in both idioms. What differs is how usual they are.
/// source  blues: Van der Merwe, "Origins of the Popular Style", 1989, ch. 11 and 16; de Clercq and
///         Temperley, "A Corpus Analysis of Rock Harmony", Popular Music 30(1), 2011
const Vocabulary& vocabulary_of(Mode mode, Idiom idiom = Idiom::kCommon);

/// Semitones above the tonic of a degree, 1..7: major, or natural minor.
int degree_semitones(Mode mode, int degree);

}  // namespace motet::theory
