// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/guidance.h"

#include <gtest/gtest.h>

#include "motet/tokens/vocabulary.h"

namespace motet::generate {
namespace {

float weight(const std::vector<float>& weights, const char* name) {
  return weights.at(static_cast<size_t>(tokens::find_token(name).value()));
}

TEST(Guidance, LeansToTheScale) {
  const Guidance c_major = key_guidance({0, Mode::kMajor});
  EXPECT_EQ(weight(c_major.everywhere, "Pitch_60"), 0.0F);
  EXPECT_LT(weight(c_major.everywhere, "Pitch_61"), 0.0F);
  EXPECT_LT(weight(c_major.everywhere, "Chord_Ebm"), weight(c_major.everywhere, "Chord_G7"));
  EXPECT_LT(weight(c_major.everywhere, "Chord_N.C."), 0.0F);
}

TEST(Guidance, InMinorBothSeventhsAreAtHomeAndTheRelativeMajorIsNot) {
  const Guidance a_minor = key_guidance({9, Mode::kMinor});
  EXPECT_GT(weight(a_minor.everywhere, "Pitch_68"), weight(a_minor.everywhere, "Pitch_70"));
  EXPECT_GT(weight(a_minor.everywhere, "Pitch_67"), weight(a_minor.everywhere, "Pitch_70"));
  EXPECT_GT(weight(a_minor.everywhere, "Chord_Am"), weight(a_minor.everywhere, "Chord_Dm"));
  EXPECT_GT(weight(a_minor.everywhere, "Chord_E7"), weight(a_minor.everywhere, "Chord_Dm"));
  EXPECT_LT(weight(a_minor.everywhere, "Chord_C"), weight(a_minor.everywhere, "Chord_Dm"));
}

TEST(Guidance, TheLastBarComesHome) {
  const Guidance a_minor = key_guidance({9, Mode::kMinor});
  EXPECT_GT(weight(a_minor.last_bar, "Chord_Am"), weight(a_minor.everywhere, "Chord_Am"));
  EXPECT_LT(weight(a_minor.last_bar, "Chord_Dm"), weight(a_minor.everywhere, "Chord_Dm"));
  EXPECT_GT(weight(a_minor.last_bar, "Pitch_57"), weight(a_minor.everywhere, "Pitch_57"));
  EXPECT_EQ(weight(a_minor.last_bar, "Pitch_60"), weight(a_minor.everywhere, "Pitch_60"));
  EXPECT_LT(weight(a_minor.last_bar, "Pitch_59"), weight(a_minor.everywhere, "Pitch_59"));
}

TEST(Guidance, DrumsRhythmAndFormAreLeftAlone) {
  const Guidance guidance = key_guidance({3, Mode::kMajor});
  for (tokens::TokenId id = 0; id < tokens::vocabulary_size(); ++id) {
    const tokens::Kind kind = tokens::meaning(id).kind;
    if (kind == tokens::Kind::kPitch || kind == tokens::Kind::kChord) continue;
    EXPECT_EQ(guidance.everywhere[static_cast<size_t>(id)], 0.0F) << tokens::name_of(id);
  }
}

TEST(Guidance, AnEmptyOneChangesNothing) {
  std::vector<float> logits = {1.0F, 2.0F};
  Guidance{}.apply(false, logits);
  Guidance{}.apply(true, logits);
  EXPECT_EQ(logits, (std::vector<float>{1.0F, 2.0F}));
}

}  // namespace
}  // namespace motet::generate
