// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/event_grid.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <span>
#include <tuple>

namespace motet::tokens {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

/// Controllers that set a state, so that saying it twice at one time says nothing.
bool is_state(uint8_t number) {
  static const std::set<int> kStates = {1,  2,  4,  5,  7,  8,  10, 11, 64, 65, 66, 67, 68, 69,
                                        71, 72, 73, 74, 75, 76, 77, 78, 91, 92, 93, 94, 95};
  return kStates.contains(number);
}

/// Keeps of the bends at one time the first of those furthest from the middle.
void keep_furthest(std::vector<TrackBend>& bends) {
  size_t kept = 0;
  for (const TrackBend& bend : bends) {
    if (kept > 0 && bends[kept - 1].at == bend.at) {
      if (std::abs(bend.value) > std::abs(bends[kept - 1].value)) bends[kept - 1] = bend;
    } else {
      bends[kept++] = bend;
    }
  }
  bends.resize(kept);
}

/// Joins pedals that touch or overlap.
void join(std::vector<TrackPedal>& pedals) {
  size_t kept = 0;
  for (const TrackPedal& pedal : pedals) {
    if (kept > 0 && pedals[kept - 1].end() >= pedal.at) {
      TrackPedal& last = pedals[kept - 1];
      last.duration = std::max(last.duration, pedal.end() - last.at);
    } else {
      pedals[kept++] = pedal;
    }
  }
  pedals.resize(kept);
}

}  // namespace

Grid::Grid(const std::vector<TrackMetre>& metres, int64_t ticks_per_quarter, int positions_per_beat,
           bool uses_metres) {
  const auto other = std::ranges::find_if(metres, [&](const TrackMetre& metre) {
    return metre.denominator != metres.front().denominator;
  });
  if (!uses_metres || other == metres.end()) return;
  for (size_t i = 0; i < metres.size(); ++i) {
    const double positions = positions_per_beat * (metres[i].denominator / 4.0);
    const auto step =
        static_cast<int64_t>(std::floor(static_cast<double>(ticks_per_quarter) / positions));
    const int64_t end = i + 1 < metres.size() ? metres[i + 1].at : kNever;
    if (!sections_.empty() && sections_.back().step == step) {
      sections_.back().end = end;
    } else {
      sections_.push_back(
          {sections_.empty() ? 0 : sections_.back().end, end, std::max<int64_t>(step, 1)});
    }
  }
}

size_t Grid::section_of(int64_t time) const {
  size_t section = 0;
  while (section + 1 < sections_.size() && time >= sections_[section].end) ++section;
  return section;
}

int64_t Grid::rounded(int64_t time, size_t section) const {
  const auto& [begin, end, step] = sections_[section];
  if (step == 1) return time;
  const double steps = static_cast<double>(time - begin) / static_cast<double>(step);
  return static_cast<int64_t>(std::nearbyint(steps)) * step + begin;  // halves to even
}

TimesBefore::TimesBefore(const TrackScore& score, const EventConfig& config) {
  if (!config.use_control_changes) return;
  for (const EventTrack& track : score.tracks) {
    auto& times = controls.emplace_back();
    for (const TrackControl& control : track.controls) times.push_back(control.at);
  }
}

void prepare_controls(TrackScore& score, const TimesBefore& before, const EventConfig& config,
                      const EventValues& values, const Grid& grid) {
  std::array<bool, 128> is_kept{};
  for (const int number : config.control_change_numbers)
    is_kept[static_cast<size_t>(number)] = true;
  for (size_t t = 0; t < score.tracks.size(); ++t) {
    auto& controls = score.tracks[t].controls;
    const auto& times = before.controls[t];
    std::vector<TrackControl> kept;
    for (size_t i = 0; i < controls.size(); ++i) {
      TrackControl& control = controls[i];
      const auto& known = values.controls[control.number];
      constexpr size_t kAll = 128;
      if (!known.empty() && known.size() < kAll) {
        const size_t nearest = nearest_index(std::span<const int>(known), int{control.value});
        control.value = static_cast<uint8_t>(known[nearest]);
      }
      const bool repeats = i > 0 && times[i] == times[i - 1] &&
                           control.number == controls[i - 1].number &&
                           control.value == controls[i - 1].value && is_state(control.number);
      if (is_kept[control.number] && !repeats) kept.push_back(control);
    }
    controls = std::move(kept);
    grid.align(controls, [](TrackControl& control) -> int64_t& { return control.at; });
  }
}

