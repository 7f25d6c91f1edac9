// SPDX-License-Identifier: Apache-2.0
// Measures infer_metre and quantise: takes the metre away from the pieces of a folder of MIDI files
// with a metadata.jsonl, plays them as people do (seeded), and looks what comes back. See
// docs/evaluation.md.
//
//   measure_metre build/data/midi [every nth piece, 20]
#include <algorithm>
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
#include "motet/theory/features.h"
#include "motet/theory/metre.h"
#include "motet/theory/quantise.h"
#include "tests/theory/performance.h"

namespace motet {
namespace {

constexpr double kHit = 0.07;  // seconds, the tolerance of the field
constexpr double kLead = 0.2;  // seconds that played() waits

struct Truth {
  std::vector<double> downbeats;  // seconds as played
  int beats_in_bar = 4;
  bool is_compound = false;
};

struct Tally {
  size_t pieces = 0;
  double same_class = 0;   // beats in a bar and their division
  double same_length = 0;  // the bar's, within 6 %
  double downbeat_f = 0;
  double grid = 0;       // notes that are back on their place, given the true beats
  double intervals = 0;  // steps from note to note that are right, with the beats that were found
  std::map<std::string, size_t> heard = {};  // metres
};

// The score as it is written, or as people play it: without its metre either way.
enum class Source { kWritten, kPlayed };

int beats_of(const MetreChange& metre) {
  return metre.denominator >= 8 && metre.numerator % 3 == 0 ? metre.numerator / 3 : metre.numerator;
}

bool compound(const MetreChange& metre) {
  return metre.denominator >= 8 && metre.numerator % 3 == 0;
}

double f_measure(const std::vector<double>& truth, const std::vector<double>& found) {
  size_t hits = 0;
  size_t next = 0;
  for (const double at : truth) {
    while (next < found.size() && found[next] < at - kHit) ++next;
    if (next < found.size() && found[next] <= at + kHit) {
      ++hits;
      ++next;
    }
  }
  if (truth.empty() || found.empty()) return 0.0;
  return 2.0 * static_cast<double>(hits) / static_cast<double>(truth.size() + found.size());
}

double median_step(std::vector<double> times) {
  std::vector<double> steps;
  for (size_t i = 1; i < times.size(); ++i) steps.push_back(times[i] - times[i - 1]);
  if (steps.empty()) return 0.0;
  std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2),
                   steps.end());
  return steps[steps.size() / 2];
}

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
  guess.numerator = compound(metre) ? metre.numerator : beats_of(metre);
  guess.denominator = compound(metre) ? 8 : 4;
  const TempoMap tempo(score);
  const int64_t beat =
      int64_t{4} * score.ticks_per_quarter / metre.denominator * (compound(metre) ? 3 : 1);
  const int64_t end = end_of(score).value + beat;
  for (int64_t at = 0, i = 0; at <= end; at += beat, ++i) {
    guess.beats.push_back({.at = Seconds{clock(tempo.to_seconds(Ticks{at}).value) + lead},
                           .in_bar = static_cast<int>(i % guess.beats_in_bar())});
  }
  return guess;
}

Score bare_of(const Score& score, Source source, test::Playing playing) {
  if (source == Source::kPlayed) return test::played(score, playing);
  Score bare = score;
  bare.metres.clear();
  return bare;
}

void measure(Score score, Source source, test::Playing playing, Tally& tally, Tally& of_metre) {
  score.parts.erase(std::remove_if(score.parts.begin(), score.parts.end(),
                                   [](const Part& part) { return part.notes.empty(); }),
                    score.parts.end());
  for (Part& part : score.parts) {
    for (Note& note : part.notes) note.id = {};
  }
  name_notes(score);
  const MetreChange metre = main_metre(score);
  const TempoMap tempo(score);
  const double lead = source == Source::kPlayed ? kLead : 0.0;
  const test::Clock clock(tempo.to_seconds(end_of(score)).value, playing);
  Truth truth{.downbeats = {}, .beats_in_bar = beats_of(metre), .is_compound = compound(metre)};
  for (const Bar& bar : bars_of(score)) {
    truth.downbeats.push_back(clock(tempo.to_seconds(bar.begin).value) + lead);
  }
  const Score bare = bare_of(score, source, playing);
  const MetreGuess guess = infer_metre(bare);
  std::vector<double> downbeats;
  for (const Beat& beat : guess.beats) {
    if (beat.in_bar == 0) downbeats.push_back(beat.at.value);
  }
  const double length = median_step(truth.downbeats);
  Tally one{.pieces = 1};
  one.same_class =
      guess.beats_in_bar() == truth.beats_in_bar && (guess.denominator == 8) == truth.is_compound;
  one.same_length = std::abs(std::log(median_step(downbeats) / length)) < 0.06;
  one.downbeat_f = f_measure(truth.downbeats, downbeats);
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
      measure(score, source, playing, tallies["all"], tallies[name]);
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

}  // namespace
}  // namespace motet

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: measure_metre FOLDER [EVERY]\n";
    return 2;
  }
  try {
    motet::run(argv[1], argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20);
    return 0;
  } catch (const motet::Error& error) {
    std::cerr << "measure_metre: " << error.what() << "\n";
    return 1;
  }
}
