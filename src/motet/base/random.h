// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace motet {

/// A counter-based random number generator: a pure function from (seed, stream, step) to bits, so
/// that a batch of eight is eight single runs and nothing depends on order or threads.
///
/// Philox-4x32-10. Source: Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as
/// 1, 2, 3", SC 2011, section 3.3; the constants are the paper's.
class Random {
 public:
  Random(uint64_t seed, uint64_t stream) : seed_(seed), stream_(stream) {}

  /// Four independent uniform 32-bit words for this step. Any step may be asked in any order.
  std::array<uint32_t, 4> bits(uint64_t step) const noexcept;

  /// Uniform in [0, 1), with 53 random bits.
  double uniform(uint64_t step) const noexcept;

  /// Uniform in 0 .. count-1; count at least 1. Bias is below 2^-53 * count.
  uint64_t below(uint64_t count, uint64_t step) const noexcept {
    return static_cast<uint64_t>(uniform(step) * static_cast<double>(count));
  }

 private:
  uint64_t seed_;
  uint64_t stream_;
};

}  // namespace motet
