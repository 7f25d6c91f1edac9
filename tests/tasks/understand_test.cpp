// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/understand.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "motet/base/random.h"

namespace motet::tasks {
namespace {

/// "key=A minor; bars=16" in the order of the fields: short enough for a table.
std::string read(std::string_view words) {
  const Understanding result = understand(words);
  std::string text;
  for (const Understood& each : result.understood) {
    EXPECT_FALSE(each.words.empty()) << each.field << " of: " << words;
    text += (text.empty() ? "" : "; ") + each.field + "=" + each.value;
  }
  return text;
}

struct Case {
  const char* words;
  const char* expected;
};

void expect_all(const std::vector<Case>& cases) {
  for (const Case& each : cases) EXPECT_EQ(read(each.words), each.expected) << each.words;
}

TEST(Understand, ReadsTheSentenceOfTheReadme) {
  EXPECT_EQ(read("a calm waltz for piano in A minor"),
            "style=waltz; key=A minor; metre=3/4; instruments=piano; mood=calm");
}

TEST(Understand, NamesTheWordsThatSaidSo) {
  const Understanding result = understand("A waltz, Sixteen bars, in B flat");
  ASSERT_EQ(result.understood.size(), 4U);
  EXPECT_EQ(result.understood[1], (Understood{"key", "B-flat major", "in B flat"}));
  EXPECT_EQ(result.understood[3], (Understood{"bars", "16", "Sixteen bars"}));
}

TEST(Understand, FindsNothingWhereNothingIsMusical) {
  for (const char* words :
       {"", "hello world, please do my taxes", "a minor detail", "???", "I am here at 11", "24/7",
        "e.g. this", "in a way", "The rain falls; an atmosphere of dread"}) {
    EXPECT_EQ(read(words), "") << words;
  }
}

TEST(Understand, ReadsKeysHoweverTheyAreWritten) {
  expect_all({{"in F# minor", "key=F-sharp minor"},
              {"in F♯ minor", "key=F-sharp minor"},
              {"C sharp minor", "key=C-sharp minor"},
              {"in B flat major", "key=B-flat major"},
              {"in Bb", "key=B-flat major"},
              {"in the key of D", "key=D major"},
              {"in the key of a minor", "key=A minor"},
              {"key of A", "key=A major"},
              {"e-moll", "key=E minor"},
              {"in fis-moll", "key=F-sharp minor"},
              {"in B-Dur", "key=B-flat major"},
              {"in Em please", "key=E minor"},
              {"something in d minor", "key=D minor"},
              {"A minor", "key=A minor"},
              {"in a minor key", "key=A minor"},
              {"in a major key", "key=C major"},
              {"a jig in D dorian", "style=irish-dance; key=D minor; metre=6/8; tempo=180"},
              {"in F sharp mixolydian", "key=G-flat major"}});
  const auto modal = understand("something in E phrygian");
  ASSERT_EQ(modal.notes.size(), 1U);
  EXPECT_NE(modal.notes.front().find("E minor is the nearest"), std::string::npos);
}

TEST(Understand, TakesNoArticleForAKey) {
  expect_all({{"in a calm mood", "mood=calm"},
              {"IN A CALM MOOD", "mood=calm"},
              {"a minor detail in a sad story", "mood=sad"},
              {"a major third", ""},
              {"I am sad", "mood=sad"},
              {"compose a minor waltz", "style=waltz; key=A minor; metre=3/4"}});
}

TEST(Understand, TakesNoTransposingInstrumentForAKey) {
  expect_all({{"for B flat clarinet", "instruments=clarinet"},
              {"for clarinet in B flat", "instruments=clarinet"},
              {"for horn in F and piano", "instruments=french horn, piano"},
              {"for clarinet in B flat minor", "key=B-flat minor; instruments=clarinet"}});
}

TEST(Understand, CountsInstruments) {
  expect_all(
      {{"for piano and two violins", "instruments=piano, violin, violin"},
       {"3 flutes", "instruments=flute, flute, flute"},
       {"a pair of oboes", "instruments=oboe, oboe"},
       {"a piece for SATB choir", "instruments=choir, choir, choir, choir"},
       {"four-part choir", "instruments=choir, choir, choir, choir"},
       {"2 x cello + harp", "instruments=cello, cello, harp"},
       {"soprano, alto, tenor and bass", "instruments=choir, choir, choir, choir"},
       {"electric guitar, bass and drums", "instruments=electric guitar, electric bass, drums"},
       {"a piano tune for piano", "instruments=piano"}});
}

TEST(Understand, ABassDrumIsNoBass) {
  expect_all({{"bass drum", "instruments=drums"},
              {"bass clarinet", "instruments=clarinet"},
              {"alto sax and double bass", "instruments=alto sax, contrabass"}});
}

TEST(Understand, LeavesOutWhatIsNotWanted) {
  expect_all(
      {{"rock without drums or bass", "style=rock; instruments=overdriven guitar, electric guitar"},
       {"for flute and piano, no drums", "instruments=flute, piano"},
       {"string quartet without viola",
        "style=string-quartet; instruments=violin, violin, cello"}});
  EXPECT_FALSE(understand("a waltz without piano").notes.empty());
}

TEST(Understand, KnowsEnsembles) {
  expect_all(
      {{"a string quartet", "style=string-quartet; instruments=violin, violin, viola, cello"},
       {"piano trio", "instruments=violin, cello, piano"},
       {"a waltz for string quartet",
        "style=waltz; metre=3/4; instruments=violin, violin, viola, cello"}});
}

TEST(Understand, ReadsTempos) {
  expect_all({{"120 bpm", "tempo=120"},
              {"120bpm", "tempo=120"},
              {"at 92.5 beats per minute", "tempo=92.5"},
              {"tempo of 80", "tempo=80"},
              {"at 120", "tempo=120"},
              {"♩ = 96", "tempo=96"},
              {"one hundred and twenty bpm", "tempo=120"},
              {"andante", "tempo=80"},
              {"allegro ma non troppo", "tempo=120"}});
}

TEST(Understand, FastAndSlowAreRelativeToTheStyle) {
  const auto tempo = [](const char* words) { return understand(words).request.tempo.value_or(0); };
  EXPECT_LT(tempo("slow"), 90);
  EXPECT_GT(tempo("fast"), 120);
  EXPECT_LT(tempo("very slow"), tempo("slow"));
  EXPECT_GT(tempo("very fast"), tempo("fast"));
  EXPECT_LT(tempo("moderately fast"), tempo("fast"));
  EXPECT_GT(tempo("a slow reel"), tempo("a slow nocturne"));
}

TEST(Understand, NotTooFastIsNotFast) {
  for (const char* words :
       {"not too fast", "not fast", "not very fast", "something but not fast"}) {
    const auto tempo = understand(words).request.tempo;
    ASSERT_TRUE(tempo) << words;
    EXPECT_LT(*tempo, 110) << words;
    EXPECT_GT(*tempo, 80) << words;
  }
}

TEST(Understand, WhatShouldNotBeIsPassedOverWithANote) {
  const Understanding result = understand("not sad, not a waltz");
  EXPECT_TRUE(result.understood.empty());
  EXPECT_EQ(result.notes.size(), 2U);
}

TEST(Understand, ReadsMetres) {
  expect_all({{"3/4", "metre=3/4"},
              {"in 6/8 time", "metre=6/8"},
              {"six-eight time", "metre=6/8"},
              {"three four time", "metre=3/4"},
              {"in common time", "metre=4/4"},
              {"a march in 2/4", "style=march; metre=2/4"},
              {"a jig", "style=irish-dance; metre=6/8; tempo=180"}});
}

TEST(Understand, ReadsLengths) {
  expect_all({{"16 bars", "bars=16"},
              {"a 32-bar tune", "bars=32"},
              {"thirty-two measures", "bars=32"},
              {"a dozen bars", "bars=12"},
              {"a short piece", "bars=8"},
              {"60 seconds at 120 bpm in 4/4", "metre=4/4; tempo=120; bars=30"},
              {"a short piece, 20 bars", "bars=20"}});
}

TEST(Understand, ReadsMoodAndDensity) {
  expect_all({{"happy", "mood=happy"},
              {"dark", "mood=tense"},
              {"gentle", "mood=calm"},
              {"melancholy", "mood=sad"},
              {"busy", "density=6"},
              {"very busy", "density=7"},
              {"sparse", "density=1"}});
}

TEST(Understand, TheHeavierStyleWins) {
  expect_all({{"a song in the style of a march", "style=march; metre=4/4"},
              {"drum groove", "style=drums"},
              {"a march in March", "style=march; metre=4/4"},
              {"a mass of water", ""},
              {"mass", "style=mass"}});
}

TEST(Understand, ATitleIsATitleAndNothingElse) {
  EXPECT_EQ(read("a tune called \"A Minor Waltz for Drums\" in G"),
            "title=A Minor Waltz for Drums; key=G major");
}

TEST(Understand, WhatIsOutOfRangeBecomesANote) {
  for (const char* words : {"tempo 999", "5000 bars", "7/9 time", "0 bars"}) {
    const Understanding result = understand(words);
    EXPECT_TRUE(result.understood.empty()) << words;
    EXPECT_EQ(result.notes.size(), 1U) << words;
  }
}

TEST(Understand, ContradictionsAreToldAndTheFirstWins) {
  const Understanding result = understand("sad and happy");
  EXPECT_EQ(result.request.mood, Mood::kSad);
  EXPECT_EQ(result.notes.size(), 1U);
}

TEST(Understand, SaysWhatTheTrainingMusicLacks) {
  EXPECT_EQ(understand("some jazz").notes.size(), 1U);
  EXPECT_TRUE(understand("jazz guitar").notes.empty());
}

TEST(Understand, StandsAnyWordsInAnyOrder) {
  const std::vector<std::string> words = {
      "a",       "in",   "A",       "minor", "b",      "flat",    "without", "no",   "not",
      "too",     "very", "2",       "3/4",   "piano",  "bass",    "drum",    ",",    ".",
      "of",      "key",  "bars",    "bpm",   "at",     "\"",      "waltz",   "slow", "999999999999",
      "hundred", "and",  "seconds", "\xFF",  "string", "quartet", "pair",    "x"};
  const Random random(11, 0);
  for (uint64_t trial = 0; trial < 2000; ++trial) {
    std::string text;
    for (uint64_t i = 0; i < 12; ++i) {
      text += words[random.below(words.size(), trial * 12 + i)] + " ";
    }
    const Understanding once = understand(text);
    EXPECT_EQ(request_from(to_json(once.request), "r"), once.request) << text;
    EXPECT_EQ(understand(text).understood, once.understood) << text;
  }
}

}  // namespace
}  // namespace motet::tasks
