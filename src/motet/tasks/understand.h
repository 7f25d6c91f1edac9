// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "motet/tasks/request.h"

namespace motet::tasks {

/// A field that was found in a sentence.
struct Understood {
  std::string field;  ///< its name in Request
  std::string value;  ///< as a flag would have it: "A minor", "3/4"
  std::string words;  ///< the words that said so, as they were written
  bool operator==(const Understood&) const = default;
};

struct Understanding {
  Request request;
  std::vector<Understood> understood;  ///< in the order of each_field; empty: nothing musical
  std::vector<std::string> notes;      ///< what was seen and could not be followed, a sentence each
};

/// Reads a wish in plain English: "a calm waltz for piano and two violins in A minor, 16 bars".
///
/// By rules, not by a model: the same sentence means the same everywhere, and every field names
/// the words that it came from. What no rule knows is left alone. Never throws for any words.
Understanding understand(std::string_view words);

}  // namespace motet::tasks
