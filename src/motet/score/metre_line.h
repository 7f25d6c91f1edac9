// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "motet/score/score.h"

namespace motet {

constexpr int kMostBeats = 255;
constexpr int kFinestBeat = 128;

/// A time signature as it is printed, or hidden.
struct MetreSign {
  int numerator = 4;    ///< 1..kMostBeats
  int denominator = 4;  ///< a power of two, 1..kFinestBeat
  bool is_hidden = false;
};

/// Lays measures end to end and says which metre changes that makes. A measure of another length
/// than its sign says (an upbeat, a cadenza) needs no sign in MusicXML or ABC, but does in a Score:
/// a hidden metre change. Readers and writers share this, so that each knows what the other does.
class MetreLine {
 public:
  explicit MetreLine(int ticks_per_quarter) : whole_(int64_t{4} * ticks_per_quarter) {}

  /// The changes at `at`, where a measure of `length` begins, with a sign of its own or without.
  std::vector<MetreChange> place(Ticks at, Ticks length, const std::optional<MetreSign>& sign);

  /// The change after the last measure: one where it was cut short.
  std::vector<MetreChange> finish(Ticks at) const;

  /// How long a bar is by its sign.
  Ticks bar_of(const MetreSign& sign) const;

  /// The sign in force.
  const MetreSign& nominal() const { return nominal_; }
  /// The longest measure there can be.
  Ticks longest() const { return {kMostBeats * whole_}; }

 private:
  MetreSign sign_for(Ticks length) const;

  int64_t whole_;
  MetreSign nominal_;          ///< what the last sign says
  MetreSign ruling_;           ///< what the last change says, hidden or not
  bool needs_anchor_ = false;  ///< the last measure was cut short
};

}  // namespace motet
