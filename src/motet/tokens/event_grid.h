// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "motet/tokens/event_prepare.h"

namespace motet::tokens {

/// Where metres of several denominators follow each other, each stretch has a grid of its own that
/// begins at its metre; this rounds times to it. Does nothing where there is one denominator.
class Grid {
 public:
  Grid(const std::vector<TrackMetre>& metres, int64_t ticks_per_quarter, int positions_per_beat,
       bool uses_metres);

  bool is_needed() const { return !sections_.empty(); }

  /// Rounds the times of a list that is in order of time; `time` gives a reference to an item's.
  template <typename List, typename Time>
  void align(List& list, Time time) const {
    if (!is_needed()) return;
    size_t section = 0;
    for (auto& item : list) {
      int64_t& at = time(item);
      while (section + 1 < sections_.size() && at >= sections_[section].end) ++section;
      at = rounded(at, section);
    }
  }

  /// The time rounded in its own section.
  int64_t aligned(int64_t time) const { return rounded(time, section_of(time)); }
  /// Ticks of a step at this time.
  int64_t step_at(int64_t time) const { return sections_[section_of(time)].step; }

 private:
  struct Section {
    int64_t begin = 0;
    int64_t end = 0;
    int64_t step = 1;
  };
  size_t section_of(int64_t time) const;
  int64_t rounded(int64_t time, size_t section) const;

  std::vector<Section> sections_;
};

/// The times of control changes before the score is resampled: which of them coincide.
struct TimesBefore {
  TimesBefore(const TrackScore& score, const EventConfig& config);
  std::vector<std::vector<int64_t>> controls;  ///< by track; empty when they are not used
};

/// Keeps the controllers that have tokens, rounds their values, and drops a repetition at one time.
void prepare_controls(TrackScore& score, const TimesBefore& before, const EventConfig& config,
                      const EventValues& values, const Grid& grid);

/// Rounds the notes, pitch bends and pedals of a track.
class TrackPreparer {
 public:
  TrackPreparer(const EventConfig& config, const EventValues& values, const Grid& grid,
                const std::vector<BeatSection>& sections, Tokenization tokenization);
  void prepare(EventTrack& track) const;

 private:
  void prepare_notes(EventTrack& track) const;
  void prepare_bends(std::vector<TrackBend>& bends) const;
  void prepare_pedals(std::vector<TrackPedal>& pedals) const;
  bool has_durations(const EventTrack& track) const;
  template <typename Event>
  void align_both_ends(Event& event, int64_t& begin) const;

  const EventConfig& config_;
  const EventValues& values_;
  const Grid& grid_;
  const std::vector<BeatSection>& sections_;
  bool on_off_ = false;    ///< note ends are tokens of their own
  bool in_ticks_ = false;  ///< PerTok: lengths stay as they are
};

}  // namespace motet::tokens
