// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "motet/theory/evidence.h"
#include "motet/theory/roman_vocabulary.h"

namespace motet::theory {

/// A stretch of slices [first, last) with its key and numeral.
struct Segment {
  size_t first = 0;
  size_t last = 0;
  Key key;
  size_t numeral = 0;  ///< in vocabulary_of(key.mode)
};

/// The signature to lean to, as fifths, while slices from `first` on sound; nothing for none.
struct Signature {
  size_t first = 0;
  std::optional<int> fifths;
};

/// The best path; see roman_numerals. `signatures` is sorted and may be empty.
std::vector<Segment> best_segments(const Evidence& evidence,
                                   const std::vector<Signature>& signatures,
                                   Idiom idiom = Idiom::kCommon);

/// The distance of two keys: fifths between their signatures, a little more to another mode, and
/// the parallel key as near as the next but one. 0 for the same key.
/// source  after the key space of Krumhansl 1990, ch. 2, and Weber's table of 1824
double key_distance(Key a, Key b);

}  // namespace motet::theory
