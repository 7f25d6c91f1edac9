// SPDX-License-Identifier: Apache-2.0
#include "motet/score/metre_line.h"

#include <algorithm>

namespace motet {
namespace {

bool is_same(const MetreSign& a, const MetreSign& b) {
  return a.numerator == b.numerator && a.denominator == b.denominator;
}

MetreChange change_of(Ticks at, const MetreSign& sign, bool is_hidden) {
  return {at, sign.numerator, sign.denominator, is_hidden};
}

}  // namespace

Ticks MetreLine::bar_of(const MetreSign& sign) const {
  return {std::max<int64_t>(1, whole_ * sign.numerator / sign.denominator)};
}

/// The metre of which a bar lasts `length`, or else a little longer. Its beats are those of the
/// sign in force where they can be, else as large as they can be.
MetreSign MetreLine::sign_for(Ticks length) const {
  const auto beats = [&](int denominator) {
    return (length.value * denominator + whole_ - 1) / whole_;
  };
  const auto fits = [&](int denominator) {
    return beats(denominator) <= kMostBeats &&
           beats(denominator) * whole_ == length.value * denominator;
  };
  const auto sign = [&](int denominator) {
    return MetreSign{static_cast<int>(beats(denominator)), denominator, true};
  };
  if (fits(nominal_.denominator)) return sign(nominal_.denominator);
  for (int denominator = 1; denominator <= kFinestBeat; denominator *= 2) {
    if (fits(denominator)) return sign(denominator);
  }
  int finest = 1;
  while (finest < kFinestBeat && beats(2 * finest) <= kMostBeats) finest *= 2;
  return sign(finest);
}

std::vector<MetreChange> MetreLine::place(Ticks at, Ticks length,
                                          const std::optional<MetreSign>& sign) {
  std::vector<MetreChange> changes;
  if (sign) {
    changes.push_back(change_of(at, *sign, sign->is_hidden));
    nominal_ = ruling_ = *sign;
    needs_anchor_ = false;
  }
  const MetreSign wanted = length <= bar_of(nominal_) ? nominal_ : sign_for(length);
  if (needs_anchor_ || !is_same(ruling_, wanted)) {
    changes.push_back(change_of(at, wanted, true));
    ruling_ = wanted;
  }
  needs_anchor_ = length < bar_of(ruling_);
  return changes;
}

std::vector<MetreChange> MetreLine::finish(Ticks at) const {
  if (!needs_anchor_) return {};
  return {change_of(at, ruling_, true)};
}

}  // namespace motet
