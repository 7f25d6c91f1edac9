// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "motet/nn/rotary.h"

namespace motet::nn {

/// The rotations that rotary positions need: cos and sin of position * frequency.
/// Source: Su et al., "RoFormer", 2021, section 3.2.2.
///
/// All arithmetic is IEEE double addition, multiplication and division, never the machine's libm,
/// so that every computer gets the same bits. A pass asks for the same positions in every layer;
/// the last ones asked for are kept.
class RotaryTable {
 public:
  /// Rows b * length + t for position firsts[b] + t.
  /// head_size even, theta at least 1, length at least 1.
  void prepare(int64_t head_size, const RopeConfig& config, std::span<const int64_t> firsts,
               int64_t length);

  /// [S/2] of a row of the last prepare().
  const float* cosine(int64_t row) const { return cosine_.data() + row * (head_size_ / 2); }
  const float* sine(int64_t row) const { return sine_.data() + row * (head_size_ / 2); }

 private:
  int64_t head_size_ = 0;
  RopeConfig config_;
  std::vector<int64_t> firsts_;
  int64_t length_ = 0;
  std::vector<double> frequencies_;   // [S/2]
  std::vector<float> cosine_, sine_;  // [rows, S/2]
};

}  // namespace motet::nn
