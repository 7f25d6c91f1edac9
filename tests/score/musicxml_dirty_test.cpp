// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/score/musicxml.h"
#include "tests/score/musicxml_text.h"

namespace motet {
namespace {

using test::attributes_xml;
using test::measure_xml;
using test::note_xml;
using test::one_part_xml;
using test::read_xml;
using test::says;

/// The message of the Error that reading throws; "" where it throws none.
std::string refusal_of(const std::string& bytes) {
  try {
    read_xml(bytes);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

std::string plain_score() {
  return one_part_xml(measure_xml(attributes_xml(1) + note_xml('C', 4, 4)));
}

/// The most memory that this process has held since `restart`, in bytes; 0 where Linux does not
/// say.
class PeakMemory {
 public:
  PeakMemory() {
    std::ofstream("/proc/self/clear_refs") << "5";
    begin_ = peak();
  }
  size_t grown() const { return std::max(peak(), begin_) - begin_; }

 private:
  static size_t peak() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
    }
    return 0;
  }
  size_t begin_ = 0;
};

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
constexpr bool kIsSanitized = __has_feature(address_sanitizer);
#else
constexpr bool kIsSanitized = false;
#endif

/// Expects an Error in under a second and under 200 MB.
void expect_quick_refusal(const std::string& bytes, const std::string& words) {
  constexpr size_t kMostMemory = 200'000'000;
  const PeakMemory memory;
  // The processor's time, so that a busy machine changes nothing; sanitizers multiply it.
  const std::clock_t begin = std::clock();
  const std::string refusal = refusal_of(bytes);
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_TRUE(contains(refusal, words)) << refusal;
  EXPECT_LT(seconds, kIsSanitized ? 5.0 : 1.0);
  EXPECT_LT(memory.grown(), kMostMemory);
}

void put(std::string& bytes, uint64_t value, int count) {
  for (int i = 0; i < count; ++i, value >>= 8) bytes += static_cast<char>(value & 0xFF);
}

/// Spaces, deflated: one as it is, then runs of 258 that repeat it, 13 bits each (RFC 1951, fixed
/// codes: a block's head 1,1,0; the literal 0x20 is 01010000; length 258 is 11000101, distance 1 is
/// 00000).
std::string deflated_spaces(size_t runs) {
  std::string bytes;
  uint64_t bits = 0;
  int count = 0;
  const auto add = [&](const char* code) {
    for (; *code != '\0'; ++code) {
      bits |= static_cast<uint64_t>(*code - '0') << count++;
      if (count < 8) continue;
      bytes += static_cast<char>(bits);
      bits = 0;
      count = 0;
    }
  };
  add("110");
  add("01010000");
  for (size_t i = 0; i < runs; ++i) add("1100010100000");
  add("000000000000000");
  return bytes;
}

/// A zip archive with one deflated file, score.xml, that claims to hold `claimed` bytes.
/// Source: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16.
std::string archive_of(const std::string& deflated, uint32_t claimed) {
  const std::string name = "score.xml";
  std::string common;
  put(common, 20, 2);  // version needed
  put(common, 0, 2);   // flags
  put(common, 8, 2);   // deflated
  put(common, 0, 4);   // time and date
  put(common, 0, 4);   // CRC
  put(common, deflated.size(), 4);
  put(common, claimed, 4);
  put(common, name.size(), 2);
  put(common, 0, 2);  // extra field
  std::string bytes = "PK\x03\x04" + common + name + deflated;
  const size_t directory = bytes.size();
  bytes += "PK\x01\x02";
  put(bytes, 20, 2);
  bytes += common;
  put(bytes, 0, 2 + 2 + 2 + 4 + 4);  // comment, disk, attributes, offset
  bytes += name;
  const size_t size = bytes.size() - directory;
  bytes += "PK\x05\x06";
  put(bytes, 0, 4);
  put(bytes, 1, 2);
  put(bytes, 1, 2);
  put(bytes, size, 4);
  put(bytes, directory, 4);
  put(bytes, 0, 2);
  return bytes;
}

/// 2 GB in 13 MB.
constexpr size_t kBombRuns = 7'751'938;
constexpr uint32_t kBombBytes = 1 + 258 * kBombRuns;

TEST(MusicXmlDirty, ErrorNamesTheLineAndByte) {
  const std::string refusal = refusal_of("<score-partwise>\n<part-list>\n</part>");
  EXPECT_TRUE(contains(refusal, "MusicXML: line 3 (byte ")) << refusal;
}

TEST(MusicXmlDirty, EveryTruncationIsAnErrorWithItsPlace) {
  const std::string whole = plain_score();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_TRUE(contains(refusal_of(whole.substr(0, size)), "MusicXML: ")) << size;
  }
}

TEST(MusicXmlDirty, EveryTruncatedArchiveIsAnErrorWithItsPlace) {
  const Bytes archive = write_mxl(read_xml(plain_score()).score);
  const std::string whole(archive.begin(), archive.end());
  ASSERT_EQ(refusal_of(whole), "");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_TRUE(contains(refusal_of(whole.substr(0, size)), "MusicXML: ")) << size;
  }
}

