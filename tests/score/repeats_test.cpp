// SPDX-License-Identifier: Apache-2.0
#include "motet/score/repeats.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "motet/base/error.h"

namespace motet {
namespace {

constexpr int64_t kBar = 1920;

/// One part with a whole note a bar: pitches 60, 61, ...
Score bars(int count) {
  Score score;
  Part& part = score.parts.emplace_back();
  for (int i = 0; i < count; ++i) {
    part.notes.push_back({.onset = {i * kBar},
                          .duration = {kBar},
                          .pitch = static_cast<uint8_t>(60 + i),
                          .id = {static_cast<uint32_t>(i + 1)}});
  }
  return score;
}

void mark(Score& score, int bar, BarlineKind kind, const std::string& text = "", int times = 2) {
  score.barlines.push_back({{bar * kBar}, kind, text, static_cast<uint8_t>(times)});
}

/// Which bars are played, as letters: a for the first.
std::string heard(const Score& score) {
  std::string text;
  const Score played = unfolded(score);
  for (const Note& note : played.parts[0].notes) {
    text += static_cast<char>('a' + note.pitch - 60);
  }
  return text;
}

TEST(Repeats, APassageIsPlayedAsOftenAsItSays) {
  Score score = bars(3);
  mark(score, 1, BarlineKind::kRepeatBegin);
  mark(score, 2, BarlineKind::kRepeatEnd);
  EXPECT_EQ(heard(score), "abbc");
  score.barlines[1].times = 4;
  EXPECT_EQ(heard(score), "abbbbc");
  Score from_the_start = bars(2);
  mark(from_the_start, 1, BarlineKind::kRepeatEnd);
  EXPECT_EQ(heard(from_the_start), "aab");
}

TEST(Repeats, EveryPassTakesItsEnding) {
  Score score = bars(4);
  mark(score, 1, BarlineKind::kEndingBegin, "1, 3");
  mark(score, 2, BarlineKind::kEndingEnd);
  mark(score, 2, BarlineKind::kRepeatEnd);
  mark(score, 2, BarlineKind::kEndingBegin, "2");
  mark(score, 3, BarlineKind::kEndingEnd);
  mark(score, 3, BarlineKind::kRepeatEnd);
  mark(score, 3, BarlineKind::kEndingBegin, "4");
  mark(score, 4, BarlineKind::kEndingOpen);
  EXPECT_EQ(heard(score), "abacabad");
}

TEST(Repeats, DaCapoAlFineAndDalSegnoAlCoda) {
  Score fine = bars(3);
  mark(fine, 1, BarlineKind::kRepeatEnd);
  mark(fine, 2, BarlineKind::kFine);
  mark(fine, 3, BarlineKind::kDaCapo, "D.C. al Fine");
  EXPECT_EQ(heard(fine), "aabcab");  // after the jump no repeat is taken
  Score coda = bars(5);
  mark(coda, 1, BarlineKind::kSegno);
  mark(coda, 2, BarlineKind::kToCoda);
  mark(coda, 4, BarlineKind::kDalSegno, "D.S. al Coda");
  mark(coda, 4, BarlineKind::kCoda);
  EXPECT_EQ(heard(coda), "abcdbe");
}

TEST(Repeats, ATieGoesOnOverTheJump) {
  Score score = bars(3);
  std::vector<Note>& notes = score.parts[0].notes;
  notes[0].duration = {2 * kBar};  // tied into the first ending
  notes[1].pitch = 50;
  notes[2].pitch = 60;  // and into the second
  mark(score, 1, BarlineKind::kEndingBegin, "1");
  mark(score, 2, BarlineKind::kRepeatEnd);
  mark(score, 2, BarlineKind::kEndingBegin, "2");
  const std::vector<Note> played = unfolded(score).parts[0].notes;
  ASSERT_EQ(played.size(), 3U);
  EXPECT_EQ(played[0].duration, Ticks{2 * kBar});
  EXPECT_EQ(played[2].duration, Ticks{2 * kBar});
}

TEST(Repeats, TheSecondPassSingsTheSecondVerse) {
  Score score = bars(2);
  score.parts[0].lyrics = {{.at = {0}, .text = "one"},
                           {.at = {0}, .text = "two", .verse = 2},
                           {.at = {kBar}, .text = "end"}};
  mark(score, 1, BarlineKind::kRepeatEnd);
  std::ostringstream sung;
  const Score played = unfolded(score);
  for (const Lyric& lyric : played.parts[0].lyrics) {
    sung << lyric.at.value / kBar << lyric.text << int{lyric.verse} << ' ';
  }
  EXPECT_EQ(sung.str(), "0one1 1two1 2end1 ");
}

TEST(Repeats, WhatWasInForceAtTheTargetIsSaidAgain) {
  Score score = bars(3);
  score.tempos = {{{0}, 100.0}, {{kBar}, 60.0}};
  score.keys = {{{0}, 0, Mode::kMajor}, {{kBar}, 3, Mode::kMajor}};
  score.metres = {{{0}, 4, 4}, {{kBar}, 2, 4}, {{2 * kBar}, 4, 4}};
  mark(score, 2, BarlineKind::kRepeatEnd);
  const Score played = unfolded(score);
  EXPECT_EQ(played.tempos,
            (std::vector<TempoChange>{
                {{0}, 100.0}, {{kBar}, 60.0}, {{2 * kBar}, 100.0}, {{3 * kBar}, 60.0}}));
  EXPECT_EQ(played.keys.size(), 4U);
  EXPECT_EQ(played.metres.size(), 5U);
}

TEST(Repeats, HeadsPointToTheNotesThatTheyShow) {
  Score score = bars(2);
  for (const Note& note : score.parts[0].notes) {
    score.parts[0].written.push_back(
        {.at = note.onset, .duration = note.duration, .note = note.id, .pitch = note.pitch});
  }
  mark(score, 2, BarlineKind::kRepeatEnd);
  const Part part = unfolded(score).parts[0];
  ASSERT_EQ(part.written.size(), 4U);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(part.written[i].note, part.notes[i].id);
    EXPECT_EQ(part.written[i].at, part.notes[i].onset);
  }
}

TEST(Repeats, AScoreWithoutRepeatsIsLeftAlone) {
  Score score = bars(2);
  mark(score, 2, BarlineKind::kFinal);
  EXPECT_EQ(unfolded(score), score);
}

TEST(Repeats, EndlessRoadsAreRefused) {
  Score score = bars(2);
  for (int i = 0; i < 300; ++i) {
    score.barlines.push_back({{i * 4}, BarlineKind::kRepeatBegin, "", 2});
    score.barlines.push_back({{i * 4 + 2}, BarlineKind::kRepeatEnd, "", 255});
  }
  EXPECT_THROW(unfolded(score), Error);
}

}  // namespace
}  // namespace motet
