// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "motet/tasks/sentence.h"
#include "motet/theory/key.h"

namespace motet::tasks {

struct KeyInWords {
  Key key;
  size_t first = 0;
  size_t count = 0;
};

/// The first key that a sentence speaks of: "in A minor", "F# minor", "in the key of B flat",
/// "e-moll", "in Am", "in D dorian" (which is nearest to D minor), "in a minor key" (which leaves
/// the tonic open: A, or C for major).
///
/// Wants the words around it claimed by their own rules first: the article in "in a calm mood", the
/// adjective in "a minor detail" and the "B flat clarinet" are no keys.
std::optional<KeyInWords> find_key(const Sentence& sentence);

}  // namespace motet::tasks
