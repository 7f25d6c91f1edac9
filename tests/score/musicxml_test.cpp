// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "tests/score/xml_tree.h"
#include "tests/support/random_score.h"

namespace motet {
namespace {

using test::random_score;
using test::XmlNode;

constexpr uint64_t kXmlSeeds = 25;

Score one_part(std::vector<Note> notes) {
  Score score;
  score.ticks_per_quarter = 24;
  score.parts.emplace_back().notes = std::move(notes);
  score.parts[0].program = 40;
  name_notes(score);
  return score;
}

Note note(int64_t onset, int64_t duration, uint8_t pitch = 72) {
  return {Ticks{onset}, Ticks{duration}, pitch, 64, 0, kUnspelled, {}};
}

std::vector<const XmlNode*> notes_of(const XmlNode& root) {
  std::vector<const XmlNode*> notes;
  for (const XmlNode* part : root.all("part")) {
    for (const XmlNode* measure : part->all("measure")) {
      for (const XmlNode* found : measure->all("note")) notes.push_back(found);
    }
  }
  return notes;
}

std::string types_of(const Score& score) {
  const XmlNode root = test::parse_xml(write_musicxml(score));
  std::string text;
  for (const XmlNode* found : notes_of(root)) {
    text += found->has("rest") ? "r:" : "";
    text += found->value("type") + std::string(found->all("dot").size(), '.');
    text += found->has("time-modification") ? "/3 " : " ";
  }
  return text;
}

/// Where the time of a measure stands after each element; checks that it never leaves the measure.
struct Clock {
  int at = 0;
  int furthest = 0;

