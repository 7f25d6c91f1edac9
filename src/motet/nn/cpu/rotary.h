// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "motet/nn/backend.h"

namespace motet::nn {

/// The rotations that rotary positions need: cos and sin of position * frequency j.
/// Source: Su et al., "RoFormer", 2021, section 3.2.2.
///
/// All arithmetic is IEEE double addition, multiplication and division, never the machine's libm,
/// so that every computer gets the same bits. A pass asks for the same positions in every layer;
/// the last ones asked for are kept.
class Rotary {
 public:
  /// head_size even, position at least 0, length at least 1.
  void prepare(int64_t head_size, const RopeConfig& config, int64_t position, int64_t length);

  /// [S/2] for the position + t of the last prepare().
  const float* cosine(int64_t t) const { return cosine_.data() + t * (head_size_ / 2); }
  const float* sine(int64_t t) const { return sine_.data() + t * (head_size_ / 2); }

 private:
  int64_t head_size_ = 0;
  RopeConfig config_ = {.theta = 0.0F};
  int64_t position_ = 0;
  int64_t length_ = 0;
  std::vector<double> frequency_;     // [S/2]
  std::vector<float> cosine_, sine_;  // [length, S/2]
};

}  // namespace motet::nn
