// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "motet/score/score.h"

namespace motet {

/// Semitones above C of the letters A to G.
inline constexpr std::array<int, 7> kLetterPitchClasses = {9, 11, 0, 2, 4, 5, 7};

struct Key {
  int tonic = 0;  ///< pitch class, 0..11; 0 is C
  Mode mode = Mode::kMajor;
  auto operator<=>(const Key&) const = default;
};

/// "A minor", "B-flat major"; the spelling with the fewest accidentals in its signature.
std::string name_of(Key key);

/// Reads "A minor", "Am", "a", "a:" (Humdrum; lower case minor), "Bb", "B-flat major", "f#",
/// "C# min", "Eb maj". Nothing when it is no key, or a church mode ("e:phr"). The case of a lone
/// letter decides the mode.
std::optional<Key> parse_key(std::string_view text);

/// Up to `count` key names nearest to a misspelt one, nearest first. Knows that German H is B.
std::vector<std::string> nearest_keys(std::string_view text, size_t count);

/// Sharps (above 0) or flats (below) in the signature: -6..6 here; G-flat major is chosen over
/// F-sharp major.
int fifths_of(Key key);
Key key_of_signature(int fifths, Mode mode);

/// Semitones, -6..5, that move a key to C major or A minor, the keys without signature.
int semitones_to_home(Key key);

/// How much each pitch class sounds: [12], in quarters, drums left out.
std::array<double, 12> pitch_class_profile(const Score& score);

struct KeyEstimate {
  Key key;
  double correlation = 0.0;  ///< Pearson, -1..1; 0 when nothing sounds
  double margin = 0.0;       ///< above the second best; 0 when nothing sounds
};

/// The key whose profile fits best. Of a score, the keys on the last bass note are favoured a
/// little; the margin counts that favour, the correlation does not. Which profile was chosen and
/// why is in the source file. C major when nothing sounds, or all pitch classes alike.
/// source  method: Krumhansl, "Cognitive Foundations of Musical Pitch", 1990, ch. 4
KeyEstimate estimate_key(const Score& score);
KeyEstimate estimate_key(const std::array<double, 12>& profile);

struct KeyOptions {
  /// Favour the two keys of the first key signature. A file may be signed without being asked.
  bool use_signature = false;
};

/// The key of a whole score, better than estimate_key finds it (docs/evaluation.md): the mean of
/// two profiles' correlations, and what the first and the last bass note and, when asked, the
/// signature say. `estimate_key` stays what the tokens of shipped models were made with. source
/// profiles: Bellman 2005 after Budge 1943; Albrecht and Shanahan, "The Use of Large Corpora
///         to Train a New Type of Key-Finding Algorithm", Music Perception 31(1), 2013
KeyEstimate find_key(const Score& score, KeyOptions options = {});

}  // namespace motet
