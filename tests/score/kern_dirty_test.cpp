// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/score/kern.h"

namespace motet {
namespace {

Reading read_broken(const std::string& text) {
  return read_kern({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

/// What is read of a broken file has as many notes once it is written, and is written for ever the
/// same.
void expect_to_come_back(const std::string& text) {
  const Score first = read_broken(text).score;
  const Score once = read_broken(write_kern(first)).score;
  EXPECT_EQ(count_notes(once), count_notes(first)) << text;
  const std::string written = write_kern(once);
  EXPECT_TRUE(read_broken(written).score == once) << text << "was written as\n" << written;
}

/// A file of one or two spines whose splits, joins, notes and silences follow no rule but that the
/// number of fields is right.
class BrokenKern {
 public:
  explicit BrokenKern(unsigned seed) : random_(seed), columns_(1 + below(2), 1) {}

  std::string text() {
    std::string text = columns_.size() == 1 ? "**kern\n" : "**kern\t**kern\n";
    for (size_t lines = 2 + below(12); lines > 0; --lines) {
      const size_t kind = below(10);
      text += kind < 3 ? moves() : kind == 3 ? fields({"="}) : fields(kTokens);
    }
    return text + fields({"*-"});
  }

 private:
  inline static const std::vector<std::string> kTokens{
      ".",   ".",  ".",    ".",   ".",     ".",  "4c",   "4r",  "2d",  "8e",
      "8qf", "qg", "4ryy", "8cc", "4c 4e", "2r", "16qa", "[4c", "4c]", "1g"};

  size_t below(size_t bound) { return random_() % bound; }

  size_t total() const {
    size_t sum = 0;
    for (const size_t count : columns_) sum += count;
    return sum;
  }

  static void put(std::string& line, const std::string& field) {
    line += (line.empty() ? "" : "\t") + field;
  }

  std::string fields(const std::vector<std::string>& choices) {
    std::string line;
    for (size_t i = total(); i > 0; --i) put(line, choices[below(choices.size())]);
    return line + "\n";
  }

  /// Splits some columns, and joins some with their neighbours.
  std::string moves() {
    std::string line;
    for (size_t& count : columns_) {
      const size_t before = count;
      for (size_t i = 0; i < before; ++i) {
        const size_t kind = below(4);
        const bool joins = kind == 1 && i + 1 < before;
        put(line, kind == 0 && total() < 6 ? (++count, "*^") : joins ? "*v" : "*");
        if (!joins) continue;
        put(line, "*v");
        --count, ++i;
        if (i + 1 < before) put(line, "*"), ++i;  // or two joins would be one
      }
    }
    return line + "\n";
  }

  std::mt19937 random_;
  std::vector<size_t> columns_;  ///< of each spine
};

TEST(KernDirty, WhatSplitsAndJoinsAtRandomComesBackTheSame) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    expect_to_come_back(BrokenKern(seed).text());
    if (::testing::Test::HasFailure()) break;
  }
}

TEST(KernDirty, SyllablesThatBeginOrEndLikeSignsComeBack) {
  for (const std::string syllable :
       {"\x1F--a", "-\x1F--a", "a&#45;-", "&#95;_", "a\x1F", "&#124;"}) {
    expect_to_come_back("**kern\t**text\n4c\t" + syllable + "\n4d\tb\n*-\t*-\n");
  }
}

TEST(KernDirty, AVoiceThatStopsBeforeTheEndComesBackTheSame) {
  expect_to_come_back(
      "**kern\t**kern\n.\t4c 4e\n2d\t1g\n*\t*^\n.\t.\t4r\n*\t*v\t*v\n=\t=\n2r\t.\n*-\t*-\n");
}

TEST(KernDirty, AGraceNoteOfAVoiceThatWasSilentComesBackInTime) {
  expect_to_come_back(
      "**kern\n8e\n4c 4e\n*^\n8cc\t2d\n*^\t*\n8qf\t[4c\t.\n2d\t.\t8qf\nqg\tqg\t.\n*-\t*-\t*-\n");
  expect_to_come_back("**kern\t**kern\n*^\t*\n4c\t1g\t2d\n*v\t*v\t*\n8qf\tqg\n.\t4c\n*-\t*-\n");
}

TEST(KernDirty, AGraceNoteKeepsItsVoiceWhereVoicesBesideItAreSilent) {
  expect_to_come_back(
      "**kern\n4r\n8e\n*^\n4c 4e\t8cc\n*^\t*^\n*\t*^\t*^\t*\n.\t16qa\t8qf\t.\t.\t.\n"
      "*-\t*-\t*-\t*-\t*-\t*-\n");
}

TEST(KernDirty, AColumnThatIsSplitOffSaysNoTimeWhereAnotherGoesOn) {
  expect_to_come_back(
      "**kern\t**kern\n8qf\t4c]\n*\t*^\n4c\t4r\t.\n1g\t4c]\t.\n*\t*\t*^\n*\t*\t*v\t*v\n"
      "*\t*^\t*^\n8e\t.\t.\t.\t[4c\n*\t*^\t*\t*^\t*\n2r\tqg\t4c 4e\t8cc\t.\t.\t4r\n"
      "*-\t*-\t*-\t*-\t*-\t*-\t*-\n");
}

TEST(KernDirty, ANoteThatIsCutWhereItBeginsIsTiedToNothingThere) {
  expect_to_come_back(
      "**kern\t**kern\n*\t*^\n.\t.\t1g\n16qa\t8qf\t.\n4c\t4c\t.\n.\t1g\t.\n*^\t*^\t*\n"
      "*\t*\t*^\t*^\t*\n.\t[4c\t.\t[4c\t.\t.\t.\n*\t*\t*v\t*v\t*\t*\t*\n2d\t.\tqg\t.\t4c]\t8e\n"
      "*v\t*v\t*v\t*v\t*\t*\n=\t=\t=\t=\n*-\t*-\t*-\t*-\n");
}

}  // namespace
}  // namespace motet
