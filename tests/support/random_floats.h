// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "motet/base/random.h"

namespace motet::test {

/// Seeded numbers, roughly normal, with this standard deviation.
inline std::vector<float> random_floats(size_t count, uint64_t seed, double deviation = 1.0) {
  const Random random(seed, 0);
  std::vector<float> floats(count);
  for (size_t i = 0; i < count; ++i) {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform(2 * i)));
    floats[i] = static_cast<float>(deviation * radius *
                                   std::cos(6.283185307179586 * random.uniform(2 * i + 1)));
  }
  return floats;
}

}  // namespace motet::test
