// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "motet/base/random.h"
#include "motet/generate/sampler.h"

namespace motet::generate {

/// Draws one id after the other, each from a list of those that may come: a function of the logits,
/// the seed and how many were drawn before.
class Drawer {
 public:
  /// Throws Error(kInvalidArgument) as SamplingConfig::validate does.
  Drawer(const SamplingConfig& config, uint64_t seed);

  /// logits [V]; candidates are ids below V, ascending, one at least.
  int32_t among(std::span<const float> logits, std::span<const int32_t> candidates);
  /// How many were drawn.
  int64_t count() const noexcept { return static_cast<int64_t>(step_); }

 private:
  SamplingConfig config_;
  Random random_;
  uint64_t step_ = 0;
  std::vector<float> weights_;  // the logits of the candidates
  std::vector<int32_t> heirs_;  // 0, 1, 2, ...: each candidate is its own
};

}  // namespace motet::generate
