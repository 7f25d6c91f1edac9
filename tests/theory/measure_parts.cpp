// SPDX-License-Identifier: Apache-2.0
// Measures voice separation and pitch spelling on scores that say both; see docs/evaluation.md.
//
//   measure_parts FOLDER [every nth file, 1]     a folder of .mxl or .krn files, looked through
//                                                in order of their names
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/score/kern.h"
#include "motet/score/musicxml.h"
#include "motet/theory/spelling.h"
#include "motet/theory/voices.h"

namespace motet {
namespace {

struct Tally {
  size_t files = 0;
  size_t refused = 0;
  size_t spelled = 0;
  size_t spelled_right = 0;
  size_t merged = 0;       // scores whose parts are one voice each
  size_t pairs = 0;        // of notes that follow each other in a part
  size_t pairs_kept = 0;   // ... and in one voice
  double consistency = 0;  // average voice consistency, summed over scores
};

void measure_spelling(Score score, Tally& tally) {
  std::vector<LineOfFifths> truth;
  for (Part& part : score.parts) {
    part.written.clear();
    for (Note& note : part.notes) {
      truth.push_back(note.spelling);
      note.spelling = kUnspelled;
    }
  }
  spell_pitches(score);
  size_t i = 0;
  for (const Part& part : score.parts) {
    for (const Note& note : part.notes) {
      const LineOfFifths name = truth[i++];
      if (part.is_drums || name == kUnspelled) continue;
      ++tally.spelled;
      tally.spelled_right += note.spelling == name ? 1 : 0;
    }
  }
}

bool is_one_voice(const Part& part) {
  for (size_t i = 1; i < part.notes.size(); ++i) {
    const Note& before = part.notes[i - 1];
    if (part.notes[i].onset < before.onset + before.duration) return false;
  }
  return !part.notes.empty() && !part.is_drums;
}

void measure_voices(const Score& score, Tally& tally) {
  std::vector<std::pair<Note, size_t>> all;
  size_t parts = 0;
  for (const Part& part : score.parts) {
    if (!is_one_voice(part)) continue;
    for (const Note& note : part.notes) all.emplace_back(note, parts);
    ++parts;
  }
  if (parts < 3 || parts > 6) return;
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first.onset, a.first.pitch) < std::pair(b.first.onset, b.first.pitch);
  });
  std::vector<Note> notes;
  for (const auto& [note, part] : all) notes.push_back(note);
  const std::vector<int> voices = separate_voices(notes);
  std::map<size_t, int> last;
  std::map<int, std::map<size_t, size_t>> parts_of_voice;
  for (size_t i = 0; i < all.size(); ++i) {
    const size_t part = all[i].second;
    const auto before = last.find(part);
    if (before != last.end()) {
      ++tally.pairs;
      tally.pairs_kept += before->second == voices[i] ? 1 : 0;
    }
    last[part] = voices[i];
    ++parts_of_voice[voices[i]][part];
  }
  double consistency = 0.0;
  for (const auto& [voice, counts] : parts_of_voice) {
    size_t sum = 0;
    size_t most = 0;
    for (const auto& [part, count] : counts) {
      sum += count;
      most = std::max(most, count);
    }
    consistency += static_cast<double>(most) / static_cast<double>(sum);
  }
  ++tally.merged;
  tally.consistency += consistency / static_cast<double>(parts_of_voice.size());
}

void run(const std::filesystem::path& folder, size_t step) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".krn" || extension == ".mxl" || extension == ".musicxml") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  Tally tally;
  for (size_t i = 0; i < files.size(); i += step) {
    try {
      const Bytes bytes = read_file(files[i]);
      const Score score =
          files[i].extension() == ".krn" ? read_kern(bytes).score : read_musicxml(bytes).score;
      ++tally.files;
      measure_spelling(score, tally);
      measure_voices(score, tally);
    } catch (const Error&) {
      ++tally.refused;
    }
  }
  const auto share = [](size_t part, size_t all) {
    return all == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(all);
  };
  std::printf("%zu files, %zu refused\n", tally.files, tally.refused);
  std::printf("spelling: %.2f%% of %zu notes\n", share(tally.spelled_right, tally.spelled),
              tally.spelled);
  std::printf(
      "voices of %zu scores merged: %.2f%% of %zu pairs kept, consistency %.2f%%\n", tally.merged,
      share(tally.pairs_kept, tally.pairs), tally.pairs,
      tally.merged == 0 ? 0.0 : 100.0 * tally.consistency / static_cast<double>(tally.merged));
}

}  // namespace
}  // namespace motet

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: measure_parts FOLDER [EVERY]\n";
    return 2;
  }
  try {
    motet::run(argv[1], argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1);
    return 0;
  } catch (const motet::Error& error) {
    std::cerr << "measure_parts: " << error.what() << "\n";
    return 1;
  }
}