TEST(MusicXmlDirty, OtherRootsAreNamed) {
  EXPECT_TRUE(contains(refusal_of("<html><body/></html>"), "found <html>"));
  EXPECT_TRUE(contains(refusal_of("<opus/>"), "found <opus>"));
  EXPECT_TRUE(contains(refusal_of("<score-partwise/>"), "expected a part"));
}

TEST(MusicXmlDirty, BillionLaughsAreRefusedAtOnce) {
  std::string text = "<?xml version=\"1.0\"?>\n<!DOCTYPE score-partwise [\n<!ENTITY a \"ha\">\n";
  for (char c = 'b'; c <= 'k'; ++c) {
    text += std::string("<!ENTITY ") + c + " \"";
    for (int i = 0; i < 10; ++i) text += std::string("&") + static_cast<char>(c - 1) + ";";
    text += "\">\n";
  }
  text += "]>\n" + one_part_xml(measure_xml("<words>&k;</words>")).substr(38);
  expect_quick_refusal(text, "line 3 (byte ");
}

TEST(MusicXmlDirty, ZipBombsAreRefusedAtOnce) {
  expect_quick_refusal(archive_of(deflated_spaces(kBombRuns), kBombBytes),
                       "found " + std::to_string(kBombBytes));
}

TEST(MusicXmlDirty, ZipBombsThatClaimLittleAreRefusedAtOnce) {
  expect_quick_refusal(archive_of(deflated_spaces(kBombRuns), 1000), "score.xml");
  expect_quick_refusal(archive_of(deflated_spaces(kBombRuns), 90'000'000), "score.xml");
}

