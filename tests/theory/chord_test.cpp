// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/chord.h"

#include <gtest/gtest.h>

#include "motet/theory/harmony.h"
#include "tests/theory/music.h"

namespace motet {
namespace {

using test::kQuarter;

std::vector<Chord> all_chords() {
  std::vector<Chord> chords;
  for (int root = 0; root < 12; ++root) {
    for (int quality = 0; quality < kChordQualities; ++quality) {
      chords.push_back({.root = root, .quality = static_cast<ChordQuality>(quality)});
    }
  }
  return chords;
}

std::string names_of(const std::vector<ChordSpan>& spans) {
  std::string names;
  for (const ChordSpan& span : spans) {
    if (!names.empty()) names += " ";
    names += span.chord ? name_of(*span.chord) : "-";
  }
  return names;
}

TEST(Chord, NameIsReadBackAsTheSameChord) {
  for (const Chord chord : all_chords()) EXPECT_EQ(parse_chord(name_of(chord)), chord);
}

TEST(Chord, IsNamedAsTheHeaderSays) {
  EXPECT_EQ(name_of({.root = 3, .quality = ChordQuality::kDiminished7}), "Ebdim7");
  EXPECT_EQ(name_of({.root = 6, .quality = ChordQuality::kDiminished}), "F#dim");
  EXPECT_EQ(name_of({.root = 11, .quality = ChordQuality::kHalfDiminished7}), "Bm7b5");
  EXPECT_EQ(pitch_classes({.root = 0, .quality = ChordQuality::kMajor}), 0b000010010001);
  EXPECT_EQ(pitch_classes({.root = 9, .quality = ChordQuality::kMinor}), 0b001000010001);
}

TEST(Chord, ReadsLeadSheetSpellings) {
  const std::vector<std::pair<const char*, const char*>> pairs = {
      {"C/E", "C"},          {"C9", "C7"},         {"C13", "C7"},        {"Cmaj9", "Cmaj7"},
      {"CM7", "Cmaj7"},      {"C\u0394", "Cmaj7"}, {"Cmaj", "C"},        {"C6", "C"},
      {"C6/9", "C"},         {"Cadd9", "C"},       {"C5", "C"},          {"C-7", "Cm7"},
      {"Cmin7", "Cm7"},      {"Cm6", "Cm"},        {"Cm9/Bb", "Cm7"},    {"Cm(maj7)", "Cm"},
      {"C\u00B07", "Cdim7"}, {"Co7", "Cdim7"},     {"C\u00F8", "Cm7b5"}, {"C\u00F87", "Cm7b5"},
      {"Cm7-5", "Cm7b5"},    {"C+", "Caug"},       {"C7#5", "Caug"},     {"C7(b9,#11)", "C7"},
      {"C7alt", "C7"},       {"Csus", "Csus4"},    {"C7sus4", "Csus4"},  {"Csus2", "Csus4"},
      {"Db", "C#"},          {"Cb", "B"},          {"F\u266Fm", "F#m"},  {"Ebmaj7#11", "Ebmaj7"}};
  for (const auto& [spelling, name] : pairs) {
    const auto chord = parse_chord(spelling);
    ASSERT_TRUE(chord) << spelling;
    EXPECT_EQ(name_of(*chord), name) << spelling;
  }
}

TEST(Chord, RefusesWhatIsNoChord) {
  for (const char* text : {"", "N.C.", "H", "c", "Go", "Do", "Das", "Chorus", "Bass", "Am I", "C/",
                           "C/x", "C/E/G", "Adagio", "Coda", "Fine", "D.C."}) {
    EXPECT_FALSE(parse_chord(text)) << text;
  }
}

TEST(LabelChords, HearsEveryCadence) {
  for (const Key key : test::all_keys()) {
    const auto spans = label_chords(test::cadence_in(key));
    ASSERT_EQ(spans.size(), 4U) << name_of(key);
    const auto triad = key.mode == Mode::kMajor ? ChordQuality::kMajor : ChordQuality::kMinor;
    const Chord tonic{.root = key.tonic, .quality = triad};
    EXPECT_EQ(spans[0].chord, tonic);
    EXPECT_EQ(spans[1].chord, (Chord{.root = (key.tonic + 5) % 12, .quality = triad}));
    EXPECT_EQ(spans[2].chord,
              (Chord{.root = (key.tonic + 7) % 12, .quality = ChordQuality::kDominant7}));
    EXPECT_EQ(spans[3].chord, tonic);
  }
}

TEST(LabelChords, HearsEveryChordInRootPosition) {
  for (const Chord chord : all_chords()) {
    test::Block block{.pitches = {36 + chord.root}, .quarters = 4};
    for (int step = 0; step < 12; ++step) {
      const int pitch_class = (chord.root + step) % 12;
      if ((pitch_classes(chord) >> pitch_class & 1) != 0) {
        block.pitches.push_back(60 + chord.root + step);
      }
    }
    EXPECT_EQ(names_of(label_chords(test::score_of({block}))), name_of(chord));
  }
}

TEST(LabelChords, KeepsTheChordUnderAPassingNote) {
  const Score score =
      test::score_of({{{48, 60, 64, 67}, 3}, {{48, 62, 64, 67}, 1}, {{48, 60, 64, 67}, 4}});
  EXPECT_EQ(names_of(label_chords(score)), "C");
}

TEST(LabelChords, MovesWithTheMusic) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Score score = test::random_music(seed);
    const auto before = label_chords(score);
    const auto after = label_chords(transposed(score, 5));
    ASSERT_EQ(after.size(), before.size()) << "seed " << seed;
    for (size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(after[i].begin, before[i].begin);
      ASSERT_EQ(after[i].chord.has_value(), before[i].chord.has_value());
      if (!before[i].chord) continue;
      EXPECT_EQ(after[i].chord->root, (before[i].chord->root + 5) % 12) << "seed " << seed;
      EXPECT_EQ(after[i].chord->quality, before[i].chord->quality) << "seed " << seed;
    }
  }
}

