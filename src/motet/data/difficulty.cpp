// SPDX-License-Identifier: Apache-2.0
#include "motet/data/difficulty.h"

#include <cmath>
#include <map>

#include "motet/theory/features.h"

namespace motet::data {

double entropy_of(std::span<const uint16_t> ids) {
  std::map<uint16_t, uint64_t> counts;  // in order, so that the sum is the same everywhere
  for (const uint16_t id : ids) ++counts[id];
  double bits = 0.0;
  for (const auto& [id, count] : counts) {
    const double share = static_cast<double>(count) / static_cast<double>(ids.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

double difficulty_of(Difficulty by, const Score& score, std::span<const uint16_t> ids) {
  switch (by) {
    case Difficulty::kNone:
      return 0.0;
    case Difficulty::kLength:
      return static_cast<double>(ids.size());
    case Difficulty::kDensity:
      return onset_density(score);
    case Difficulty::kEntropy:
      return entropy_of(ids);
  }
  return 0.0;
}

}  // namespace motet::data
