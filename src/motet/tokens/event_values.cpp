// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/event_values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "motet/base/error.h"
#include "motet/score/time.h"

namespace motet::tokens {
namespace {

constexpr double kUsualTempo = 120.0;
constexpr size_t kMostTimeValues = 100'000;
constexpr int64_t kLongestTable = 1 << 20;  ///< ticks

/// numpy.linspace: `count` numbers from first to last, both included.
std::vector<double> linspace(double first, double last, int count) {
  std::vector<double> numbers(static_cast<size_t>(count));
  const double step = count > 1 ? (last - first) / (count - 1) : 0.0;
  for (int i = 0; i < count; ++i) numbers[static_cast<size_t>(i)] = i * step + first;
  if (count > 1) numbers.back() = last;
  return numbers;
}

std::vector<int> floored(const std::vector<double>& numbers) {
  std::vector<int> whole;
  for (const double number : numbers) whole.push_back(static_cast<int>(std::floor(number)));
  return whole;
}

/// numpy.round(x, 2).
double to_two_decimals(double number) { return std::nearbyint(number * 100.0) / 100.0; }

std::vector<TimeValue> time_values(const std::vector<BeatRange>& ranges) {
  std::vector<TimeValue> values;
  for (const BeatRange& beats : ranges) {
    for (int beat = beats.begin; beat < beats.end; ++beat) {
      for (int position = 0; position < beats.resolution; ++position) {
        values.push_back({beat, position, beats.resolution});
      }
    }
  }
  const BeatRange& last = *std::ranges::max_element(ranges, [](const auto& a, const auto& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  values.push_back({std::max(last.begin, last.end), 0, last.resolution});
  values.erase(values.begin());  // no time at all
  return values;
}

/// PerTok counts parts of a beat in ticks, and its ranges may overlap.
std::vector<TimeValue> time_values_in_ticks(const std::vector<BeatRange>& ranges, int tpq) {
  std::vector<TimeValue> values;
  for (const BeatRange& beats : ranges) {
    for (int beat = beats.begin; beat < beats.end; ++beat) {
      for (int part = 0; part < beats.resolution; ++part) {
        if (beat == 0 && part == 0) continue;
        values.push_back({beat, tpq / beats.resolution * part, tpq});
      }
    }
  }
  return values;
}

void require_ascending(const std::vector<TimeValue>& values, const char* key) {
  const auto too_many = values.size() > kMostTimeValues;
  const auto misplaced = std::ranges::adjacent_find(values, [](const auto& a, const auto& b) {
    const int64_t left = (int64_t{a.beat} * a.resolution + a.position) * b.resolution;
    const int64_t right = (int64_t{b.beat} * b.resolution + b.position) * a.resolution;
    return left > right;
  });
  if (!values.empty() && !too_many && misplaced == values.end()) return;
  throw Error(ErrorCode::kInvalidFile,
              "tokenizer: config." + std::string(key) +
                  ": expected ranges of beats that follow each other, up to 100000 values");
}

}  // namespace

std::string TimeValue::text() const {
  return std::to_string(beat) + "." + std::to_string(position) + "." + std::to_string(resolution);
}

TimeTable::TimeTable(const std::vector<TimeValue>& values, int64_t ticks_per_beat)
    : ticks_per_beat_(ticks_per_beat) {
  for (const TimeValue& value : values) ticks_.push_back(value.ticks(ticks_per_beat));
  if (ticks_.empty()) return;
  const int64_t longest = *std::ranges::max_element(ticks_);
  if (longest > kLongestTable || ticks_.front() < 1) {
    throw Error(ErrorCode::kInvalidFile,
                "tokenizer: config.beat_res: expected fewer beats, or more positions in a beat");
  }
  index_of_.assign(static_cast<size_t>(longest) + 1, -1);
  for (size_t i = 0; i < ticks_.size(); ++i) {
    index_of_[static_cast<size_t>(ticks_[i])] = static_cast<int>(i);
  }
}

int64_t TimeTable::nearest(int64_t ticks) const {
  return ticks_[nearest_index(std::span<const int64_t>(ticks_), ticks)];
}

int TimeTable::index_of(int64_t ticks) const {
  if (ticks >= 0 && ticks < static_cast<int64_t>(index_of_.size())) {
    const int index = index_of_[static_cast<size_t>(ticks)];
    if (index >= 0) return index;
  }
  return index_of_[static_cast<size_t>(nearest(ticks))];
}

size_t TimeTable::longest_within(int64_t ticks) const {
  const auto above = std::upper_bound(ticks_.begin(), ticks_.end(), ticks);
  return static_cast<size_t>(above - ticks_.begin()) - 1;
}

EventValues::EventValues(const EventConfig& config, Tokenization tokenization)
    : positions_per_beat(config.positions_per_beat()) {
  make_metres(config);
  if (tokenization == Tokenization::kPerTok) {
    constexpr double kFinest = 10'000;
    const int tpq = static_cast<int>(config.additional_number("ticks_per_quarter", 1, kFinest));
    durations = time_values_in_ticks(config.beat_res, tpq);
    if (durations.empty() || durations.size() > kMostTimeValues) {
      require_ascending({}, "beat_res");
    }
    if (config.additional_flag("use_microtiming", false)) {
      const double shift = config.additional_number("max_microtiming_shift", 0, 1024) * tpq;
      const double bins = config.additional_number("num_microtiming_bins", 1, kFinest);
      microtimings = floored(linspace(-shift, shift, static_cast<int>(bins) + 1));
    }
  } else {
    durations = time_values(config.beat_res);
    require_ascending(durations, "beat_res");
  }
  if (config.use_rests) {
    rests = time_values(config.beat_res_rest);
    require_ascending(rests, "beat_res_rest");
  }
  if (config.use_velocities) {
    velocities = floored(linspace(0, 127, config.num_velocities + 1));
    velocities.erase(velocities.begin());
  }
  first_beat_resolution = config.beat_res.front().resolution;
  for (const BeatRange& beats : config.beat_res) {
    if (beats.begin != 0 && beats.end != 0) continue;
    first_beat_resolution = beats.resolution;
    break;
  }
  make_tempos(config);
  if (config.use_pitch_bends) {
    const auto& [low, high, count] = config.pitch_bend_range;
    bends = floored(linspace(low, high, count));
  }
  make_controls(config);
  make_chords(config);
  if (tokenization != Tokenization::kPerTok) make_tables(config);
}

void EventValues::make_metres(const EventConfig& config) {
  metres = {{4, 4}};
  if (!config.use_time_signatures) return;
  metres.clear();
  for (const MetreRange& range : config.time_signature_range) {
    for (const int numerator : range.numerators) metres.push_back({numerator, range.denominator});
  }
}

void EventValues::make_tempos(const EventConfig& config) {
  tempos = {kUsualTempo};
  if (!config.use_tempos) return;
  const auto [low, high] = config.tempo_range;
  if (config.log_tempos) {
    tempos = linspace(std::log10(low), std::log10(high), config.num_tempos);
    for (double& tempo : tempos) tempo = std::pow(10.0, tempo);
    tempos.front() = low;
    if (config.num_tempos > 1) tempos.back() = high;
  } else {
    tempos = linspace(low, high, config.num_tempos);
  }
  for (double& tempo : tempos) tempo = to_two_decimals(tempo);
  for (size_t i = 0; i < tempos.size(); ++i) {
    if (std::abs(tempos[i] - kUsualTempo) < std::abs(tempos[default_tempo] - kUsualTempo)) {
      default_tempo = i;
    }
  }
  for (const double tempo : tempos) sorted_microseconds_.push_back(kMicrosecondsPerMinute / tempo);
  std::ranges::sort(sorted_microseconds_);
}

void EventValues::make_controls(const EventConfig& config) {
  constexpr size_t kControllers = 128;
  controls.assign(kControllers, {});
  if (!config.use_control_changes) return;
  // Which controllers are continuous and which are switches: General MIDI 2, as MidiTok sorts them.
  static const std::set<int> kContinuous = {1,  2,  4,  5,  7,  8,  10, 11, 64, 67, 71, 72,
                                            73, 74, 75, 76, 77, 78, 91, 92, 93, 94, 95};
  static const std::set<int> kSwitches = {65, 66, 68, 69, 122};
  constexpr double kHighest = 127;
  for (const int number : config.control_change_numbers) {
    auto& values = controls[static_cast<size_t>(number)];
    values.clear();
    if (kContinuous.contains(number)) {
      for (const double value : linspace(0, kHighest, config.control_change_n_bins)) {
        values.push_back(static_cast<int>(std::nearbyint(value)));
      }
    } else if (kSwitches.contains(number)) {
      values = {0, static_cast<int>(kHighest)};
    } else {
      for (int value = 0; value <= static_cast<int>(kHighest); ++value) values.push_back(value);
    }
  }
}

void EventValues::make_chords(const EventConfig& config) {
  if (!config.use_chords) return;
  constexpr std::array<const char*, 12> kRoots = {"C",  "C#", "D",  "D#", "E",  "F",
                                                  "F#", "G",  "G#", "A",  "A#", "B"};
  const auto add = [&](const std::string& quality) {
    if (!config.chord_tokens_with_root_note) return chords.push_back(quality);
    for (const char* const root : kRoots) chords.push_back(std::string(root) + ":" + quality);
  };
  for (const ChordMap& chord : config.chord_maps) add(chord.name);
  if (!config.chord_unknown) return;
  for (int notes = (*config.chord_unknown)[0]; notes < (*config.chord_unknown)[1]; ++notes) {
    add((config.chord_tokens_with_root_note ? "ukn" : "") + std::to_string(notes));
  }
}

/// A beat has positions * (finest denominator of a file) / (the beat's denominator) ticks.
void EventValues::make_tables(const EventConfig& config) {
  std::set<int> denominators = {4};
  int finest = 4;
  if (config.use_time_signatures) {
    for (const MetreRange& range : config.time_signature_range) {
      denominators.insert(range.denominator);
      finest = std::max(finest, range.denominator);
    }
  }
  std::set<int64_t> beats;
  for (const int in_file : denominators) {
    const int64_t quarter = int64_t{positions_per_beat} * in_file / 4;
    for (const int denominator : denominators) {
      if (denominator <= in_file) beats.insert(quarter * 4 / denominator);
    }
  }
  ticks_per_quarter = positions_per_beat * (finest / 4);
  for (const int denominator : denominators) beats.insert(ticks_per_beat(denominator));
  beats.erase(0);
  for (const int64_t ticks : beats) {
    duration_tables_.emplace_back(durations, ticks);
    rest_tables_.emplace_back(rests, ticks);
  }
}

namespace {

const TimeTable& table_at(const std::vector<TimeTable>& tables, int64_t ticks_per_beat) {
  for (const TimeTable& table : tables) {
    if (table.ticks_per_beat() == ticks_per_beat) return table;
  }
  throw Error(ErrorCode::kInvalidFile,
              "tokenizer: config.beat_res is too coarse for the metres of time_signature_range");
}

}  // namespace

const TimeTable& EventValues::durations_at(int64_t ticks_per_beat) const {
  return table_at(duration_tables_, ticks_per_beat);
}

const TimeTable& EventValues::rests_at(int64_t ticks_per_beat) const {
  return table_at(rest_tables_, ticks_per_beat);
}

int64_t EventValues::ticks_per_beat(int denominator) const {
  return int64_t{ticks_per_quarter} * 4 / denominator;
}

int EventValues::most_beats_in_bar() const {
  return std::ranges::max_element(metres, {}, &Metre::numerator)->numerator;
}

int64_t EventValues::microseconds(size_t tempo) const {
  return static_cast<int64_t>(kMicrosecondsPerMinute / tempos[tempo]);
}

size_t EventValues::nearest_tempo(int64_t microseconds) const {
  const size_t nearest = nearest_index(std::span<const double>(sorted_microseconds_),
                                       static_cast<double>(microseconds));
  return tempos.size() - 1 - nearest;
}

int nearest_in_ticks(const std::vector<TimeValue>& values, int64_t ticks) {
  int64_t least = std::numeric_limits<int64_t>::max();
  int nearest = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const TimeValue& value = values[i];
    const int64_t length = int64_t{value.beat} * value.resolution + value.position;
    const int64_t distance = std::abs(length - ticks);
    if (distance >= least) continue;
    least = distance;
    nearest = static_cast<int>(i);
  }
  return nearest;
}

}  // namespace motet::tokens
