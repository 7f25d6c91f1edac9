// SPDX-License-Identifier: Apache-2.0
// Measures the theory over a folder of MIDI files with a metadata.jsonl: key accuracy, the density
// octiles and the speed. The tables of docs/evaluation.md are its output.
//
//   measure_theory build/data/midi [every nth labelled piece, 1]     keys alone when not 1
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/score/midi.h"
#include "motet/theory/chord.h"
#include "motet/theory/features.h"
#include "motet/theory/key.h"

namespace motet {
namespace {

// Keys right, and MIREX's partial credit: a fifth 0.5, relative 0.3, parallel 0.2.
struct Tally {
  size_t pieces = 0;
  size_t right = 0;
  size_t relative = 0;
  double credit = 0.0;
};

void count(Tally& tally, Key estimate, Key label) {
  ++tally.pieces;
  const bool same_mode = estimate.mode == label.mode;
  const int distance = (estimate.tonic - label.tonic + 12) % 12;
  if (same_mode && distance == 0) {
    ++tally.right;
    tally.credit += 1.0;
  } else if (same_mode && (distance == 5 || distance == 7)) {
    tally.credit += 0.5;
  } else if (!same_mode && fifths_of(estimate) == fifths_of(label)) {
    ++tally.relative;
    tally.credit += 0.3;
  } else if (!same_mode && distance == 0) {
    tally.credit += 0.2;
  }
}

struct Report {
  std::map<std::string, Tally> keys;          // by estimate_key
  std::map<std::string, Tally> found;         // by find_key
  std::map<std::string, Tally> by_signature;  // by find_key, which may read the signature
  size_t labelled = 0;
  std::vector<double> densities;
  std::vector<double> paces;
  size_t notes = 0;
  double key_seconds = 0.0;
  double chord_seconds = 0.0;
};

template <typename Work>
double seconds_for(Work work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void measure_keys(const Score& score, const Json& entry, Key estimate, Key label, Report& report) {
  const Key found = find_key(score).key;
  const Key by_signature = find_key(score, {.use_signature = true}).key;
  for (const std::string& group :
       {std::string("all"), entry.at("source").get<std::string>(),
        "split " + entry.at("split").get<std::string>(),
        std::string(label.mode == Mode::kMajor ? "labelled major" : "labelled minor")}) {
    count(report.keys[group], estimate, label);
    count(report.found[group], found, label);
    count(report.by_signature[group], by_signature, label);
  }
}

void measure(const Score& score, const Json& entry, Report& report) {
  KeyEstimate estimate;
  report.key_seconds += seconds_for([&] { estimate = estimate_key(score); });
  report.chord_seconds += seconds_for([&] { label_chords(score); });
  report.notes += count_notes(score);
  const double density = onset_density(score);
  if (entry.at("split") == "train" && density > 0.0) {
    report.densities.push_back(density);
    report.paces.push_back(density * main_tempo(score) / 60.0);
  }
  const auto label = parse_key(entry.value("key_label", ""));
  if (!label) return;
  measure_keys(score, entry, estimate.key, *label, report);
}

void print_keys(const char* name, const std::map<std::string, Tally>& tallies) {
  std::printf("%-32s %7s %7s %7s %9s\n", name, "n", "right", "MIREX", "relative");
  for (const auto& [group, tally] : tallies) {
    const auto n = static_cast<double>(tally.pieces);
    std::printf("%-32s %7zu %6.1f%% %6.1f%% %8.1f%%\n", group.c_str(), tally.pieces,
                100.0 * static_cast<double>(tally.right) / n, 100.0 * tally.credit / n,
                100.0 * static_cast<double>(tally.relative) / n);
  }
}

void print(Report& report) {
  print_keys("estimate_key", report.keys);
  print_keys("find_key", report.found);
  print_keys("find_key with the signature", report.by_signature);
  if (report.densities.empty()) return;
  std::sort(report.densities.begin(), report.densities.end());
  std::sort(report.paces.begin(), report.paces.end());
  std::printf("\ndensity octiles of %zu training pieces:", report.densities.size());
  for (size_t i = 1; i < 8; ++i) {
    std::printf(" %.4f", report.densities[report.densities.size() * i / 8]);
  }
  std::printf("\nmedian onsets a second and part: %.4f\n", report.paces[report.paces.size() / 2]);
  const auto notes = static_cast<double>(report.notes) / 1e6;
  std::printf("%.2f M notes; keys %.1f M notes/s, chords %.1f M notes/s\n", notes,
              notes / report.key_seconds, notes / report.chord_seconds);
}

void run(const std::filesystem::path& folder, size_t step) {
  std::ifstream list(folder / "metadata.jsonl");
  Report report;
  for (std::string line; std::getline(list, line);) {
    const Json entry = parse_json(line, "metadata.jsonl");
    const auto label = parse_key(entry.value("key_label", ""));
    if (step > 1 && (!label || report.labelled++ % step != 0)) continue;
    try {
      const Reading reading = read_midi(read_file(folder / entry.at("file").get<std::string>()));
      if (step == 1) {
        measure(reading.score, entry, report);
      } else {
        measure_keys(reading.score, entry, estimate_key(reading.score).key, *label, report);
      }
    } catch (const Error& error) {
      std::cerr << entry.at("file") << ": " << error.what() << "\n";
    }
  }
  print(report);
}

}  // namespace
}  // namespace motet

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: measure_theory FOLDER [EVERY]\n";
    return 2;
  }
  try {
    motet::run(argv[1], argc > 2 ? std::max(1UL, std::strtoul(argv[2], nullptr, 10)) : 1);
    return 0;
  } catch (const motet::Error& error) {
    std::cerr << "measure_theory: " << error.what() << "\n";
    return 1;
  }
}
