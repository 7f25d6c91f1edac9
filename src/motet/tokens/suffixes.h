// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "motet/tokens/subword_model.h"

namespace motet::tokens {

struct Substring {
  Symbols text;
  uint64_t count = 0;  ///< places in distinct words
};

/// The substrings of 2 to max_length symbols that stand at two places or more and that no longer
/// one stands for (every place has the same next symbol, and there is room for it), by
/// count * length from the highest, at most `limit` of them. From an array of suffixes sorted to
/// that depth.
///
/// throws  Error(kInvalidArgument) above 2^32 - 2 symbols in distinct words
std::vector<Substring> frequent_substrings(std::span<const CountedWord> words, size_t max_length,
                                           size_t limit);

}  // namespace motet::tokens
