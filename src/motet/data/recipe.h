// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace motet::data {

/// How often which pieces are drawn in training. A table gives a factor to a name, or to "*": all
/// that it does not name; 1 where it names neither.
struct Mixture {
  using Table = std::map<std::string, double>;  ///< factors, 0 or more
  Table source;                                 ///< by collection
  Table style;                                  ///< by a name of tokens::styles()
  Table licence;                                ///< by SPDX identifier
  /// A collection of n tokens weighs n^exponent: 1 draws every piece equally often, 0 every
  /// collection, whatever their sizes.
  double exponent = 1.0;  ///< 0..1

  static double factor(const Table& table, const std::string& name);
};

/// What makes a piece difficult.
enum class Difficulty : uint8_t {
  kNone,     ///< the order of the corpus
  kLength,   ///< tokens
  kDensity,  ///< onsets a quarter and part
  kEntropy,  ///< of its own tokens, bits a token
};

/// In which order training pieces stand in their shard.
struct Order {
  Difficulty by = Difficulty::kNone;
  bool hardest_first = false;
};

/// How a training piece is varied; nothing is by default.
struct Augmentation {
  int copies = 0;           ///< 0..64 beside the piece itself
  int lowest = 0;           ///< semitones, -11..0
  int highest = 0;          ///< semitones, 0..11
  double slowest = 1.0;     ///< 0.25..1 of its tempo
  double fastest = 1.0;     ///< 1..4 of its tempo
  int velocity = 0;         ///< 0..64: up to so much louder or softer, each note by itself
  double drop_parts = 0.0;  ///< 0..1: how likely each part is left out; one stays
};

/// What `motet data prepare --recipe` reads: a JSON object such as
///
///     {"seed": 1,
///      "mixture": {"exponent": 0.5, "source": {"groove": 0}, "style": {"waltz": 3},
///                  "licence": {"CC0-1.0": 2}},
///      "order": {"by": "entropy", "first": "easiest"},
///      "augment": {"copies": 2, "transpose": [-3, 4], "tempo": [0.8, 1.25], "velocity": 8,
///                  "drop_parts": 0.2}}
///
/// All fields may be missing.
struct Recipe {
  uint64_t seed = 1;
  bool has_mixture = false;
  Mixture mixture;
  Order order;
  Augmentation augment;
};

/// Throws Error(kInvalidFile) naming the field that is unknown, of the wrong type or out of range,
/// and what was expected.
Recipe read_recipe(const std::filesystem::path& path);

}  // namespace motet::data
