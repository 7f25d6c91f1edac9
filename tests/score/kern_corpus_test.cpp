// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <tuple>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/score/formats.h"
#include "motet/score/kern.h"
#include "tests/score/score_difference.h"
#include "tests/support/data_dir.h"

namespace motet {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> kern_files() {
  std::vector<fs::path> files;
  for (const char* const folder : {"nifc-chopin", "nifc-polish"}) {
    const fs::path path = test::data_dir() / "scores" / folder;
    if (!fs::exists(path)) continue;
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.path().extension() == ".krn") files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

/// One file in so many: MOTET_KERN_STEP in the environment, 1 for the whole corpus.
size_t step() {
  constexpr size_t kUsual = 25;
  const char* const chosen = std::getenv("MOTET_KERN_STEP");
  return chosen == nullptr ? kUsual : std::max(1UL, std::strtoul(chosen, nullptr, 10));
}

Reading read(const std::string& text) {
  return read_kern({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

TEST(KernCorpus, ScoresSurviveBeingWritten) {
  const std::vector<fs::path> files = kern_files();
  if (files.empty()) GTEST_SKIP() << "no .krn file in " << test::data_dir() / "scores";
  size_t count = 0;
  size_t refused = 0;
  size_t notes = 0;
  size_t equal = 0;
  for (size_t i = 0; i < files.size(); i += step()) {
    ++count;
    try {
      const Score score = read_kern(read_file(files[i])).score;
      notes += count_notes(score);
      const std::string what = test::difference(score, read(write_kern(score)).score);
      equal += what.empty() ? 1 : 0;
      EXPECT_EQ(what, "") << files[i];
    } catch (const Error& error) {
      ++refused;
      std::cout << files[i].filename() << " " << error.what() << "\n";
    }
  }
  std::cout << "files: " << count << ", refused: " << refused << ", equal again: " << equal
            << ", notes: " << notes << "\n";
  EXPECT_LE(refused * 1'000, count);
}

TEST(KernCorpus, BarsAreThoseOfTheFile) {
  const std::vector<fs::path> files = kern_files();
  if (files.empty()) GTEST_SKIP() << "no .krn file in " << test::data_dir() / "scores";
  for (size_t i = 0; i < files.size(); i += 10 * step()) {
    const Score score = read_kern(read_file(files[i])).score;
    std::vector<Ticks> bars;
    for (const Bar& bar : bars_of(score)) bars.push_back(bar.begin);
    for (const Barline& line : score.barlines) {
      const bool is_within = line.at.value > 0 && line.at < end_of(score);
      EXPECT_TRUE(!is_within || std::ranges::binary_search(bars, line.at)) << files[i];
    }
  }
}

using NoteList = std::vector<std::tuple<int64_t, int, int64_t>>;

NoteList note_list_of(const Score& score, int resolution) {
  NoteList sounds;
  for (const Part& part : with_resolution(score, resolution).parts) {
    for (const Note& note : part.notes) {
      sounds.emplace_back(note.onset.value, note.pitch, note.duration.value);
    }
  }
  std::ranges::sort(sounds);
  return sounds;
}

/// Other formats: MIDI has silence without rests, MusicXML pages with holes.
TEST(KernCorpus, NotesOfOtherFormatsSurviveBeingWritten) {
  std::vector<fs::path> files;
  for (const char* const folder : {"midi", "scores"}) {
    const fs::path path = test::data_dir() / folder;
    if (!fs::exists(path)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      const std::string extension = entry.path().extension();
      if (extension == ".mid" || extension == ".mxl") files.push_back(entry.path());
    }
  }
  if (files.empty()) GTEST_SKIP() << "no file in " << test::data_dir();
  std::ranges::sort(files);
  size_t count = 0;
  size_t equal = 0;
  for (size_t i = 0; i < files.size(); i += 4 * step()) {
    const Score score = read_any(files[i], Repeats::kWritten).pieces.at(0).reading.score;
    const Score again = read(write_kern(score)).score;
    const bool is_same = note_list_of(again, score.ticks_per_quarter) ==
                         note_list_of(score, score.ticks_per_quarter);
    EXPECT_TRUE(is_same) << files[i];
    ++count;
    equal += is_same ? 1 : 0;
  }
  std::cout << "files: " << count << ", the same notes again: " << equal << "\n";
}

}  // namespace
}  // namespace motet
