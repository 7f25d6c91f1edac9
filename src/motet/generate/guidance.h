// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "motet/theory/key.h"

namespace motet::generate {

/// Leans a model towards what was asked for, where the grammar has nothing to say: a weight that is
/// added to the logits before an id is drawn. It makes the unlikely rarer and forbids nothing.
struct Guidance {
  std::vector<float> everywhere;  ///< [V] or empty
  std::vector<float> last_bar;    ///< [V] or empty; instead of `everywhere`, in the last bar

  void apply(bool is_last_bar, std::span<float> logits) const;
};

/// Leans towards a key: pitches and chords outside its scale become rarer, its tonic and dominant
/// chords more frequent; in minor the chords of the relative major rarer; a bar without harmony
/// much rarer; and the last bar comes home to the tonic chord. source  which notes and chords
/// belong to a key: Aldwell, Schachter and Cadwallader, "Harmony and
///         Voice Leading", 4th ed., 2011, units 1 and 5; the weights are ours, in
///         docs/evaluation.md
Guidance key_guidance(Key key);

}  // namespace motet::generate
