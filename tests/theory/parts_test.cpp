// SPDX-License-Identifier: Apache-2.0
// Spelling, voices and voice leading: what is true of single notes and pairs of parts.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "motet/theory/spelling.h"
#include "motet/theory/voice_leading.h"
#include "motet/theory/voices.h"
#include "tests/theory/passages.h"

namespace motet {
namespace {

using test::passage;

Score unspelled(Score score) {
  for (Part& part : score.parts) {
    for (Note& note : part.notes) note.spelling = kUnspelled;
  }
  return score;
}

void expect_spelt_as_written(const Score& written) {
  Score score = unspelled(written);
  spell_pitches(score);
  for (size_t p = 0; p < score.parts.size(); ++p) {
    for (size_t i = 0; i < score.parts[p].notes.size(); ++i) {
      EXPECT_EQ(name_of_spelling(score.parts[p].notes[i].spelling),
                name_of_spelling(written.parts[p].notes[i].spelling))
          << "part " << p << ", note " << i;
    }
  }
}

TEST(Spelling, NamesKnowTheirPlaceOnTheLineOfFifths) {
  EXPECT_EQ(name_of_spelling(-1), "F");
  EXPECT_EQ(name_of_spelling(0), "C");
  EXPECT_EQ(name_of_spelling(6), "F#");
  EXPECT_EQ(name_of_spelling(-2), "Bb");
  EXPECT_EQ(name_of_spelling(-15), "Fbb");
  EXPECT_EQ(name_of_spelling(19), "B##");
  EXPECT_EQ(name_of_spelling(kUnspelled), "?");
}

TEST(Spelling, LeadingNotesAreSharpAndMinorThirdsFlat) {
  expect_spelt_as_written(
      passage(4, 4, {"C5/1 Eb5 D5 B4 C5 G4 Ab4 G4 F4 Eb4 D4 B3 C4/4", "C3/4 G3 C3 C3"}));
  expect_spelt_as_written(
      passage(4, 4, {"A4/1 C5 B4 G#4 A4 E5 F5 E5 D5 C5 B4 G#4 A4/4", "A3/4 E3 A2 A2"}));
}

TEST(Spelling, SignatureChoosesBetweenEnharmonicKeys) {
  Score score = passage(4, 4, {"Db4/1 Eb4 F4 Gb4 Ab4 Bb4 C5 Db5", "Db3/4 Db3"});
  score.keys = {{.at = Ticks{0}, .fifths = -5}};
  expect_spelt_as_written(score);
  Score sharps = passage(4, 4, {"C#4/1 D#4 E#4 F#4 G#4 A#4 B#4 C#5", "C#3/4 C#3"});
  sharps.keys = {{.at = Ticks{0}, .fifths = 7}};
  expect_spelt_as_written(sharps);
}

TEST(Spelling, KnownNamesAreKeptUnlessAskedOtherwise) {
  Score score = unspelled(passage(4, 4, {"C4/1 E4 G4 C5"}));
  score.parts[0].notes[0].spelling = 12;  // B#
  Score again = score;
  spell_pitches(score);
  EXPECT_EQ(score.parts[0].notes[0].spelling, 12);
  spell_pitches(again, false);
  EXPECT_EQ(name_of_spelling(again.parts[0].notes[0].spelling), "C");
}

TEST(Spelling, EveryNameSoundsAsItsPitch) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    Score score = test::random_music(seed);
    spell_pitches(score);
    for (const Part& part : score.parts) {
      for (const Note& note : part.notes) {
        EXPECT_EQ(((note.spelling * 7) % 12 + 12) % 12, note.pitch % 12);
        EXPECT_GE(note.spelling, -15);
        EXPECT_LE(note.spelling, 19);
      }
    }
  }
}

// All parts in one, in order; `whose` gives the part each note came from.
std::vector<Note> merged(const Score& score, std::vector<size_t>& whose) {
  std::vector<std::pair<Note, size_t>> all;
  for (size_t p = 0; p < score.parts.size(); ++p) {
    for (const Note& note : score.parts[p].notes) all.emplace_back(note, p);
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first.onset, a.first.pitch) < std::pair(b.first.onset, b.first.pitch);
  });
  std::vector<Note> notes;
  for (const auto& [note, part] : all) {
    notes.push_back(note);
    whose.push_back(part);
  }
  return notes;
}

TEST(Voices, ChoraleIsTakenApartAsItWasPutTogether) {
  const Score score = test::chorale_to_the_dominant();
  std::vector<size_t> whose;
  const std::vector<Note> notes = merged(score, whose);
  const std::vector<int> voices = separate_voices(notes);
  size_t right = 0;
  for (size_t i = 0; i < notes.size(); ++i)
    right += voices[i] == static_cast<int>(whose[i]) ? 1 : 0;
  EXPECT_GE(right, notes.size() * 97 / 100);
}

