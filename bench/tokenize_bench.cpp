// SPDX-License-Identifier: Apache-2.0
// How fast MIDI files become event tokens: read, parse, prepare, tokenize.
//
//     tokenize_bench tokenizer.json THREADS < paths-one-a-line
//
// Prints one line of JSON: files, refused, tokens, seconds, cpu_seconds (of the whole process, so
// that a busy machine can be compared with a quiet one). tools/bench_miditok.py runs it beside
// MidiTok. The files are read once before, so that neither waits for the disk.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/threads.h"
#include "motet/tokens/event_tokenizer.h"

namespace motet {
namespace {

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

int run(const std::string& tokenizer_path, size_t threads) {
  const auto tokenizer = tokens::load_event_tokenizer(tokenizer_path);
  std::vector<std::string> paths;
  for (std::string line; std::getline(std::cin, line);) paths.push_back(line);
  for (const std::string& path : paths) read_file(path);
  ThreadPool pool(threads);
  std::atomic<size_t> ids = 0;
  std::atomic<size_t> refused = 0;
  const double cpu_before = cpu_seconds();
  const auto before = std::chrono::steady_clock::now();
  pool.run(paths.size(), [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      try {
        for (const auto& ids_of_track : tokenizer->encode_midi(read_file(paths[i]))) {
          ids += ids_of_track.size();
        }
      } catch (const Error&) {
        ++refused;
      }
    }
  });
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - before;
  std::printf(
      "{\"files\": %zu, \"refused\": %zu, \"tokens\": %zu, \"seconds\": %.4f, \"cpu_seconds\": "
      "%.4f}\n",
      paths.size(), refused.load(), ids.load() / tokenizer->width(), wall.count(),
      cpu_seconds() - cpu_before);
  return 0;
}

}  // namespace
}  // namespace motet

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: tokenize_bench tokenizer.json THREADS < paths\n", stderr);
    return 2;
  }
  try {
    return motet::run(argv[1], std::stoul(argv[2]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tokenize_bench: %s\n", error.what());
    return 1;
  }
}