  void pass(const XmlNode& element) {
    const int duration = element.has("duration") ? std::stoi(element.value("duration")) : 0;
    if (element.name == "backup") at -= duration;
    if (element.name == "forward") at += duration;
    if (element.name == "note" && !element.has("chord")) at += duration;
    furthest = std::max(furthest, at);
  }
};

TEST(MusicXml, EveryVoiceFillsItsBarExactly) {
  for (uint64_t seed = 0; seed < kXmlSeeds; ++seed) {
    const Score score = random_score(seed);
    const XmlNode root = test::parse_xml(write_musicxml(score));
    const std::vector<Bar> bars = bars_of(with_resolution(score, 24));
    for (const XmlNode* part : root.all("part")) {
      const auto measures = part->all("measure");
      ASSERT_EQ(measures.size(), bars.size()) << "seed " << seed;
      for (size_t i = 0; i < bars.size(); ++i) {
        Clock clock;
        for (const XmlNode& element : measures[i]->children) {
          if (element.name == "backup") {
            EXPECT_EQ(clock.at, bars[i].length.value);
          }
          clock.pass(element);
          EXPECT_GE(clock.at, 0);
        }
        EXPECT_EQ(clock.at, bars[i].length.value) << "seed " << seed << " bar " << i + 1;
        EXPECT_EQ(clock.furthest, bars[i].length.value);
      }
    }
  }
}

/// 24ths of a quarter that a printed value lasts.
double printed_length(const XmlNode& element) {
  const std::map<std::string, double> lengths = {{"whole", 96},  {"half", 48}, {"quarter", 24},
                                                 {"eighth", 12}, {"16th", 6},  {"32nd", 3},
                                                 {"64th", 1.5}};
  double length = lengths.at(element.value("type"));
  if (element.has("dot")) length *= 1.5;
  if (element.has("time-modification")) length *= 2.0 / 3.0;
  return length;
}

TEST(MusicXml, WhatIsPrintedLastsAsLongAsItSounds) {
  for (uint64_t seed = 0; seed < kXmlSeeds; ++seed) {
    const XmlNode root = test::parse_xml(write_musicxml(random_score(seed)));
    for (const XmlNode* element : notes_of(root)) {
      if (!element->has("type")) {
        EXPECT_TRUE(element->has("rest"));
        continue;
      }
      EXPECT_DOUBLE_EQ(printed_length(*element), std::stod(element->value("duration")));
    }
  }
}

TEST(MusicXml, BracketsOpenAndCloseInsideTheirBar) {
  for (uint64_t seed = 0; seed < kXmlSeeds; ++seed) {
    const XmlNode root = test::parse_xml(write_musicxml(random_score(seed)));
    for (const XmlNode* part : root.all("part")) {
      for (const XmlNode* measure : part->all("measure")) {
        std::map<std::string, int> open;
        for (const XmlNode* element : measure->all("note")) {
          if (element->has("chord")) continue;
          int& depth = open[element->value("voice")];
          const XmlNode* notations = element->first("notations");
          const auto brackets =
              notations ? notations->all("tuplet") : std::vector<const XmlNode*>{};
          for (const XmlNode* t : brackets) depth += t->attribute("type") == "start" ? 1 : 0;
          EXPECT_EQ(depth, element->has("time-modification") ? 1 : 0) << "seed " << seed;
          for (const XmlNode* t : brackets) depth -= t->attribute("type") == "stop" ? 1 : 0;
        }
        for (const auto& [voice, depth] : open) EXPECT_EQ(depth, 0) << "seed " << seed;
      }
    }
  }
}

/// Follows the ties and gives every sounding note as (onset, duration, pitch) by id.
struct Sounding {
  int onset = 0;
  int duration = 0;
  int pitch = 0;
};

int midi_pitch(const XmlNode& element) {
  const std::map<char, int> steps = {{'C', 0}, {'D', 2}, {'E', 4}, {'F', 5},
                                     {'G', 7}, {'A', 9}, {'B', 11}};
  const XmlNode* pitch = element.first("pitch");
  const int alter = pitch->has("alter") ? std::stoi(pitch->value("alter")) : 0;
  return 12 * (std::stoi(pitch->value("octave")) + 1) + steps.at(pitch->value("step")[0]) + alter;
}

std::map<int, Sounding> sounding_notes(const XmlNode& root, const std::vector<Bar>& bars) {
  std::map<int, Sounding> notes;
  for (const XmlNode* part : root.all("part")) {
    const auto measures = part->all("measure");
    for (size_t i = 0; i < measures.size(); ++i) {
      Clock clock;
      int begin = 0;
      for (const XmlNode& element : measures[i]->children) {
        if (!element.has("chord")) begin = clock.at;
        clock.pass(element);
        if (element.name != "note" || !element.has("pitch")) continue;
        const int id = std::stoi(element.attribute("id").substr(5));
        const int onset = begin + static_cast<int>(bars[i].begin.value);
        const auto [it, is_new] = notes.try_emplace(id, Sounding{onset, 0, midi_pitch(element)});
        if (!is_new) {
          EXPECT_EQ(it->second.onset + it->second.duration, onset) << "a torn tie";
        }
        it->second.duration += std::stoi(element.value("duration"));
      }
    }
  }
  return notes;
}

TEST(MusicXml, KeepsEveryNoteWithPitchOnsetAndLength) {
  size_t kept_whole = 0;
  size_t all = 0;
  for (uint64_t seed = 0; seed < kXmlSeeds; ++seed) {
    const Score score = with_resolution(random_score(seed), 24);
    const XmlNode root = test::parse_xml(write_musicxml(score));
    const auto written = sounding_notes(root, bars_of(score));
    for (const Part& part : score.parts) {
      if (part.is_drums) continue;
      for (const Note& n : part.notes) {
        ++all;
        const auto found = written.find(static_cast<int>(n.id.value));
        if (found == written.end()) continue;  // the same note twice at one moment
        EXPECT_EQ(found->second.onset, n.onset.value) << "seed " << seed;
        EXPECT_EQ(found->second.pitch, n.pitch) << "seed " << seed;
        kept_whole += found->second.duration == n.duration.value ? 1 : 0;
      }
    }
  }
  EXPECT_GT(kept_whole * 100, all * 85)
      << kept_whole << " of " << all;  // dense scores need >4 voices
}

TEST(MusicXml, IdsAreUnique) {
  for (uint64_t seed = 0; seed < kXmlSeeds; ++seed) {
    const XmlNode root = test::parse_xml(write_musicxml(random_score(seed)));
    std::set<std::string> ids;
    for (const XmlNode* element : notes_of(root)) {
      const std::string id = element->attribute("id");
      if (!id.empty()) {
        EXPECT_TRUE(ids.insert(id).second) << id;
      }
    }
  }
}

TEST(MusicXml, SplitsAtBeatsAndBarsAsMusiciansDo) {
  EXPECT_EQ(types_of(one_part({note(0, 96)})), "whole ");
  EXPECT_EQ(types_of(one_part({note(72, 48), note(120, 72)})),
            "r:half r:quarter quarter quarter half. ");
  EXPECT_EQ(types_of(one_part({note(0, 12), note(12, 24), note(36, 12), note(48, 48)})),
            "eighth quarter eighth half ");
  EXPECT_EQ(types_of(one_part({note(0, 60), note(60, 36)})), "half eighth quarter. ");
}

TEST(MusicXml, WritesTripletsInBrackets) {
  EXPECT_EQ(types_of(one_part({note(0, 8), note(8, 8), note(16, 8), note(24, 72)})),
            "eighth/3 eighth/3 eighth/3 half. ");
  EXPECT_EQ(types_of(one_part({note(0, 16), note(16, 16), note(32, 16), note(48, 48)})),
            "quarter/3 quarter/3 quarter/3 half ");
  EXPECT_EQ(types_of(one_part({note(0, 16), note(16, 8), note(24, 72)})),
            "quarter/3 eighth/3 half. ");
}

TEST(MusicXml, CompoundBeatsStayWhole) {
  Score score = one_part({note(0, 36), note(36, 24), note(60, 12)});
  score.metres = {{Ticks{}, 6, 8}};
  EXPECT_EQ(types_of(score), "quarter. quarter eighth ");
  score = one_part({note(0, 72)});
  score.metres = {{Ticks{}, 6, 8}};
  EXPECT_EQ(types_of(score), "half. ");
  score = one_part({note(12, 36), note(48, 24)});
  score.metres = {{Ticks{}, 6, 8}};
  EXPECT_EQ(types_of(score), "r:eighth quarter eighth quarter ");
}

TEST(MusicXml, SpellsByTheKey) {
  const auto spelling = [](uint8_t pitch, int fifths) {
    Score score = one_part({note(0, 96, pitch)});
    score.keys = {{Ticks{}, fifths, Mode::kMajor}};
    const XmlNode root = test::parse_xml(write_musicxml(score));
    const XmlNode* pitch_node = notes_of(root).front()->first("pitch");
    return pitch_node->value("step") + pitch_node->value("alter") + "o" +
           pitch_node->value("octave");
  };
  EXPECT_EQ(spelling(66, 0), "F1o4");
  EXPECT_EQ(spelling(66, 1), "F1o4");
  EXPECT_EQ(spelling(66, -5), "G-1o4");
  EXPECT_EQ(spelling(70, -1), "B-1o4");
  EXPECT_EQ(spelling(60, 7), "B1o3");
  EXPECT_EQ(spelling(59, -7), "C-1o4");
  EXPECT_EQ(spelling(68, 0), "G1o4");
}

TEST(MusicXml, ShowsAnAccidentalOnceInABar) {
  Score score = one_part(
      {note(0, 24, 66), note(24, 24, 66), note(48, 24, 65), note(72, 24, 66), note(96, 96, 66)});
  const XmlNode root = test::parse_xml(write_musicxml(score));
  std::string text;
  for (const XmlNode* element : notes_of(root)) text += element->value("accidental") + ",";
  EXPECT_EQ(text, "sharp,,natural,sharp,sharp,");
}

TEST(MusicXml, AKeyboardThatUsesBothHandsHasTwoStaves) {
  Score score = one_part({note(0, 96, 40), note(0, 96, 76)});
  EXPECT_EQ(write_musicxml(score).find("<staves>"), std::string::npos);
  score.parts[0].program = 0;
  const XmlNode root = test::parse_xml(write_musicxml(score));
  const auto notes = notes_of(root);
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[0]->value("staff"), "1");
  EXPECT_EQ(midi_pitch(*notes[0]), 76);
  EXPECT_EQ(notes[1]->value("staff"), "2");
}

TEST(MusicXml, OverlappingNotesHaveTheirOwnVoices) {
  const XmlNode root =
      test::parse_xml(write_musicxml(one_part({note(0, 96, 72), note(24, 24, 64)})));
  std::map<std::string, int> pitch_of_voice;
  for (const XmlNode* element : notes_of(root)) {
    if (element->has("pitch")) pitch_of_voice[element->value("voice")] = midi_pitch(*element);
  }
  EXPECT_EQ(pitch_of_voice, (std::map<std::string, int>{{"1", 72}, {"2", 64}}));
}

TEST(MusicXml, DrumsAreUnpitchedAndKnowTheirKeys) {
  Score score = one_part({note(0, 6, 36), note(0, 3, 42), note(24, 6, 38)});
  score.parts[0].is_drums = true;
  const std::string text = write_musicxml(score);
  EXPECT_EQ(text.find("<pitch>"), std::string::npos);
  EXPECT_NE(text.find("<midi-unpitched>37</midi-unpitched>"), std::string::npos);
  EXPECT_NE(text.find("<sign>percussion</sign>"), std::string::npos);
  EXPECT_EQ(types_of(score), "quarter quarter quarter r:half ");
}

TEST(MusicXml, WritesTempoChordsAndWords) {
  Score score = one_part({note(0, 48), note(48, 48)});
  score.title = "A & B <C>";
  score.tempos = {{Ticks{}, 96.0}};
  score.chords = {{Ticks{}, "F#m7/E"}, {Ticks{48}, "N.C."}};
  score.parts[0].lyrics = {{Ticks{}, "Al-"}, {Ticks{48}, "-le"}};
  const std::string text = write_musicxml(score);
  for (const char* expected :
       {"<work-title>A &amp; B &lt;C&gt;</work-title>", "<per-minute>96</per-minute>",
        "<sound tempo=\"96\"/>", "<root-step>F</root-step>", "<root-alter>1</root-alter>",
        "<kind text=\"m7\">minor-seventh</kind>", "<bass-step>E</bass-step>",
        "<kind text=\"N.C.\">none</kind>", "<syllabic>begin</syllabic>", "<text>le</text>"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected;
  }
}

TEST(MusicXml, AnEmptyPartIsABarOfRest) {
  Score score;
  score.parts.emplace_back();
  EXPECT_NE(write_musicxml(score).find("<rest measure=\"yes\"/>"), std::string::npos);
}

TEST(MusicXml, NoPartIsRefused) { EXPECT_THROW(write_musicxml(Score()), Error); }

TEST(MusicXml, TheSameScoreGivesTheSameBytes) {
  EXPECT_EQ(write_musicxml(random_score(4)), write_musicxml(random_score(4)));
}

}  // namespace
}  // namespace motet
