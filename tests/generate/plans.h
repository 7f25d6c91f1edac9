// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/base/random.h"
#include "motet/generate/grammar.h"

namespace motet::test {

/// A request like those that people make: 1 to 12 bars, 1 to 5 parts, any metre of up to 4
/// quarters.
inline generate::Plan random_plan(uint64_t seed) {
  const Random random(seed, 21);
  uint64_t at = 0;
  generate::Plan plan;
  const size_t parts = 1 + random.below(5, at++);
  for (size_t i = 0; i < parts; ++i) {
    const bool is_drums = random.uniform(at++) < 0.2;
    const auto program = static_cast<uint8_t>(random.below(104, at++));
    plan.frame.parts.push_back({{is_drums ? uint8_t{0} : program, is_drums}, 20});
  }
  tokens::GridBar bar;
  do {
    bar.metre = static_cast<int>(random.below(tokens::metres().size(), at++));
  } while (tokens::metres()[static_cast<size_t>(bar.metre)].steps() > 96);
  bar.tempo = static_cast<int>(random.below(tokens::tempos().size(), at++));
  bar.cells.resize(parts);
  plan.frame.bars.assign(1 + random.below(12, at++), bar);
  return plan;
}

}  // namespace motet::test
