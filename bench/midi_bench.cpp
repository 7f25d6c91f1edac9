// SPDX-License-Identifier: Apache-2.0
//
// How fast MIDI files become scores, from memory: the first 400 files of build/data/midi by name.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "motet/base/file.h"
#include "motet/score/midi.h"

namespace motet {
namespace {

namespace fs = std::filesystem;

std::vector<Bytes> load_files() {
  constexpr size_t kFiles = 400;
  std::vector<fs::path> paths;
  const fs::path folder = fs::path(MOTET_DATA_DIR) / "midi";
  if (fs::exists(folder)) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.path().extension() == ".mid") paths.push_back(entry.path());
    }
  }
  std::ranges::sort(paths);
  paths.resize(std::min(paths.size(), kFiles));
  std::vector<Bytes> files;
  for (const fs::path& path : paths) files.push_back(read_file(path));
  return files;
}

void read_real_files(benchmark::State& state) {
  const std::vector<Bytes> files = load_files();
  if (files.empty()) {
    state.SkipWithError("no build/data/midi; make data");
    return;
  }
  size_t bytes = 0;
  size_t notes = 0;
  for (auto _ : state) {
    for (const Bytes& file : files) {
      const Reading reading = read_midi(file);
      bytes += file.size();
      notes += count_notes(reading.score);
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
  state.counters["notes/s"] =
      benchmark::Counter(static_cast<double>(notes), benchmark::Counter::kIsRate);
}
BENCHMARK(read_real_files)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace motet

BENCHMARK_MAIN();
