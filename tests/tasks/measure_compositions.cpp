// SPDX-License-Identifier: Apache-2.0
// Composes 100 pieces from varied requests, writes each as MIDI, reads it again as a stranger
// would, and prints how many keep to what was asked, and their metrics beside the held-out real
// pieces.
//
//   measure_compositions BUNDLE build/data/midi [COUNT]
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/base/random.h"
#include "motet/metrics/distribution.h"
#include "motet/metrics/symbolic.h"
#include "motet/score/midi.h"
#include "motet/tasks/compose.h"
#include "motet/theory/key.h"

namespace motet {
namespace {

using Values = std::vector<std::vector<double>>;  // [metric][piece]

/// Styles with the metres and players that people ask for; what is absent, resolve() fills in.
tasks::Request varied_request(uint64_t index) {
  const Random random(2026, index);
  uint64_t at = 0;
  const std::vector<std::string> styles = {
      "waltz",          "mazurka",     "polonaise", "hymn",     "song",
      "string-quartet", "irish-dance", "march",     "nocturne", "prelude",
      "rock",           "orchestral",  "mass",      "etude",    ""};
  const std::vector<std::string> metres = {"", "", "", "4/4", "3/4", "6/8", "2/4", "5/4", "12/8"};
  const std::vector<std::string> players = {
      "",        "",    "", "", "piano", "flute, piano", "violin, cello", "2 guitars, bass, drums",
      "4 choir", "harp"};
  const std::vector<int> bars = {4, 8, 12, 16, 16, 24, 32};
  tasks::Request request;
  const auto set = [&](const char* field, const std::string& text) {
    if (!text.empty()) tasks::set_field(request, field, text, "request");
  };
  set("style", styles[random.below(styles.size(), at++)]);
  set("metre", metres[random.below(metres.size(), at++)]);
  set("instruments", players[random.below(players.size(), at++)]);
  request.bars = bars[random.below(bars.size(), at++)];
  request.key = Key{static_cast<int>(random.below(12, at++)),
                    random.uniform(at++) < 0.5 ? Mode::kMajor : Mode::kMinor};
  request.seed = index;
  return tasks::resolve(request);
}

bool has_pitch(const tasks::Request& request) {
  return !std::ranges::all_of(request.instruments, &Instrument::is_drums);
}

/// How a piece keeps to its request, after a round trip through MIDI.
struct Kept {
  bool well_formed = false;
  bool bars = false;
  bool metre = false;
  bool instruments = false;
  bool key = false;
};

struct Counts {
  int well_formed = 0;
  int bars = 0;
  int metre = 0;
  int instruments = 0;
  int pitched = 0;
  int key = 0;

  void add(const Kept& kept, bool has_pitch) {
    well_formed += kept.well_formed ? 1 : 0;
    bars += kept.bars ? 1 : 0;
    metre += kept.metre ? 1 : 0;
    instruments += kept.instruments ? 1 : 0;
    pitched += has_pitch ? 1 : 0;
    key += has_pitch && kept.key ? 1 : 0;
  }

  void print(uint64_t count) const {
    std::printf(
        "of %d pieces: %d well formed, %d with the bars asked for, %d with the metre, %d "
        "with the instruments;\nof %d with pitches, %d in the key asked for\n",
        static_cast<int>(count), well_formed, bars, metre, instruments, pitched, key);
  }
};

Kept judge(const tasks::Request& request, const Reading& reading) {
  const Score& score = reading.score;
  Kept kept;
  kept.well_formed = reading.mended.empty() && count_notes(score) > 0;
  const std::vector<Bar> bars = bars_of(score);
  kept.bars = bars.size() == static_cast<size_t>(*request.bars);
  kept.metre = std::ranges::all_of(bars, [&](const Bar& bar) {
    return bar.numerator == request.metre->numerator &&
           bar.denominator == request.metre->denominator;
  });
  std::vector<Instrument> players;
  for (const Part& part : score.parts) {
    if (!part.notes.empty())
      players.push_back({part.is_drums ? uint8_t{0} : part.program, part.is_drums});
  }
  kept.instruments = players == request.instruments;
  kept.key = estimate_key(score).key == *request.key;
  return kept;
}

void collect(const Score& score, Values& values) {
  const auto metrics = symbolic_metrics(score);
  values.resize(metrics.size());
  for (size_t i = 0; i < metrics.size(); ++i) {
    if (metrics[i].value) values[i].push_back(*metrics[i].value);
  }
}

Values real_pieces(const std::filesystem::path& folder) {
  Values values;
  std::ifstream list(folder / "metadata.jsonl");
  for (std::string line; std::getline(list, line);) {
    const Json entry = parse_json(line, "metadata.jsonl");
    if (entry.at("split") != "valid" || entry.at("source") == "openewld") continue;
    collect(read_midi(read_file(folder / entry.at("file").get<std::string>())).score, values);
  }
  return values;
}

void print_metrics(const Values& composed, const Values& real) {
  std::printf("\n%-20s %26s %26s %8s\n", "", "composed: 25% 50% 75%", "held out: 25% 50% 75%",
              "overlap");
  const auto names = symbolic_metrics(Score{});
  for (size_t i = 0; i < names.size(); ++i) {
    const Summary a = summarise(composed[i]);
    const Summary b = summarise(real[i]);
    std::printf("%-20s %8.3f %8.3f %8.3f %8.3f %8.3f %8.3f %8.3f\n",
                std::string(names[i].name).c_str(), a.first_quartile, a.median, a.third_quartile,
                b.first_quartile, b.median, b.third_quartile,
                overlap_area(composed[i], real[i]).value_or(0.0));
  }
}

void run(const std::filesystem::path& bundle, const std::filesystem::path& corpus, uint64_t count) {
  ThreadPool pool(hardware_threads());
  const tasks::Engine engine(bundle, pool);
  Values composed;
  Counts counts;
  for (uint64_t i = 0; i < count; ++i) {
    const tasks::Request request = varied_request(i);
    const tasks::Composition piece = tasks::compose(request, engine, {});
    const Reading reading = read_midi(write_midi(piece.score));
    const Kept kept = judge(request, reading);
    counts.add(kept, has_pitch(request));
    if (!(kept.well_formed && kept.bars && kept.metre && kept.instruments)) {
      std::printf("request %d breaks a promise: %s\n", static_cast<int>(i),
                  tasks::to_json(request).dump().c_str());
    }
    collect(reading.score, composed);
  }
  counts.print(count);
  print_metrics(composed, real_pieces(corpus));
}

}  // namespace
}  // namespace motet

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::cerr << "usage: measure_compositions BUNDLE CORPUS [COUNT]\n";
    return 2;
  }
  try {
    motet::run(argv[1], argv[2], argc == 4 ? std::stoul(argv[3]) : 100);
    return 0;
  } catch (const motet::Error& error) {
    std::cerr << "measure_compositions: " << error.what() << "\n";
    return 1;
  }
}
