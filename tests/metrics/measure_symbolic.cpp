// SPDX-License-Identifier: Apache-2.0
// Prints the symbolic metrics of the pieces of one split of a MIDI corpus with a metadata.jsonl, as
// mean, standard deviation and quartiles. The table of docs/evaluation.md is its output.
//
//   measure_symbolic build/data/midi valid
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/metrics/distribution.h"
#include "motet/metrics/symbolic.h"
#include "motet/score/midi.h"

namespace motet {
namespace {

void run(const std::filesystem::path& folder, const std::string& split) {
  std::vector<std::vector<double>> values(symbolic_metrics(Score{}).size());
  std::ifstream list(folder / "metadata.jsonl");
  for (std::string line; std::getline(list, line);) {
    const Json entry = parse_json(line, "metadata.jsonl");
    if (entry.at("split") != split) continue;
    const Reading reading = read_midi(read_file(folder / entry.at("file").get<std::string>()));
    const auto metrics = symbolic_metrics(reading.score);
    for (size_t i = 0; i < metrics.size(); ++i) {
      if (metrics[i].value) values[i].push_back(*metrics[i].value);
    }
  }
  std::printf("%-20s %6s %8s %8s %8s %8s %8s\n", "metric", "n", "mean", "sd", "25%", "50%", "75%");
  const auto names = symbolic_metrics(Score{});
  for (size_t i = 0; i < names.size(); ++i) {
    const Summary s = summarise(values[i]);
    std::printf("%-20s %6zu %8.3f %8.3f %8.3f %8.3f %8.3f\n", std::string(names[i].name).c_str(),
                s.count, s.mean, s.standard_deviation, s.first_quartile, s.median,
                s.third_quartile);
  }
}

}  // namespace
}  // namespace motet

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: measure_symbolic FOLDER SPLIT\n";
    return 2;
  }
  try {
    motet::run(argv[1], argv[2]);
    return 0;
  } catch (const motet::Error& error) {
    std::cerr << "measure_symbolic: " << error.what() << "\n";
    return 1;
  }
}
