// SPDX-License-Identifier: Apache-2.0
// Measures infer_metre and quantise: takes the metre away from the pieces of a folder of MIDI files
// with a metadata.jsonl, plays them as people do (seeded), and looks what comes back. See
// docs/evaluation.md.
//
//   measure_metre build/data/midi [every nth piece, 20]
//   measure_metre build/data/midi 10 3 > lines    # of every 10th from the 3rd, what fit_metre.py
//   reads
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/score/midi.h"
#include "motet/theory/features.h"
#include "motet/theory/metre.h"
#include "motet/theory/metre_hypotheses.h"
#include "motet/theory/quantise.h"
#include "tests/theory/metre_truth.h"

namespace motet {
namespace {

using test::Source;

struct Tally {
  size_t pieces = 0;
  double same_class = 0;   // beats in a bar and their division
  double same_length = 0;  // the bar's, within 6 %
  double downbeat_f = 0;
  double grid = 0;       // notes that are back on their place, given the true beats
  double intervals = 0;  // steps from note to note that are right, with the beats that were found
  std::map<std::string, size_t> heard = {};  // metres
};

// Onset of every note, in quarters, by id.
std::map<uint32_t, double> places_of(const Score& score) {
  std::map<uint32_t, double> places;
  for (const Part& part : score.parts) {
    for (const Note& note : part.notes) {
      places[note.id.value] = static_cast<double>(note.onset.value) / score.ticks_per_quarter;
    }
  }
  return places;
}

// The share of notes whose distance from the note before (in time) is right, at the best scale.
double right_intervals(const Score& truth, const Score& found) {
  const auto written = places_of(truth);
  const auto heard = places_of(found);
  std::vector<std::pair<double, uint32_t>> order;
  for (const auto& [id, at] : written) order.emplace_back(at, id);
  std::sort(order.begin(), order.end());
  double best = 0.0;
  for (const double scale : {0.25, 1.0 / 3, 0.5, 2.0 / 3, 0.75, 1.0, 4.0 / 3, 1.5, 2.0, 3.0, 4.0}) {
    size_t right = 0;
    for (size_t i = 1; i < order.size(); ++i) {
      const double step = order[i].first - order[i - 1].first;
      const double got = heard.at(order[i].second) - heard.at(order[i - 1].second);
      right += std::abs(got * scale - step) < 0.01 ? 1 : 0;
    }
    best = std::max(best, static_cast<double>(right));
  }
  return order.size() < 2 ? 1.0 : best / static_cast<double>(order.size() - 1);
}

// The share of notes that are back on their place, when the beats are known.
double right_places(const Score& truth, const Score& found, double offset) {
  const auto written = places_of(truth);
  const auto heard = places_of(found);
  size_t right = 0;
  for (const auto& [id, at] : written) right += std::abs(heard.at(id) - at - offset) < 0.01 ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(std::max<size_t>(1, written.size()));
}

// The true beats of a piece in one metre, as a player plays them.
MetreGuess true_beats(const Score& score, const MetreChange& metre, const test::Clock& clock,
                      double lead) {
  MetreGuess guess;
  guess.numerator = test::is_compound(metre) ? metre.numerator : test::beats_of(metre);
  guess.denominator = test::is_compound(metre) ? 8 : 4;
  const TempoMap tempo(score);
  const int64_t beat =
      int64_t{4} * score.ticks_per_quarter / metre.denominator * (test::is_compound(metre) ? 3 : 1);
  const int64_t end = end_of(score).value + beat;
  for (int64_t at = 0, i = 0; at <= end; at += beat, ++i) {
    guess.beats.push_back({.at = Seconds{clock(tempo.to_seconds(Ticks{at}).value) + lead},
                           .in_bar = static_cast<int>(i % guess.beats_in_bar())});
  }
  return guess;
}

void measure(const Score& score, Source source, test::Playing playing, Tally& tally,
             Tally& of_metre) {
  const MetreChange metre = main_metre(score);
  const TempoMap tempo(score);
  const double lead = source == Source::kPlayed ? test::kLead : 0.0;
  const test::Clock clock(tempo.to_seconds(end_of(score)).value, playing);
  const test::MetreTruth truth = test::truth_of(score, source, playing);
  const Score bare = test::bare_of(score, source, playing);
  const MetreGuess guess = infer_metre(bare);
  std::vector<double> downbeats;
  for (const Beat& beat : guess.beats) {
    if (beat.in_bar == 0) downbeats.push_back(beat.at.value);
  }
  const test::MetreRights rights =
      test::rights_of(truth, guess.beats_in_bar(), guess.denominator == 8, downbeats);
  Tally one{.pieces = 1,
            .same_class = rights.same_class,
            .same_length = rights.same_length,
            .downbeat_f = rights.downbeat_f};
  one.intervals = right_intervals(score, quantise(bare, guess));
  const double beat_quarters = (truth.is_compound ? 1.5 : 1.0);
  const double unit = 4.0 / metre.denominator * (truth.is_compound ? 3.0 : 1.0) / beat_quarters;
  Score scaled = score;  // a beat of the guess is a quarter, or a dotted one
  scaled.ticks_per_quarter = static_cast<int>(std::lround(score.ticks_per_quarter * unit));
  one.grid = right_places(scaled, quantise(bare, true_beats(score, metre, clock, lead)), 0.0);
  for (Tally* t : {&tally, &of_metre}) {
    t->pieces += 1;
    t->same_class += one.same_class;
    t->same_length += one.same_length;
    t->downbeat_f += one.downbeat_f;
    t->grid += one.grid;
    t->intervals += one.intervals;
    ++t->heard[std::to_string(guess.numerator) + "/" + std::to_string(guess.denominator)];
  }
}

void print(const std::string& name, const Tally& t) {
  const double n = static_cast<double>(t.pieces) / 100.0;
  std::printf("%-10s %6zu %8.1f%% %9.1f%% %9.1f%% %9.1f%% %9.1f%%\n", name.c_str(), t.pieces,
              t.same_class / n, t.same_length / n, t.downbeat_f / n, t.intervals / n, t.grid / n);
  if (name == "all") return;
  std::printf("          heard as");
  for (const auto& [metre, count] : t.heard) std::printf("  %s: %zu", metre.c_str(), count);
  std::printf("\n");
}

std::string work_of(const Json& entry) {
  return entry.value("composer", "") + "/" + entry.value("work", entry.value("title", ""));
}

void run(const std::filesystem::path& folder, size_t step) {
  const std::vector<std::pair<Source, test::Playing>> ways = {
      {Source::kWritten, {.jitter = 0.0, .drift = 0.0}},
      {Source::kPlayed, {.jitter = 0.0, .drift = 0.0}},
      {Source::kPlayed, {.jitter = 0.015, .drift = 0.06}},
      {Source::kPlayed, {.jitter = 0.03, .drift = 0.1}}};
  for (const auto& [source, playing] : ways) {
    std::map<std::string, Tally> tallies;
    std::ifstream list(folder / "metadata.jsonl");
    size_t line_number = 0;
    for (std::string line; std::getline(list, line); ++line_number) {
      if (line_number % step != 0) continue;
      const Json entry = parse_json(line, "metadata.jsonl");
      const std::string name = entry.value("meter", "");
      const Score score = read_midi(read_file(folder / entry.at("file").get<std::string>())).score;
      if (name.empty() || count_notes(score) < 16 || score.metres.size() != 1) continue;
      measure(test::prepared(score), source, playing, tallies["all"], tallies[name]);
    }
    if (source == Source::kWritten) std::printf("as written, ");
    std::printf("jitter %.0f ms, drift %.0f %%\n%-10s %6s %9s %10s %10s %10s %10s\n",
                playing.jitter * 1000, playing.drift * 100, "metre", "n", "class", "bar",
                "downbeat", "steps", "places");
    for (const auto& [name, tally] : tallies) {
      if (tally.pieces >= 5) print(name, tally);
    }
  }
}

// For tools/fit_metre.py: the hypotheses of pieces, a line each, as "piece split written class bar
// downbeat features...". Works of which a piece is measured, at the steps that docs/evaluation.md
// names, are left out.
void list(const std::filesystem::path& folder, size_t step, size_t first) {
  std::ifstream list(folder / "metadata.jsonl");
  std::vector<Json> entries;
  std::set<std::string> measured;
  for (std::string line; std::getline(list, line);) {
    entries.push_back(parse_json(line, "metadata.jsonl"));
    const size_t at = entries.size() - 1;
    if (at % 60 == 0 || at % 37 == 0) measured.insert(work_of(entries.back()));
  }
  for (size_t i = first; i < entries.size(); i += step) {
    if (measured.contains(work_of(entries[i]))) continue;
    const std::string path = entries[i].at("file").get<std::string>();
    const Score score = test::prepared(read_midi(read_file(folder / path)).score);
    if (entries[i].value("meter", "").empty() || count_notes(score) < 16 ||
        score.metres.size() != 1) {
      continue;
    }
    constexpr std::array<test::Playing, 3> kWays = {test::Playing{.jitter = 0.0, .drift = 0.0},
                                                    test::Playing{.jitter = 0.0, .drift = 0.0},
                                                    test::Playing{.jitter = 0.02, .drift = 0.07}};
    for (size_t way = 0; way < kWays.size(); ++way) {
      const Source source = way == 0 ? Source::kWritten : Source::kPlayed;
      const test::MetreTruth truth = test::truth_of(score, source, kWays[way]);
      const auto hypotheses = theory::metre_hypotheses(test::bare_of(score, source, kWays[way]));
      for (const theory::MetreHypothesis& each : hypotheses.all) {
        std::vector<double> downbeats;
        for (size_t t = 0; t < each.in_bar.size(); ++t) {
          if (each.in_bar[t] == 0) downbeats.push_back(hypotheses.beats[each.beats][t]);
        }
        const auto rights = test::rights_of(truth, each.count, each.is_compound, downbeats);
        std::printf("%zu-%zu %s %d %.0f %.0f %.3f", i, way,
                    entries[i].value("split", "train").c_str(), hypotheses.is_written ? 1 : 0,
                    rights.same_class, rights.same_length, rights.downbeat_f);
        for (const double feature : each.features) std::printf(" %.4g", feature);
        std::printf("\n");
      }
    }
  }
}

}  // namespace
}  // namespace motet

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: measure_metre FOLDER [EVERY [FIRST]]\n";
    return 2;
  }
  try {
    const size_t step = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20;
    if (argc > 3) {
      motet::list(argv[1], step, std::strtoul(argv[3], nullptr, 10));
    } else {
      motet::run(argv[1], step);
    }
    return 0;
  } catch (const motet::Error& error) {
    std::cerr << "measure_metre: " << error.what() << "\n";
    return 1;
  }
}
