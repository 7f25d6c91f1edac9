// SPDX-License-Identifier: Apache-2.0
// What other programs write and the corpus does not have.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/score/musicxml_text.h"

namespace motet {
namespace {

using test::attributes_xml;
using test::measure_xml;
using test::note_xml;
using test::one_part_xml;
using test::read_xml;
using test::says;

Reading bar_of(const std::string& content, const std::string& listed = "") {
  return read_xml(one_part_xml(measure_xml(attributes_xml(1) + content), listed));
}

TEST(MusicXmlStandard, NoChordNeedsNoRoot) {
  const Reading reading =
      bar_of("<harmony><kind text=\"N.C.\">none</kind></harmony>" + note_xml('C', 4, 4));
  ASSERT_EQ(reading.score.chords.size(), 1U);
  EXPECT_EQ(reading.score.chords[0].text, "N.C.");
}

TEST(MusicXmlStandard, PartsOfAChordSymbolThatAreLostAreNamed) {
  const Reading reading = bar_of(
      "<harmony><kind>major</kind></harmony><harmony><root><root-step>C</root-step></root>"
      "<kind>major</kind><inversion>1</inversion></harmony>" +
      note_xml('C', 4, 4));
  EXPECT_EQ(reading.score.chords.size(), 1U);
  EXPECT_TRUE(says(reading.mended, "a chord symbol without a root was left out"));
  EXPECT_TRUE(says(reading.mended, "the number of a chord's inversion was left out"));
}

TEST(MusicXmlStandard, ASecondInstrumentOfAPartIsSaidToBeLost) {
  const std::string listed =
      "<midi-instrument id=\"A\"><midi-program>74</midi-program></midi-instrument>"
      "<midi-instrument id=\"B\"><midi-program>73</midi-program></midi-instrument>";
  const Reading reading = bar_of(
      note_xml('C', 5, 2, "<instrument id=\"A\"/>") + note_xml('D', 5, 2, "<instrument id=\"B\"/>"),
      listed);
  EXPECT_EQ(reading.score.parts[0].program, 73);
  EXPECT_TRUE(says(reading.mended, "a note of another instrument of the part"));
  EXPECT_FALSE(says(reading.mended, "2 times"));
}

TEST(MusicXmlStandard, AMarkOfTwoNoteValuesIsSaidToBeLost) {
  const Reading reading = bar_of(
      "<direction><direction-type><metronome><beat-unit>quarter</beat-unit>"
      "<beat-unit>eighth</beat-unit></metronome></direction-type><sound "
      "tempo=\"90\"/></direction>" +
      note_xml('C', 4, 4));
  EXPECT_TRUE(says(reading.mended, "one note value becomes another"));
  EXPECT_DOUBLE_EQ(reading.score.tempos.at(0).quarters_per_minute, 90);
}

uint32_t checksum(const std::string& text) {
  uint32_t sum = ~0U;
  for (const char c : text) {
    sum ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ ((sum & 1) != 0 ? 0xEDB88320U : 0U);
  }
  return ~sum;
}

void append(std::string& out, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

/// A zip archive that stores its files as they are.
std::string stored(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string out;
  std::string directory;
  for (const auto& [name, content] : files) {
    std::string shared;
    append(shared, 20, 2);
    append(shared, 0, 4);  // no flags, stored
    append(shared, 0x0021'0000, 4);
    append(shared, checksum(content), 4);
    append(shared, static_cast<uint32_t>(content.size()), 4);
    append(shared, static_cast<uint32_t>(content.size()), 4);
    append(shared, static_cast<uint32_t>(name.size()), 2);
    append(shared, 0, 2);
    directory += "PK\x01\x02";
    append(directory, 20, 2);
    directory += shared;
    append(directory, 0, 4);  // no comment, the first disk
    append(directory, 0, 4);
    append(directory, 0, 2);
    append(directory, static_cast<uint32_t>(out.size()), 4);
    directory += name;
    out += "PK\x03\x04" + shared + name + content;
  }
  const auto begin = static_cast<uint32_t>(out.size());
  out += directory + "PK\x05\x06";
  append(out, 0, 4);
  append(out, static_cast<uint32_t>(files.size()), 2);
  append(out, static_cast<uint32_t>(files.size()), 2);
  append(out, static_cast<uint32_t>(directory.size()), 4);
  append(out, begin, 4);
  append(out, 0, 2);
  return out;
}

TEST(MusicXmlStandard, TheRootfileThatIsMusicXmlIsRead) {
  const std::string container =
      "<container><rootfiles><rootfile full-path=\"score.pdf\" media-type=\"application/pdf\"/>"
      "<rootfile full-path=\"score.musicxml\" "
      "media-type=\"application/vnd.recordare.musicxml+xml\"/></rootfiles></container>";
  const std::string score = one_part_xml(measure_xml(attributes_xml(1) + note_xml('C', 4, 4)));
  const std::string archive = stored({{"META-INF/container.xml", container},
                                      {"score.pdf", "%PDF-1.4"},
                                      {"score.musicxml", score}});
  EXPECT_EQ(read_xml(archive).score, read_xml(score).score);
}

}  // namespace
}  // namespace motet
