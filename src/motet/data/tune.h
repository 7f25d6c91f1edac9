// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "motet/base/file.h"
#include "motet/score/score.h"

namespace motet::data {

/// A note of a line. In drum music `pitch` is a hash of the keys that are struck together.
struct LineNote {
  int64_t onset = 0;  ///< ticks
  uint8_t pitch = 0;
  bool operator==(const LineNote&) const = default;
};

/// What is left of a piece when it is to be recognised: the highest and the lowest note at every
/// onset of all parts together. Program, part, velocity and tempo play no role in it.
struct Tune {
  int ticks_per_quarter = 480;
  bool is_drums = false;        ///< nothing but drums: pitches are then no pitches
  std::vector<LineNote> upper;  ///< onsets strictly increase
  std::vector<LineNote> lower;  ///< [as upper], the same onsets; empty where equal to upper
  bool operator==(const Tune&) const = default;

  const std::vector<LineNote>& bass() const noexcept { return lower.empty() ? upper : lower; }
};

/// Drums are left out unless there is nothing else. Notes struck nearly together, within a
/// sixteenth of the piece's longer gaps (their upper quartile), are one onset: so that a strummed
/// chord is one event, and at any tempo the same one.
Tune tune_of(const Score& score);

/// A few bytes a note: what the corpus database keeps. unpack_tune(pack_tune(t)) == t.
Bytes pack_tune(const Tune& tune);

/// Throws Error(kInvalidFile) when the bytes are no packed tune.
Tune unpack_tune(ByteView bytes);

}  // namespace motet::data
