// SPDX-License-Identifier: Apache-2.0
#include "motet/score/formats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/random.h"
#include "motet/score/abc.h"
#include "motet/score/midi.h"
#include "tests/support/random_score.h"

namespace motet {
namespace {

Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }

TEST(Formats, AreToldByTheirContent) {
  EXPECT_EQ(format_of_content(write_midi(test::random_score(1))), Format::kMidi);
  EXPECT_EQ(format_of_content(bytes("%abc\nX:1\nK:C\nC")), Format::kAbc);
  EXPECT_EQ(format_of_content(bytes("\xEF\xBB\xBF<?xml version=\"1.0\"?>")), Format::kMusicXml);
  EXPECT_EQ(format_of_content(bytes("PK\x03\x04....")), Format::kCompressedMusicXml);
  EXPECT_EQ(format_of_content(bytes("!!!COM: Bach\n**kern\n4c\n*-\n")), Format::kKern);
  EXPECT_EQ(format_of_content(bytes("hello")), std::nullopt);
}

TEST(Formats, AreToldByTheirExtensionInAnyCase) {
  EXPECT_EQ(format_of_extension(".MID"), Format::kMidi);
  EXPECT_EQ(format_of_extension("xml"), Format::kMusicXml);
  EXPECT_EQ(format_of_extension(".krn"), Format::kKern);
  EXPECT_EQ(format_of_extension(".txt"), std::nullopt);
}

TEST(Formats, ContentCountsMoreThanTheName) {
  const Book book = read_any(write_midi(test::random_score(1)), "wrong.abc", Repeats::kWritten);
  EXPECT_EQ(book.format, Format::kMidi);
  EXPECT_THROW(read_any(bytes("hello"), "hello.mid", Repeats::kWritten), Error);
  try {
    read_any(bytes("hello"), "hello", Repeats::kWritten);
    FAIL() << "read what is no score";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "expected MIDI, MusicXML, ABC or kern, found none of them");
  }
}

TEST(Formats, ATuneBookGivesItsTunesAndSaysWhatIsNotKept) {
  const Book book = read_any(bytes("X:3\nH:old\nK:C\nC\n\nX:4\nC\n\nX:5\nK:C\n|:D:|\n"), "a.abc",
                             Repeats::kWritten);
  ASSERT_EQ(book.pieces.size(), 2U);
  EXPECT_EQ(book.pieces[1].number, 5);
  EXPECT_EQ(book.pieces[0].unkept, std::vector<std::string>{"field H:"});
  EXPECT_EQ(count_notes(book.pieces[1].reading.score), 1U);  // repeats are kept
  ASSERT_EQ(book.refused.size(), 1U);
  EXPECT_NE(book.refused[0].find("tune X:4"), std::string::npos);
}

TEST(Formats, SayWhatTheyCannotHold) {
  const Score score = read_abc("X:1\nL:1/4\nK:C\n(\"^dolce\"C D) {c}.E z |\nw: a b c\nw: d e f\n",
                               Repeats::kWritten)
                          .tunes.at(0)
                          .reading.score;
  std::string said;
  for (const Loss& loss : losses(score, Format::kMidi)) said += to_text(loss) + "; ";
  EXPECT_EQ(said,
            "1 slur; 1 articulation or ornament; 1 grace note as such; "
            "1 word, dynamic or sign of a part; 3 syllables of later verses; 4 names of notes; ");
  EXPECT_TRUE(losses(score, Format::kAbc).empty());
  EXPECT_FALSE(losses(test::random_score(3), Format::kAbc).empty());
}

std::string said_of(const Score& score, Format format) {
  std::string said;
  for (const Loss& loss : losses(score, format)) said += to_text(loss) + "; ";
  return said;
}

TEST(Formats, SayWhichNotesAndSyllablesAPageHasNoPlaceFor) {
  Score score;
  Part& part = score.parts.emplace_back();
  part.notes = {{.onset = Ticks{0}, .duration = Ticks{480}, .pitch = 60, .id = {}},
                {.onset = Ticks{0}, .duration = Ticks{240}, .pitch = 60, .id = {}}};
  part.lyrics = {{Ticks{0}, "a"}, {Ticks{120}, "b"}};
  const std::string lost = "1 syllable without a note; 1 note that doubles another; ";
  EXPECT_EQ(said_of(score, Format::kMusicXml), lost);
  EXPECT_EQ(said_of(score, Format::kKern), lost);
  EXPECT_EQ(said_of(score, Format::kAbc), lost);
}

