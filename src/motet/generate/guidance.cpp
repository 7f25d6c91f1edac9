// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/guidance.h"

#include <algorithm>
#include <array>
#include <optional>

#include "motet/theory/chord.h"
#include "motet/tokens/vocabulary.h"

namespace motet::generate {
namespace {

using tokens::Kind;

// Natural logarithms of how much rarer or more frequent a thing becomes.
constexpr float kForeign = -0.4F;
constexpr float kNoHarmony = -3.0F;
constexpr float kTonic = 1.0F;
constexpr float kDominant = 0.7F;
constexpr float kRelativeMajor = -0.7F;  ///< in minor: III and VII draw towards the relative major
constexpr float kHomecoming = 3.0F;
constexpr float kClosingTonic = 1.5F;
constexpr float kClosingForeign = -1.0F;
constexpr float kAwayAtTheEnd = -2.0F;  ///< so that the last bar does not leave home again

// By degree above the tonic. Minor has both sevenths and, rarer, the raised sixth.
constexpr std::array<float, 12> kMajorScale = {0.0F, kForeign, 0.0F, kForeign, 0.0F, 0.0F, kForeign,
                                               0.0F, kForeign, 0.0F, kForeign, 0.0F};
constexpr std::array<float, 12> kMinorScale = {0.0F,     kForeign, 0.0F, 0.0F,  kForeign, 0.0F,
                                               kForeign, 0.0F,     0.0F, -0.3F, -0.2F,    -0.1F};

int degree_of(int pitch_class, Key key) { return (pitch_class - key.tonic + 12) % 12; }

/// What a pitch class weighs in a key.
float weight_of(int pitch_class, Key key) {
  const auto degree = static_cast<size_t>(degree_of(pitch_class, key));
  return (key.mode == Mode::kMajor ? kMajorScale : kMinorScale)[degree];
}

/// What a pitch class weighs besides in the last bar: the tonic's triad closes, the tonic most.
float closing_weight(int pitch_class, Key key) {
  const int degree = degree_of(pitch_class, key);
  const int third = key.mode == Mode::kMajor ? 4 : 3;
  if (degree == 0) return kClosingTonic;
  return degree == third || degree == 7 ? 0.0F : kClosingForeign;
}

bool is_tonic(const Chord& chord, Key key) {
  const ChordQuality quality =
      key.mode == Mode::kMajor ? ChordQuality::kMajor : ChordQuality::kMinor;
  return chord.root == key.tonic && chord.quality == quality;
}

/// What a chord weighs by its function; nothing where its notes alone decide.
std::optional<float> function_weight(const Chord& chord, Key key) {
  constexpr int kThird = 3;
  constexpr int kFifth = 7;
  constexpr int kSeventh = 10;
  const int degree = degree_of(chord.root, key);
  const bool is_major = chord.quality == ChordQuality::kMajor;
  const bool is_dominant = is_major || chord.quality == ChordQuality::kDominant7;
  if (is_tonic(chord, key)) return kTonic;
  if (degree == kFifth && is_dominant) return kDominant;
  if (key.mode == Mode::kMinor && is_dominant && (degree == kThird || degree == kSeventh)) {
    return kRelativeMajor;
  }
  return std::nullopt;
}

float weight_of(const Chord& chord, Key key) {
  if (const auto weight = function_weight(chord, key)) return *weight;
  const uint16_t classes = pitch_classes(chord);
  float weight = 0.0F;
  for (int pitch_class = 0; pitch_class < 12; ++pitch_class) {
    if ((classes >> pitch_class & 1) != 0) weight = std::min(weight, weight_of(pitch_class, key));
  }
  return weight;
}

}  // namespace

void Guidance::apply(bool is_last_bar, std::span<float> logits) const {
  const std::vector<float>& weights = is_last_bar ? last_bar : everywhere;
  for (size_t id = 0; id < weights.size(); ++id) logits[id] += weights[id];
}

Guidance key_guidance(Key key) {
  Guidance guidance;
  guidance.everywhere.assign(static_cast<size_t>(tokens::vocabulary_size()), 0.0F);
  const auto at = [](Kind kind, int value) { return static_cast<size_t>(token(kind, value)); };
  for (int pitch = 0; pitch < 128; ++pitch) {
    guidance.everywhere[at(Kind::kPitch, pitch)] = weight_of(pitch % 12, key);
  }
  guidance.everywhere[at(Kind::kChord, tokens::kNoChord)] = kNoHarmony;
  guidance.last_bar = guidance.everywhere;
  for (int pitch = 0; pitch < 128; ++pitch) {
    guidance.last_bar[at(Kind::kPitch, pitch)] += closing_weight(pitch % 12, key);
  }
  for (int value = 0; value < tokens::kNoChord; ++value) {
    const Chord chord{value / tokens::kChordQualityCount,
                      static_cast<ChordQuality>(value % tokens::kChordQualityCount)};
    guidance.everywhere[at(Kind::kChord, value)] = weight_of(chord, key);
    guidance.last_bar[at(Kind::kChord, value)] =
        is_tonic(chord, key) ? kHomecoming : weight_of(chord, key) + kAwayAtTheEnd;
  }
  return guidance;
}

}  // namespace motet::generate
