// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/guidance.h"

#include <algorithm>
#include <array>

#include "motet/theory/chord.h"
#include "motet/tokens/vocabulary.h"

namespace motet::generate {
namespace {

using tokens::Kind;

// Natural logarithms of how much rarer a thing becomes.
constexpr float kForeignPitch = -1.5F;
constexpr float kRaisedDegree = -0.5F;
constexpr float kForeignChord = -1.5F;
constexpr float kNoHarmony = -3.0F;
constexpr float kHomecoming = 3.0F;

constexpr std::array<int, 7> kMajorScale = {0, 2, 4, 5, 7, 9, 11};
constexpr std::array<int, 7> kMinorScale = {0, 2, 3, 5, 7, 8, 10};
constexpr std::array<int, 2> kRaised = {9, 11};  // of minor: the melodic and harmonic forms

int degree_of(int pitch_class, Key key) { return (pitch_class - key.tonic + 12) % 12; }

/// What a pitch class costs in a key.
float weight_of(int pitch_class, Key key) {
  const int degree = degree_of(pitch_class, key);
  const bool is_minor = key.mode == Mode::kMinor;
  if (std::ranges::count(is_minor ? kMinorScale : kMajorScale, degree) > 0) return 0.0F;
  const bool is_raised = is_minor && std::ranges::count(kRaised, degree) > 0;
  return is_raised ? kRaisedDegree : kForeignPitch;
}

float weight_of(const Chord& chord, Key key) {
  const uint16_t classes = pitch_classes(chord);
  float weight = 0.0F;
  for (int pitch_class = 0; pitch_class < 12; ++pitch_class) {
    if ((classes >> pitch_class & 1) != 0) weight = std::min(weight, weight_of(pitch_class, key));
  }
  return std::max(weight, kForeignChord);
}

bool is_tonic(const Chord& chord, Key key) {
  const ChordQuality quality =
      key.mode == Mode::kMajor ? ChordQuality::kMajor : ChordQuality::kMinor;
  return chord.root == key.tonic && chord.quality == quality;
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
  for (int value = 0; value < tokens::kNoChord; ++value) {
    const Chord chord{value / tokens::kChordQualityCount,
                      static_cast<ChordQuality>(value % tokens::kChordQualityCount)};
    guidance.everywhere[at(Kind::kChord, value)] = weight_of(chord, key);
    guidance.last_bar[at(Kind::kChord, value)] =
        is_tonic(chord, key) ? kHomecoming : weight_of(chord, key);
  }
  return guidance;
}

}  // namespace motet::generate