TEST(Formats, SayWhenGraceNotesFallSilentAndRomanNumeralsBecomeWords) {
  Score score = read_abc("X:1\nL:1/4\nK:C\n{d}C4|\n", Repeats::kWritten).tunes.at(0).reading.score;
  score.chords = {{Ticks{0}, "V7"}, {Ticks{480}, "G7"}};
  const std::string graces = "1 grace note that sounds (now only written); ";
  EXPECT_EQ(said_of(score, Format::kMusicXml),
            graces + "1 chord symbol without a root (now a word); ");
  EXPECT_EQ(said_of(score, Format::kKern), graces);
}

TEST(Formats, MarkersThatAreChordsAreChordsOnAPage) {
  Score score;
  score.parts.emplace_back().notes = {
      {.onset = Ticks{0}, .duration = Ticks{1920}, .pitch = 60, .id = {}}};
  score.markers = {{Ticks{0}, "C"}, {Ticks{480}, "Am7"}, {Ticks{960}, "F"}, {Ticks{1440}, "G7"}};
  for (const Format format : {Format::kMusicXml, Format::kAbc, Format::kKern}) {
    const Bytes page = write_any(score, format);
    const Score back = read_any(page, "a", Repeats::kWritten).pieces.at(0).reading.score;
    EXPECT_EQ(back.chords.size(), 4U) << name_of(format);
    EXPECT_TRUE(back.markers.empty()) << name_of(format);
  }
  score.markers = {{Ticks{0}, "A"}, {Ticks{480}, "B"}, {Ticks{960}, "A"}, {Ticks{1440}, "C"}};
  const Bytes page = write_any(score, Format::kMusicXml);
  EXPECT_EQ(read_any(page, "a", Repeats::kWritten).pieces.at(0).reading.score.markers.size(), 4U);
}

TEST(Formats, TwoHandsOfAPianoHaveAStaffEach) {
  Score score;
  for (const int middle : {72, 52}) {
    Part& part = score.parts.emplace_back();
    part.name = middle == 72 ? "Right" : "Left";
    for (int i = 0; i < 8; ++i) {
      const auto pitch = static_cast<uint8_t>(middle - 12 + 3 * i);
      part.notes.push_back(
          {.onset = Ticks{480 * i}, .duration = Ticks{480}, .pitch = pitch, .id = {}});
      part.notes.push_back({.onset = Ticks{480 * i},
                            .duration = Ticks{480},
                            .pitch = static_cast<uint8_t>(pitch + 4),
                            .id = {}});
    }
  }
  const auto staves = [&](Format format) {
    const Bytes page = write_any(score, format);
    const Book book = read_any(page, "a", Repeats::kWritten);
    std::string text;
    for (const Part& part : book.pieces.at(0).reading.score.parts) {
      text += std::to_string(part.staves) + " ";
    }
    return text;
  };
  EXPECT_EQ(staves(Format::kMusicXml), "1 1 ");
  score.parts.erase(score.parts.begin());
  EXPECT_EQ(staves(Format::kMusicXml), "2 ");
}

using Heard = std::vector<std::tuple<int64_t, int, int64_t>>;

/// Onset, pitch and length of every note of all parts.
Heard heard_in(const Score& score) {
  Heard sounds;
  for (const Part& part : score.parts) {
    for (const Note& note : part.notes) {
      sounds.emplace_back(note.onset.value, note.pitch, note.duration.value);
    }
  }
  std::ranges::sort(sounds);
  return sounds;
}

Score as_kern_and_back(const Score& score) {
  const Book book = read_any(write_any(score, Format::kKern), "a.krn", Repeats::kWritten);
  EXPECT_EQ(book.format, Format::kKern);
  return with_resolution(book.pieces.at(0).reading.score, score.ticks_per_quarter);
}

/// Notes that begin where no other ends, and silence in all parts: nothing but a `**recip` spine
/// and invisible rests can count that time.
TEST(Formats, KernKeepsTheTimeOfSparseScores) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const Random random(seed, 1);
    Score score;
    for (size_t p = 0; p < 3; ++p) {
      Part& part = score.parts.emplace_back();
      for (uint64_t i = 0; i < 12; ++i) {
        Note note;
        const uint64_t step = 40 * p + 3 * i;
        note.onset = Ticks{static_cast<int64_t>(60 * random.below(200, step))};
        note.duration = Ticks{static_cast<int64_t>(60 + 60 * random.below(30, step + 1))};
        note.pitch = static_cast<uint8_t>(40 + i + 12 * p);
        part.notes.push_back(note);
      }
    }
    sort_events(score);
    name_notes(score);
    EXPECT_EQ(heard_in(as_kern_and_back(score)), heard_in(score)) << "seed " << seed;
  }
}