TEST(MusicXmlDirty, ArchivesThatClaimGigabytesAreRefusedAtOnce) {
  expect_quick_refusal(archive_of(deflated_spaces(1), 4'000'000'000), "found 4000000000");
}

TEST(MusicXmlDirty, ArchivesThatHoldLessThanTheyClaimAreRefused) {
  EXPECT_TRUE(contains(refusal_of(archive_of(deflated_spaces(1), 1000)), "score.xml"));
}

TEST(MusicXmlDirty, BombsOfElementsAreRefusedAtOnce) {
  std::string text = "<score-partwise>";
  for (int i = 0; i < 9'000'000; ++i) text += "<a/>";
  expect_quick_refusal(text, "elements, found more");
}

TEST(MusicXmlDirty, DeepNestingIsRefusedAtOnce) {
  std::string text = "<score-partwise>";
  for (int i = 0; i < 1'000'000; ++i) text += "<a>";
  for (int i = 0; i < 1'000'000; ++i) text += "</a>";
  expect_quick_refusal(text + "</score-partwise>", "inside one another");
}

TEST(MusicXmlDirty, ArchivesThatCannotBeUnpackedSayTheWayOut) {
  std::string archive = archive_of(deflated_spaces(1), 1000);
  constexpr char kDeflate64 = 9;
  archive.at(8) = kDeflate64;
  archive.at(archive.find("PK\x01\x02") + 10) = kDeflate64;
  EXPECT_TRUE(contains(refusal_of(archive), "pack it again, deflated and without a password"));
}

TEST(MusicXmlDirty, ArchivesWithoutAScoreAreRefused) {
  EXPECT_TRUE(contains(refusal_of(std::string("PK\x05\x06", 4) + std::string(18, '\0')),
                       "expected a score"));
}

std::string utf16(const std::string& ascii, bool is_big_endian, bool has_mark) {
  std::string bytes;
  const auto put = [&](char high, char low) {
    bytes += is_big_endian ? high : low;
    bytes += is_big_endian ? low : high;
  };
  if (has_mark) put('\xFE', '\xFF');
  for (const char c : ascii) put('\0', c);
  return bytes;
}

TEST(MusicXmlDirty, Utf16IsReadInBothOrders) {
  const Score expected = read_xml(plain_score()).score;
  std::string text = plain_score();
  text.replace(text.find("UTF-8"), 5, "UTF-16");
  for (const bool is_big_endian : {false, true}) {
    for (const bool has_mark : {false, true}) {
      EXPECT_EQ(read_xml(utf16(text, is_big_endian, has_mark)).score, expected);
    }
  }
}

TEST(MusicXmlDirty, Latin1IsReadAndSaidWhereTheFileSaysOtherwise) {
  std::string text = plain_score();
  text.replace(text.find("Flute"), 5, "Fl\xFBte");
  const Reading wrong = read_xml(text);
  EXPECT_EQ(wrong.score.parts[0].name, "Fl\u00FBte");
  EXPECT_TRUE(says(wrong.mended, "not UTF-8"));
  text.replace(text.find("UTF-8"), 5, "ISO-8859-1");
  const Reading right = read_xml(text);
  EXPECT_EQ(right.score.parts[0].name, "Fl\u00FBte");
  EXPECT_TRUE(right.mended.empty());
}

TEST(MusicXmlDirty, DurationsThatCannotBeAreMended) {
  for (const int duration : {0, -3, 2'000'000'000}) {
    const Reading reading = read_xml(one_part_xml(
        measure_xml(attributes_xml(2) + note_xml('C', 4, duration, "<type>half</type>") +
                    note_xml('D', 4, 4))));
    ASSERT_EQ(count_notes(reading.score), 2U);
    EXPECT_EQ(reading.score.parts[0].notes[0].duration, Ticks{4});
    EXPECT_TRUE(says(reading.mended, "measure 1 of part P1: a note without a length")) << duration;
  }
}

/// Seven in the time of a quarter are 68 or 69 divisions of 480; whoever rounds them all up writes
/// a bar that is 3 divisions too long.
TEST(MusicXmlDirty, TupletsThatWereRoundedDoNotMoveBarLines) {
  std::string bar = attributes_xml(480) + note_xml('C', 4, 1440);
  for (int i = 0; i < 7; ++i) bar += note_xml('D', 4, 69);
  const Score score =
      read_xml(one_part_xml(measure_xml(bar) + measure_xml(note_xml('E', 4, 1920)))).score;
  const std::vector<Note>& notes = score.parts.at(0).notes;
  ASSERT_EQ(notes.size(), 9U);
  EXPECT_EQ(notes[7].duration, Ticks{66});
  EXPECT_EQ(notes[8].onset, Ticks{1920});
  EXPECT_EQ(score.metres.size(), 1U);
}

TEST(MusicXmlDirty, DivisionsBeyondAllTicksKeepTheRhythm) {
  const Reading reading = read_xml(
      one_part_xml(measure_xml(attributes_xml(2'000'000'000) + note_xml('C', 4, 2'000'000'000) +
                               note_xml('D', 4, 1'000'000'000) + note_xml('E', 4, 1'000'000'000))));
  ASSERT_EQ(count_notes(reading.score), 3U);
  EXPECT_EQ(reading.score.ticks_per_quarter, 2);
  EXPECT_EQ(reading.score.parts[0].notes[1].duration, Ticks{1});
  EXPECT_EQ(reading.score.parts[0].notes[2].onset, Ticks{3});
}

TEST(MusicXmlDirty, NotesWithoutAnyLengthAreLeftOut) {
  const Reading reading = read_xml(
      one_part_xml(measure_xml(attributes_xml(1) + note_xml('C', 4, -1) + note_xml('D', 4, 4))));
  EXPECT_EQ(count_notes(reading.score), 1U);
  EXPECT_TRUE(says(reading.mended, "left out"));
}

TEST(MusicXmlDirty, MeasuresWithoutEndAreRefusedWithTheirPlace) {
  std::string notes;
  for (int i = 0; i < 3; ++i) notes += note_xml('C', 4, 1000);
  EXPECT_TRUE(contains(refusal_of(one_part_xml(measure_xml(attributes_xml(1) + notes))),
                       "measure 1 of part P1: expected at most 255 whole notes"));
}

TEST(MusicXmlDirty, StepsBackBeyondTheBarLineAreCutShort) {
  const Reading reading = read_xml(
      one_part_xml(measure_xml(attributes_xml(1) + note_xml('C', 4, 4) +
                               "<backup><duration>9</duration></backup>" + note_xml('D', 4, 4))));
  EXPECT_EQ(reading.score.parts[0].notes[1].onset, Ticks{0});
  EXPECT_TRUE(says(reading.mended, "back beyond the bar line"));
}

TEST(MusicXmlDirty, TiesWithoutEndAreLeftOpenBeyondAFew) {
  std::string ties;
  for (int i = 0; i < 300; ++i) {
    ties += note_xml('C', 4, 4, R"(<tie type="start"/>)", i > 0 ? "<chord/>" : "");
  }
  const Reading reading = read_xml(one_part_xml(measure_xml(attributes_xml(1) + ties)));
  EXPECT_TRUE(says(reading.mended, "of more than 256 open ties of one pitch"));
  EXPECT_EQ(reading.score.parts[0].notes.size(), 300U);
}

TEST(MusicXmlDirty, PitchesOutsideMidiAndNonsenseAreMended) {
  const Reading reading = read_xml(
      one_part_xml(measure_xml(attributes_xml(1) + note_xml('B', 10, 2) + note_xml('H', 4, 2))));
  ASSERT_EQ(count_notes(reading.score), 1U);
  EXPECT_EQ(reading.score.parts[0].notes[0].pitch % 12, 11);
  EXPECT_EQ(reading.mended.size(), 2U);
}

/// Notes of every key in turn that sound on until their key comes again: each is tied through many
/// heads.
Score crowded_score() {
  constexpr size_t kNotes = 8'000;
  constexpr size_t kParts = 16;
  constexpr int64_t kKeys = 128;
  Score score;
  score.parts.resize(kParts);
  for (size_t i = 0; i < kNotes; ++i) {
    Note& note = score.parts[i / kKeys % kParts].notes.emplace_back();
    note.onset = Ticks{static_cast<int64_t>(i)};
    note.duration = Ticks{kKeys * static_cast<int64_t>(kParts)};
    note.pitch = static_cast<uint8_t>(i % kKeys);
  }
  return score;
}

TEST(MusicXmlDirty, APageThatIsFarLongerThanItsScoreIsNeverHeldAsAWhole) {
  const Score score = crowded_score();
  size_t bytes = 0;
  const PeakMemory memory;
  write_musicxml(score, [&](std::string_view piece) { bytes += piece.size(); });
  if (!kIsSanitized) {
    EXPECT_LT(memory.grown(), bytes / 2);
  }
  EXPECT_EQ(bytes, write_musicxml(score).size());
}

}  // namespace
}  // namespace motet
