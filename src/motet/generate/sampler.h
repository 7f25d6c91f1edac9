// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace motet::generate {

/// How a token is drawn. The filters work one after the other, each on what the last one left.
struct SamplingConfig {
  float temperature = 1.0F;  ///< 0..5; 0 always takes the likeliest
  int top_k = 0;             ///< the k likeliest; 0 is all
  float top_p = 1.0F;        ///< (0, 1]: the likeliest that together reach p. Holtzman et al. 2020
  float min_p = 0.0F;        ///< 0..1: at least this share of the likeliest. Nguyen et al. 2024

  /// Throws Error(kInvalidArgument) naming the field, its range and what was given.
  void validate() const;
};

/// Marks an id that may not be chosen and whose probability is lost.
inline constexpr int32_t kForbidden = -1;

/// Draws one id among those that are allowed.
///
/// logits   [V]
/// heirs    [V]: the id that gets an id's probability. An allowed id is its own heir; a forbidden
///          one leaves its probability to the allowed id that means nearest the same, or to nobody
///          (kForbidden). At least one id is its own heir.
/// uniform  in [0, 1): the only source of chance
/// Ties go to the smaller id, and exp is our own, so that the same numbers give the same id on any
/// machine.
int32_t sample(std::span<const float> logits, std::span<const int32_t> heirs,
               const SamplingConfig& config, double uniform);

}  // namespace motet::generate