std::string utf16_with_mark(std::string_view ascii, bool is_big_endian) {
  std::string bytes = is_big_endian ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : ascii) {
    bytes += is_big_endian ? '\0' : c;
    bytes += is_big_endian ? c : '\0';
  }
  return bytes;
}

TEST(Formats, TextsAreReadWithTheirMarksAndInUtf16) {
  const auto first_of = [](const std::string& text) {
    return read_any(bytes(text), "a", Repeats::kWritten).pieces.at(0).reading.score;
  };
  for (const std::string text :
       {"X:1\nT:A\nL:1/4\nK:C\nC D E F|\n", "**kern\n*M4/4\n4c\n4d\n*-\n"}) {
    const Score plain = first_of(text);
    EXPECT_GT(count_notes(plain), 0U);
    EXPECT_EQ(first_of("\xEF\xBB\xBF" + text), plain);
    EXPECT_EQ(first_of(utf16_with_mark(text, true)), plain);
    EXPECT_EQ(first_of(utf16_with_mark(text, false)), plain);
    std::string returns = text;
    std::ranges::replace(returns, '\n', '\r');
    EXPECT_EQ(first_of(returns), plain);
  }
}

TEST(Formats, KernGivesCueNotesAsRestsAndSaysSo) {
  Score score =
      read_abc("X:1\nL:1/4\nK:C\nC D E F |\n", Repeats::kWritten).tunes.at(0).reading.score;
  Part& part = score.parts.at(0);
  part.written.at(1).marks |= kCue;
  part.written.at(1).note = NoteId{};
  part.notes.erase(part.notes.begin() + 1);
  EXPECT_EQ(heard_in(as_kern_and_back(score)), heard_in(score));
  const std::vector<Loss> lost = losses(score, Format::kKern);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(to_text(lost[0]), "1 cue note (now a rest)");
}

TEST(Formats, KernSaysWhatItCannotHold) {
  Score score =
      read_abc("X:1\nL:1/4\nK:C\nC D E F |\n", Repeats::kWritten).tunes.at(0).reading.score;
  EXPECT_TRUE(losses(score, Format::kKern).empty());
  score.markers.push_back({Ticks{0}, "Solo"});
  score.barlines.push_back({Ticks{0}, BarlineKind::kSegno, ""});
  score.barlines.push_back({Ticks{480}, BarlineKind::kRepeatEnd, "", 3});
  score.parts[0].controls.push_back({Ticks{0}, ControlKind::kController, 64, 127});
  score.parts[0].controls.push_back({Ticks{0}, ControlKind::kProgram, 0, 4});
  std::string said;
  for (const Loss& loss : losses(score, Format::kKern)) said += to_text(loss) + "; ";
  EXPECT_EQ(said,
            "1 controller or other control; 1 marker (now a word); 1 segno, coda, fine or da capo; "
            "1 repeat that is not played twice; ");
}

TEST(KernSegments, WhatComesAfterTheEndOfAllSpinesIsAnotherPiece) {
  const std::string text = "!!!OTL: One\n**kern\n4c\n*-\n!!!OTL: Two\n**kern\n4d\n*-\n";
  const Book book = read_any(Bytes(text.begin(), text.end()), "a.krn", Repeats::kWritten);
  ASSERT_EQ(book.pieces.size(), 2U);
  EXPECT_EQ(book.pieces[0].reading.score.title, "One");
  EXPECT_EQ(book.pieces[1].reading.score.title, "Two");
  EXPECT_EQ(book.pieces[1].reading.score.parts.at(0).notes.at(0).pitch, 62);
}

TEST(KernSegments, MessagesCountLinesFromTheBeginningOfTheFile) {
  const std::string text = "**kern\n4c\n*-\n**kern\n4d\n4e\t4f\n*-\n";
  try {
    read_any(Bytes(text.begin(), text.end()), "a.krn", Repeats::kWritten);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "kern: line 6: expected 1 fields, one for each spine, found 2");
  }
}

}  // namespace
}  // namespace motet
