// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/harmony.h"

#include "motet/theory/chord.h"

namespace motet {

std::vector<ChordSymbol> harmony_of(const Score& score) {
  std::vector<ChordSymbol> symbols;
  for (const ChordSpan& span : label_chords(score)) {
    symbols.push_back({span.begin, span.chord ? name_of(*span.chord) : "N.C."});
  }
  return symbols;
}

}  // namespace motet
