// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/score/musicxml.h"
#include "tests/score/score_difference.h"
#include "tests/support/data_dir.h"

namespace motet {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> archives_below(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".mxl") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

/// What a corpus holds.
struct Tally {
  size_t notes = 0;
  size_t heads = 0;
  size_t tied = 0;
  size_t tuplets = 0;
  size_t grace = 0;
  size_t lyrics = 0;
  size_t chords = 0;
  size_t directions = 0;
  size_t mended = 0;

  void add(const Reading& reading) {
    mended += reading.mended.empty() ? 0 : 1;
    notes += count_notes(reading.score);
    chords += reading.score.chords.size();
    for (const Part& part : reading.score.parts) {
      lyrics += part.lyrics.size();
      directions += part.directions.size();
      size_t played = 0;
      for (const Written& head : part.written) {
        if (head.has(kRest)) continue;
        ++heads;
        played += head.note.value != 0 ? 1 : 0;
        grace += head.has(kGrace) ? 1 : 0;
        tuplets += head.actual != head.normal ? 1 : 0;
      }
      tied += played - part.notes.size();
    }
  }

  void print(std::ostream& out) const {
    out << "notes " << notes << ", heads " << heads << " (of these tied to the one before " << tied
        << ", in tuplets " << tuplets << ", grace notes " << grace << "), syllables " << lyrics
        << ", chord symbols " << chords << ", directions " << directions
        << "; files with something left out or mended " << mended << "\n";
  }
};

TEST(MusicXmlCorpus, EveryFileIsTheSameScoreAfterItIsWritten) {
  const fs::path folder = test::data_dir() / "scores";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is absent; see CONTRIBUTING.md";
  Tally tally;
  size_t files = 0;
  size_t same = 0;
  for (const fs::path& path : archives_below(folder)) {
    ++files;
    try {
      const Reading reading = read_musicxml(read_file(path));
      tally.add(reading);
      const Score again = read_musicxml(write_mxl(reading.score)).score;
      const std::string difference = test::difference(reading.score, again);
      EXPECT_EQ(difference, "") << path;
      same += difference.empty() ? 1 : 0;
    } catch (const Error& error) {
      ADD_FAILURE() << path << ": " << error.what();
    }
  }
  std::cout << "files " << files << ", the same after writing " << same << "; ";
  tally.print(std::cout);
  EXPECT_GT(files, 0U);
}

}  // namespace
}  // namespace motet
