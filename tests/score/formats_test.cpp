// SPDX-License-Identifier: Apache-2.0
#include "motet/score/formats.h"

#include <gtest/gtest.h>

#include "motet/base/error.h"
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
            "1 word, dynamic or sign of a part; 3 syllables of later verses; ");
  EXPECT_TRUE(losses(score, Format::kAbc).empty());
  EXPECT_FALSE(losses(test::random_score(3), Format::kAbc).empty());
}

}  // namespace
}  // namespace motet