TEST(Voices, HeldBassStaysOneVoiceUnderAMovingTune) {
  const Score score = passage(4, 4, {"C5/1 D5 E5 F5 r/1 E5 D5 C5", "E4/2 F4 G4 F4", "C3/8"});
  std::vector<size_t> whose;
  const std::vector<Note> notes = merged(score, whose);
  const std::vector<int> voices = separate_voices(notes);
  for (size_t i = 0; i < notes.size(); ++i) EXPECT_EQ(voices[i], static_cast<int>(whose[i])) << i;
}

TEST(Voices, NeverMoreThanAskedAndEveryNoteHasOne) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<size_t> whose;
    const std::vector<Note> notes = merged(test::random_music(seed), whose);
    const std::vector<int> voices = separate_voices(notes, {.most = 3});
    ASSERT_EQ(voices.size(), notes.size());
    for (const int voice : voices) {
      EXPECT_GE(voice, 0);
      EXPECT_LT(voice, 3);
    }
  }
  EXPECT_TRUE(separate_voices(std::vector<Note>{}).empty());
}

std::multiset<VoiceLeadingFault> faults_of(const Score& score, VoiceLeadingOptions options = {}) {
  std::multiset<VoiceLeadingFault> faults;
  for (const auto& finding : check_voice_leading(score, options)) faults.insert(finding.fault);
  return faults;
}

TEST(VoiceLeading, ParallelsAreFoundWithBarBeatPartsAndNotes) {
  const Score score = passage(4, 4, {"B4/4 G4/2 A4", "G3/4 C4/2 D4"});
  const auto findings = check_voice_leading(score);
  ASSERT_EQ(findings.size(), 1U);
  const auto& finding = findings[0];
  EXPECT_EQ(finding.fault, VoiceLeadingFault::kParallelFifths);
  EXPECT_EQ(finding.bar, 2);
  EXPECT_EQ(finding.beat, 3.0);
  EXPECT_EQ(finding.parts, (std::vector<size_t>{0, 1}));
  ASSERT_EQ(finding.notes.size(), 4U);
  EXPECT_EQ(finding.notes[1], score.parts[0].notes[2].id);
  EXPECT_EQ(faults_of(passage(4, 4, {"C5/2 D5", "C4/2 D4"})),
            std::multiset<VoiceLeadingFault>{VoiceLeadingFault::kParallelOctaves});
}

TEST(VoiceLeading, ThousandsOfPartsAreNoCounterpoint) {
  Score score;
  for (int i = 0; i < 5000; ++i) {
    score.parts.push_back(
        test::part_of({test::note_of(0, 1, 60 + i % 8), test::note_of(1, 1, 62 + i % 8)}));
  }
  EXPECT_TRUE(check_voice_leading(score, {.check_spacing = true, .check_ranges = false}).empty());
}

TEST(VoiceLeading, RepeatedAndContraryFifthsAreAllowed) {
  EXPECT_TRUE(faults_of(passage(4, 4, {"G4/2 G4", "C4/2 C4"})).empty());
  EXPECT_TRUE(faults_of(passage(4, 4, {"G4/2 D4", "C4/2 G4"}), {.check_spacing = false})
                  .count(VoiceLeadingFault::kParallelFifths) == 0);
}

TEST(VoiceLeading, HiddenFifthsNeedALeapOnTop) {
  EXPECT_EQ(
      faults_of(passage(4, 4, {"E4/2 A4", "C4/2 D4"})).count(VoiceLeadingFault::kHiddenFifths), 1U);
  EXPECT_EQ(
      faults_of(passage(4, 4, {"A4/2 G4", "E4/2 C4"})).count(VoiceLeadingFault::kHiddenFifths), 0U);
}

TEST(VoiceLeading, CrossingOverlapSpacingAndRange) {
  EXPECT_EQ(faults_of(passage(4, 4, {"C5/2 D4/2 C5/4", "A4/2 G4/2 A4/4"}))
                .count(VoiceLeadingFault::kCrossing),
            1U);
  EXPECT_EQ(faults_of(passage(4, 4, {"E4/2 A4", "C4/2 F4"})).count(VoiceLeadingFault::kOverlap),
            1U);
  EXPECT_EQ(
      faults_of(passage(4, 4, {"C5/4", "G4/4", "C3/4", "C3/4"})).count(VoiceLeadingFault::kSpacing),
      1U);
  Score choir = passage(4, 4, {"C6/4", "C3/4"});
  choir.parts[0].name = "Soprano";
  EXPECT_EQ(faults_of(choir).count(VoiceLeadingFault::kRange), 1U);
  EXPECT_EQ(faults_of(choir, {.check_ranges = false}).count(VoiceLeadingFault::kRange), 0U);
}

}  // namespace
}  // namespace motet
