// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <vector>

#include "motet/base/error.h"
#include "motet/score/midi.h"
#include "tests/support/data_dir.h"

namespace motet {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> midi_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".mid") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

TEST(MidiCorpus, EveryFileIsReadOrRefusedAndSurvivesWriting) {
  const fs::path folder = test::data_dir() / "midi";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is absent; see CONTRIBUTING.md";
  size_t read = 0;
  size_t refused = 0;
  size_t mended = 0;
  size_t notes = 0;
  for (const fs::path& path : midi_files(folder)) {
    try {
      const Reading first = read_midi(read_file(path));
      ++read;
      mended += first.mended.empty() ? 0 : 1;
      notes += count_notes(first.score);
      const Reading second = read_midi(write_midi(first.score));
      EXPECT_TRUE(second.score == first.score) << path;
      EXPECT_TRUE(second.mended.empty()) << path << ": " << second.mended.front();
    } catch (const Error& e) {
      ++refused;
      std::cout << path.filename() << ": " << e.what() << "\n";
    }
  }
  std::cout << "MIDI files read: " << read << ", of these mended: " << mended
            << ", refused: " << refused << ", notes: " << notes << "\n";
  EXPECT_GT(read, 0U);
  EXPECT_EQ(refused, 0U);
}

}  // namespace
}  // namespace motet
