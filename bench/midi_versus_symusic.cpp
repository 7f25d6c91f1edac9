// SPDX-License-Identifier: Apache-2.0
//
// Parses the same MIDI files from memory with Motet and with symusic's C++ core, in turns, and
// prints both speeds and their ratio. Built only with -DMOTET_SYMUSIC=<symusic's source>; see
// tools/bench_midi.sh.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/score/midi.h"
#include "symusic/score.h"

namespace {

namespace fs = std::filesystem;

std::vector<motet::Bytes> load_files(const fs::path& folder, size_t count) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".mid") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<motet::Bytes> files;
  // Evenly from all of the corpus, so that every source has its share.
  const size_t step = std::max<size_t>(1, paths.size() / count);
  for (size_t i = 0; i < paths.size(); i += step) files.push_back(motet::read_file(paths[i]));
  return files;
}

size_t notes_by_motet(const motet::Bytes& file) {
  return motet::count_notes(motet::read_midi(file).score);
}

size_t notes_by_symusic(const motet::Bytes& file) {
  const auto score = symusic::Score<symusic::Tick>::parse<symusic::DataFormat::MIDI>(file);
  size_t notes = 0;
  for (const auto& track : *score.tracks) notes += track->notes->size();
  return notes;
}

struct Speed {
  double seconds = 0.0;
  size_t notes = 0;
};

template <typename Parse>
Speed once(const std::vector<motet::Bytes>& files, const Parse& parse) {
  const auto begin = std::chrono::steady_clock::now();
  Speed speed;
  for (const motet::Bytes& file : files) speed.notes += parse(file);
  const auto end = std::chrono::steady_clock::now();
  speed.seconds = std::chrono::duration<double>(end - begin).count();
  return speed;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int run(const fs::path& folder, size_t count, int rounds) {
  const std::vector<motet::Bytes> files = load_files(folder, count);
  if (files.empty()) {
    std::fprintf(stderr, "midi_versus_symusic: no .mid file in %s\n", folder.c_str());
    return 1;
  }
  double megabytes = 0.0;
  for (const motet::Bytes& file : files) megabytes += static_cast<double>(file.size()) / 1e6;
  std::vector<double> ours;
  std::vector<double> theirs;
  std::vector<double> ratios;
  size_t our_notes = 0;
  size_t their_notes = 0;
  for (int round = 0; round < rounds; ++round) {
    const Speed motet = once(files, notes_by_motet);
    const Speed symusic = once(files, notes_by_symusic);
    ours.push_back(motet.seconds);
    theirs.push_back(symusic.seconds);
    ratios.push_back(symusic.seconds / motet.seconds);
    our_notes = motet.notes;
    their_notes = symusic.notes;
  }
  std::printf("%zu files, %.1f MB, medians of %d rounds in turns, one thread\n", files.size(),
              megabytes, rounds);
  const auto print = [&](const char* name, const std::vector<double>& seconds, size_t notes) {
    const double time = median(seconds);
    std::printf("%-8s %8.1f MB/s  %6.2f million notes/s  %zu notes\n", name, megabytes / time,
                static_cast<double>(notes) / time / 1e6, notes);
  };
  print("motet", ours, our_notes);
  print("symusic", theirs, their_notes);
  std::printf("ratio    %8.2f times as fast as symusic (median; %.2f to %.2f)\n", median(ratios),
              *std::ranges::min_element(ratios), *std::ranges::max_element(ratios));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "midi_versus_symusic FOLDER [FILES [ROUNDS]]\n");
    return 2;
  }
  try {
    const size_t count = argc > 2 ? std::stoul(argv[2]) : 400;
    const int rounds = argc > 3 ? std::stoi(argv[3]) : 15;
    return run(argv[1], std::max<size_t>(1, count), std::max(1, rounds));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "midi_versus_symusic: %s\n", error.what());
    return 1;
  }
}