TrackPreparer::TrackPreparer(const EventConfig& config, const EventValues& values, const Grid& grid,
                             const std::vector<BeatSection>& sections, Tokenization tokenization)
    : config_(config), values_(values), grid_(grid), sections_(sections) {
  in_ticks_ = tokenization == Tokenization::kPerTok;
  on_off_ = tokenization == Tokenization::kMidiLike ||
            (tokenization == Tokenization::kMmm &&
             config.additional_params["base_tokenizer"] == "MIDILike");
}

void TrackPreparer::prepare(EventTrack& track) const {
  prepare_notes(track);
  if (config_.use_pitch_bends) prepare_bends(track.bends);
  if (config_.use_sustain_pedals) prepare_pedals(track.pedals);
}

bool TrackPreparer::has_durations(const EventTrack& track) const {
  const auto& programs = config_.use_note_duration_programs;
  return std::ranges::find(programs, track.token_program()) != programs.end();
}

/// Rounds an event's beginning and end; one that vanishes gets a step.
template <typename Event>
void TrackPreparer::align_both_ends(Event& event, int64_t& begin) const {
  int64_t end = grid_.aligned(event.end());
  begin = grid_.aligned(begin);
  if (end <= begin) end = begin + grid_.step_at(begin);
  event.duration = end - begin;
}

void TrackPreparer::prepare_notes(EventTrack& track) const {
  const bool own_drums = track.is_drums && config_.use_pitchdrum_tokens;
  const auto& range = own_drums ? config_.drums_pitch_range : config_.pitch_range;
  std::erase_if(track.notes,
                [&](const TrackNote& n) { return n.pitch < range[0] || n.pitch > range[1]; });
  if (config_.use_velocities) {
    for (TrackNote& note : track.notes) {
      const std::span<const int> known(values_.velocities);
      note.velocity = static_cast<uint8_t>(known[nearest_index(known, int{note.velocity})]);
    }
  }
  const bool durations = has_durations(track);
  if (grid_.is_needed() && on_off_ && durations) {
    for (TrackNote& note : track.notes) align_both_ends(note, note.onset);
  } else {
    grid_.align(track.notes, [](TrackNote& note) -> int64_t& { return note.onset; });
  }
  if (!on_off_ && !in_ticks_ && durations) {
    SectionWalk walk(sections_);
    const TimeTable* table = nullptr;
    for (TrackNote& note : track.notes) {
      const int64_t beat = walk.at(note.onset).ticks_per_beat;
      if (table == nullptr || table->ticks_per_beat() != beat) table = &values_.durations_at(beat);
      note.duration = table->nearest(note.duration);
    }
  }
  if (!config_.remove_duplicated_notes) return;
  std::ranges::stable_sort(track.notes, [](const TrackNote& a, const TrackNote& b) {
    return std::tie(a.onset, a.pitch, a.duration, a.velocity) <
           std::tie(b.onset, b.pitch, b.duration, b.velocity);
  });
  const auto same = [](const TrackNote& a, const TrackNote& b) {
    return a.onset == b.onset && a.pitch == b.pitch;
  };
  track.notes.erase(std::unique(track.notes.begin(), track.notes.end(), same), track.notes.end());
}

void TrackPreparer::prepare_bends(std::vector<TrackBend>& bends) const {
  const std::span<const int> known(values_.bends);
  for (TrackBend& bend : bends) bend.value = known[nearest_index(known, bend.value)];
  grid_.align(bends, [](TrackBend& bend) -> int64_t& { return bend.at; });
  keep_furthest(bends);
}

void TrackPreparer::prepare_pedals(std::vector<TrackPedal>& pedals) const {
  const bool as_durations = config_.sustain_pedal_duration;
  if (grid_.is_needed() && as_durations) {
    grid_.align(pedals, [](TrackPedal& pedal) -> int64_t& { return pedal.at; });
  } else if (grid_.is_needed()) {
    for (TrackPedal& pedal : pedals) align_both_ends(pedal, pedal.at);
  }
  join(pedals);
  if (!as_durations || in_ticks_) return;
  SectionWalk walk(sections_);
  for (TrackPedal& pedal : pedals) {
    const TimeTable& table = values_.durations_at(walk.at(pedal.at).ticks_per_beat);
    pedal.duration = table.nearest(pedal.duration);
  }
}

}  // namespace motet::tokens