TEST(LabelChords, CoversTheBarsWithoutGapsOrRepeats) {
  Score score = test::random_music(7);
  score.metres = {{Ticks{0}, 3, 4}, {Ticks{9 * kQuarter}, 6, 8}, {Ticks{18 * kQuarter}, 7, 8}};
  const auto spans = label_chords(score);
  const auto bars = bars_of(score);
  ASSERT_FALSE(spans.empty());
  EXPECT_EQ(spans.front().begin, Ticks{0});
  EXPECT_EQ(spans.back().end, bars.back().begin + bars.back().length);
  for (size_t i = 1; i < spans.size(); ++i) {
    EXPECT_EQ(spans[i].begin, spans[i - 1].end);
    EXPECT_NE(spans[i].chord, spans[i - 1].chord);
  }
}

TEST(LabelChords, SplitsAWaltzByBeatsAndCommonTimeByHalves) {
  Score waltz = test::score_of({{{48, 64, 67}, 1}, {{43, 59, 62, 65}, 2}});
  waltz.metres = {{Ticks{0}, 3, 4}};
  const auto beats = label_chords(waltz);
  ASSERT_EQ(names_of(beats), "C G7");
  EXPECT_EQ(beats[0].end, Ticks{kQuarter});
  const auto halves = label_chords(test::score_of({{{48, 64, 67}, 1}, {{43, 59, 62, 65}, 7}}));
  for (const ChordSpan& span : halves) EXPECT_EQ(span.begin.value % (2 * kQuarter), 0);
}

TEST(LabelChords, GivesACompoundBarItsDottedBeats) {
  Score score;
  score.metres = {{Ticks{0}, 6, 8}};
  score.parts.emplace_back();
  for (const int pitch : {48, 64, 67, 72}) {
    score.parts[0].notes.push_back(test::note_of(0, 1.5, pitch));
  }
  for (const int pitch : {43, 59, 62, 65}) {
    score.parts[0].notes.push_back(test::note_of(1.5, 1.5, pitch));
  }
  sort_events(score);
  const auto spans = label_chords(score);
  ASSERT_EQ(names_of(spans), "C G7");
  EXPECT_EQ(spans[1].begin, Ticks{kQuarter * 3 / 2});
}

TEST(LabelChords, DoesNotHearDrums) {
  Score score = test::score_of({{{48, 60, 64, 67}, 4}});
  score.parts.push_back(test::part_of({test::note_of(0, 4, 35), test::note_of(0, 4, 42)}));
  score.parts.back().is_drums = true;
  EXPECT_EQ(names_of(label_chords(score)), "C");
  score.parts.back().is_drums = false;
  EXPECT_NE(names_of(label_chords(score)), "C");
}

TEST(LabelChords, SpeaksAsChordSymbols) {
  const auto symbols = harmony_of(test::score_of({{{48, 60, 64, 67}, 4}, {{60}, 4}, {{50}, 8}}));
  ASSERT_EQ(symbols.size(), 2U);
  EXPECT_EQ(symbols[0].text, "C");
  EXPECT_EQ(symbols[1].text, "N.C.");
  EXPECT_EQ(symbols[1].at, Ticks{8 * kQuarter});
}

TEST(LabelChords, IsSilentWhereTheMusicIs) {
  Score score = test::score_of({{{48, 60, 64, 67}, 4}});
  for (const int pitch : {50, 53, 57}) score.parts[0].notes.push_back(test::note_of(8, 4, pitch));
  EXPECT_EQ(names_of(label_chords(score)), "C - Dm");
}

TEST(LabelChords, GivesNothingForNothing) {
  EXPECT_TRUE(label_chords(Score{}).empty());
  Score drums;
  drums.parts.push_back(test::drums());
  EXPECT_EQ(names_of(label_chords(drums)), "-");
  EXPECT_EQ(names_of(label_chords(test::score_of({{{60}, 4}}))), "-");  // a lone C says nothing
}

}  // namespace
}  // namespace motet
