// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "motet/tokens/event_config.h"

namespace motet::tokens {

/// A length of time as tokens write it: "beat.position.resolution".
struct TimeValue {
  int beat = 0;
  int position = 0;
  int resolution = 1;

  /// Exact when the resolution divides ticks_per_beat; cut to whole ticks otherwise.
  int64_t ticks(int64_t ticks_per_beat) const {
    return (int64_t{beat} * resolution + position) * ticks_per_beat / resolution;
  }
  std::string text() const;
  auto operator<=>(const TimeValue&) const = default;
};

/// Time values at one number of ticks a beat: finds the nearest, cuts long times into several.
class TimeTable {
 public:
  TimeTable(const std::vector<TimeValue>& values, int64_t ticks_per_beat);

  int64_t ticks_per_beat() const { return ticks_per_beat_; }
  bool empty() const { return ticks_.empty(); }
  int64_t shortest() const { return ticks_.front(); }
  int64_t ticks(size_t index) const { return ticks_[index]; }
  /// The length nearest to `ticks`, the longer of two.
  int64_t nearest(int64_t ticks) const;
  /// The value of a length that `nearest` gave; the last of equal ones.
  int index_of(int64_t ticks) const;
  /// The longest value that is not above `ticks`; ticks >= shortest().
  size_t longest_within(int64_t ticks) const;

 private:
  int64_t ticks_per_beat_;
  std::vector<int64_t> ticks_;  ///< ascending
  std::vector<int> index_of_;   ///< by ticks; -1 where no value has them
};

/// What numbers an event tokenizer knows: the velocities, tempos, durations ... of its vocabulary.
class EventValues {
 public:
  /// Throws Error(kInvalidFile) when beat_res is not ascending or makes too many values.
  EventValues(const EventConfig& config, Tokenization tokenization);

  struct Metre {
    int numerator;
    int denominator;
    bool operator==(const Metre&) const = default;
  };

  std::vector<int> velocities;  ///< ascending; empty without velocity tokens
  std::vector<TimeValue> durations;
  std::vector<TimeValue> rests;
  std::vector<double> tempos;  ///< ascending, two decimals; {0} without tempo tokens
  size_t default_tempo = 0;    ///< the index nearest to 120
  std::vector<Metre> metres;
  std::vector<int> bends;                  ///< ascending
  std::vector<std::string> chords;         ///< values of Chord tokens, "maj" or "C:maj"
  std::vector<std::vector<int>> controls;  ///< by controller number: its values, or none
  std::vector<int> microtimings;           ///< ticks; PerTok
  int positions_per_beat = 8;
  int ticks_per_quarter = 8;  ///< of a decoded score
  int first_beat_resolution = 8;

  /// The lengths of duration or rest tokens where a beat has this many ticks.
  const TimeTable& durations_at(int64_t ticks_per_beat) const;
  const TimeTable& rests_at(int64_t ticks_per_beat) const;
  /// Ticks of a beat of this denominator in a decoded score.
  int64_t ticks_per_beat(int denominator) const;
  int most_beats_in_bar() const;
  /// The tempo's value in microseconds, cut to whole ones as MidiTok stores it.
  int64_t microseconds(size_t tempo) const;
  /// The tempo nearest in microseconds.
  size_t nearest_tempo(int64_t microseconds) const;

 private:
  void make_metres(const EventConfig& config);
  void make_tempos(const EventConfig& config);
  void make_controls(const EventConfig& config);
  void make_chords(const EventConfig& config);
  void make_tables(const EventConfig& config);

  std::vector<TimeTable> duration_tables_;
  std::vector<TimeTable> rest_tables_;
  std::vector<double> sorted_microseconds_;
};

/// The entry of an ascending list nearest to the value, the higher of two: numpy's searchsorted
/// and a comparison.
template <typename Number, typename Value>
size_t nearest_index(std::span<const Number> ascending, Value value) {
  size_t low = 0;
  size_t high = ascending.size();
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (ascending[middle] < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == ascending.size()) return low - 1;
  if (low > 0 && value - ascending[low - 1] < ascending[low] - value) return low - 1;
  return low;
}

/// The index of the value nearest to a length, where values count ticks as PerTok's do; the first
/// of equal ones.
int nearest_in_ticks(const std::vector<TimeValue>& values, int64_t ticks);

}  // namespace motet::tokens
