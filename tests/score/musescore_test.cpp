// SPDX-License-Identifier: Apache-2.0
// MuseScore as a judge: it opens what we write, and what it then plays are our notes.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/random.h"
#include "motet/score/midi.h"
#include "motet/score/musicxml.h"
#include "tests/support/data_dir.h"

namespace motet {
namespace {

namespace fs = std::filesystem;

constexpr int kTicks = 480;

/// Ends by onset and pitch. A string that sounds is not struck anew in MuseScore's MIDI: a note
/// that begins while another of its pitch and part sounds only makes that one longer. So it is
/// here.
using EndsByOnset = std::map<std::pair<int64_t, int>, int64_t>;

EndsByOnset ends_by_onset(const Score& score) {
  EndsByOnset sounds;
  for (const Part& part : with_resolution(score, kTicks).parts) {
    std::array<std::pair<int64_t, int64_t>, 128> sounding{};  // begin and end, by pitch
    for (const Note& note : part.notes) {
      auto& [begin, end] = sounding[note.pitch];
      if (note.onset.value >= end) begin = note.onset.value;
      end = std::max(end, (note.onset + note.duration).value);
      int64_t& longest = sounds[{begin, note.pitch}];
      longest = std::max(longest, end);
    }
  }
  return sounds;
}

/// The score without what a player adds to the notes: repeats, grace notes, articulations and
/// ornaments, which MuseScore plays in its own way.
Score plainly(Score score) {
  score.barlines.clear();
  for (Part& part : score.parts) {
    part.directions.clear();
    std::erase_if(part.written, [](const Written& head) { return head.has(kGrace); });
    for (Written& head : part.written) {
      // The halves of a tremolo look twice as long as they are; without its strokes they must not.
      if (head.has(kTremolo) && head.actual == 2 && head.normal == 1) {
        head.actual = 1;
        ++head.value;
      }
      if (head.has(kCue)) head.marks |= kRest;  // MuseScore plays them
      head.marks &= kRest | kInvisible | kWholeBar | kTupletBegin | kTupletEnd | kSlurBegin |
                    kSlurEnd | kTieOpen | kUntypedValue;
    }
  }
  return score;
}

/// What MuseScore plays; nothing where it does not open the file.
std::optional<Score> played_by_musescore(const Score& score) {
  const fs::path folder =
      fs::temp_directory_path() / ("motet-musescore-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  write_file(folder / "in.musicxml", std::string_view(write_musicxml(score)));
  const std::string command = "QT_QPA_PLATFORM=offscreen timeout 600 musescore3 -o " +
                              (folder / "out.mid").string() + " " +
                              (folder / "in.musicxml").string() + " >/dev/null 2>&1";
  std::optional<Score> played;
  if (std::system(command.c_str()) == 0 && fs::exists(folder / "out.mid")) {
    played = read_midi(read_file(folder / "out.mid")).score;
  }
  fs::remove_all(folder);
  return played;
}

struct Agreement {
  size_t ours = 0;
  size_t theirs = 0;
  size_t same_onset = 0;
  size_t same_end = 0;
  std::vector<std::string> apart;  ///< what differs, a sentence for each note of ours
};

std::string quarters(int64_t ticks) {
  std::ostringstream text;
  text << static_cast<double>(ticks) / kTicks;
  return text.str();
}

/// MuseScore ends a note a tick early, so that the next can begin.
Agreement compare(const EndsByOnset& ours, const EndsByOnset& theirs) {
  constexpr int64_t kTolerance = 2;
  Agreement agreement{ours.size(), theirs.size(), 0, 0, {}};
  for (const auto& [place, end] : ours) {
    const std::string name = "pitch " + std::to_string(place.second) + " at " +
                             quarters(place.first) + " to " + quarters(end);
    bool is_there = false;
    auto found = theirs.lower_bound({place.first - kTolerance, -1});
    for (; found != theirs.end() && found->first.first <= place.first + kTolerance; ++found) {
      if (found->first.second != place.second) continue;
      ++agreement.same_onset;
      is_there = true;
      if (std::abs(found->second - end) <= kTolerance) {
        ++agreement.same_end;
      } else {
        agreement.apart.push_back(name + ", there to " + quarters(found->second));
      }
      break;
    }
    if (!is_there) agreement.apart.push_back(name + ", not there");
  }
  return agreement;
}

/// `count` files of the corpus, drawn by a fixed seed.
std::vector<fs::path> sample_of(const fs::path& folder, size_t count) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string extension = entry.path().extension();
    if (extension == ".mxl" || extension == ".musicxml") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  const Random random(7, 0);
  std::vector<fs::path> drawn;
  for (uint64_t step = 0; drawn.size() < std::min(count, paths.size()); ++step) {
    const fs::path& path = paths[random.below(paths.size(), step)];
    if (std::ranges::find(drawn, path) == drawn.end()) drawn.push_back(path);
  }
  return drawn;
}

/// MOTET_MUSESCORE_FILES says how many files, MOTET_MUSESCORE_FOLDER where they lie instead,
/// MOTET_MUSESCORE_LIST how many notes that differ are printed of each file.
TEST(MuseScore, PlaysTheNotesThatWeWrite) {
  const char* const chosen = std::getenv("MOTET_MUSESCORE_FOLDER");
  const fs::path folder = chosen != nullptr ? fs::path(chosen) : test::data_dir() / "scores";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is absent; see CONTRIBUTING.md";
  if (std::system("command -v musescore3 >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "musescore3 is not installed; apt-get install musescore3";
  }
  const char* const files = std::getenv("MOTET_MUSESCORE_FILES");
  const size_t count = files != nullptr ? std::strtoul(files, nullptr, 10) : 3;
  const char* const listed = std::getenv("MOTET_MUSESCORE_LIST");
  const size_t most_listed = listed != nullptr ? std::strtoul(listed, nullptr, 10) : 3;
  Agreement total;
  size_t opened = 0;
  for (const fs::path& path : sample_of(folder, count)) {
    const Score score = plainly(read_musicxml(read_file(path)).score);
    const auto played = played_by_musescore(score);
    EXPECT_TRUE(played.has_value()) << path << ": MuseScore does not open what we write";
    if (!played) continue;
    ++opened;
    const Agreement one = compare(ends_by_onset(score), ends_by_onset(*played));
    if (one.same_end < std::max(one.ours, one.theirs)) {
      std::cout << path.filename() << ": notes here " << one.ours << ", there " << one.theirs
                << ", same onset " << one.same_onset << ", same end too " << one.same_end << "\n";
      for (size_t i = 0; i < std::min(most_listed, one.apart.size()); ++i) {
        std::cout << "  " << one.apart[i] << "\n";
      }
    }
    total.ours += one.ours;
    total.theirs += one.theirs;
    total.same_onset += one.same_onset;
    total.same_end += one.same_end;
  }
  const auto most = static_cast<double>(std::max<size_t>(1, std::max(total.ours, total.theirs)));
  const double share = 100 * static_cast<double>(total.same_end) / most;
  std::cout << "opened " << opened << ", notes here " << total.ours << ", there " << total.theirs
            << ", same pitch and onset " << total.same_onset << ", same end too " << total.same_end
            << " (" << share << " %)\n";
  EXPECT_GT(opened, 0U);
  EXPECT_GE(share, 99.0);
}

}  // namespace
}  // namespace motet
