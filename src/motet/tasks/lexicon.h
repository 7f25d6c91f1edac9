// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace motet::tasks {

/// What a word or a phrase of a wish means. An empty text or -1 says nothing of that field.
struct Meaning {
  std::string_view phrase;  ///< lower case, one space between words
  std::string_view style = {};
  std::string_view metre = {};
  int tempo = -1;  ///< quarters a minute
  int speed = -1;  ///< per cent of the style's usual tempo: "slow", "fast"
  std::string_view mood = {};
  int density = -1;
  int bars = -1;
  int weight = 1;  ///< of two styles the heavier wins: "a waltz for string quartet"
};
std::span<const Meaning> meanings();

/// Who plays in an orchestra, as the flag --instruments has it.
inline constexpr std::string_view kOrchestra =
    "flute, oboe, clarinet, horn, trumpet, violin, viola, cello";

/// An ensemble and who plays in it, as the flag --instruments has it.
struct Ensemble {
  std::string_view phrase;
  std::string_view instruments;
  std::string_view style = {};  ///< what it suggests where nothing else names a style
};
std::span<const Ensemble> ensembles();

/// Names of instruments that score/instruments.h does not have, because they need a sentence around
/// them: "bass drum" is no bass.
std::span<const Ensemble> instrument_phrases();

/// Kinds of music that the training data lack, so that the program can say so.
std::span<const std::string_view> unknown_styles();

}  // namespace motet::tasks
