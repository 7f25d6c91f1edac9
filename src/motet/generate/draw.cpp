// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/draw.h"

#include <cassert>
#include <cmath>
#include <limits>

namespace motet::generate {
namespace {

/// Weights may be such that a sum overflows: what is no number is the least likely of all.
float finite(float logit) {
  return std::isfinite(logit) ? logit : std::numeric_limits<float>::lowest();
}

}  // namespace

Drawer::Drawer(const SamplingConfig& config, uint64_t seed) : config_(config), random_(seed, 0) {
  config_.validate();
}

int32_t Drawer::among(std::span<const float> logits, std::span<const int32_t> candidates) {
  assert(!candidates.empty());
  weights_.clear();
  for (const int32_t id : candidates) weights_.push_back(finite(logits[static_cast<size_t>(id)]));
  while (heirs_.size() < candidates.size()) heirs_.push_back(static_cast<int32_t>(heirs_.size()));
  const auto heirs = std::span<const int32_t>(heirs_).first(candidates.size());
  const int32_t place = sample(weights_, heirs, config_, random_.uniform(step_++));
  return candidates[static_cast<size_t>(place)];
}

}  // namespace motet::generate
