// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/events.h"

#include <algorithm>
#include <cmath>

namespace motet::tokens {
namespace {

/// The order of events at one time where chords make it count.
constexpr uint8_t kGlobalOrder = 0;
constexpr uint8_t kNoteOffOrder = 1;
constexpr uint8_t kPedalOrder = 2;
constexpr uint8_t kBendOrder = 3;
constexpr uint8_t kControlOrder = 4;
constexpr uint8_t kNoteOrder = 10;

constexpr int kFarBelow = -128;  ///< no interval reaches from here

/// Python's round: halves to even.
int64_t rounded(double number) { return static_cast<int64_t>(std::nearbyint(number)); }

}  // namespace

/// What the notes of a track so far mean for the next.
struct EventLister::NoteState {
  const EventTrack& track;
  const std::vector<BeatSection>& sections;
  SectionWalk walk;
  int program = 0;
  bool has_durations = true;
  const TimeTable* table = nullptr;
  size_t interval_section = 0;
  int64_t longest_interval = 0;
  int64_t previous_onset = 0;
  int previous_pitch = kFarBelow;        ///< of the last onset
  int previous_chord_pitch = kFarBelow;  ///< of the last note
};

std::vector<std::vector<TrackEvent>> EventLister::list(const PreparedScore& score) const {
  std::vector<Events> lists(1);
  if (config_.one_token_stream_for_programs) {
    add_global(score, lists[0]);
    for (const EventTrack& track : score.tracks) add_track(track, score.sections, lists[0]);
    sort(lists[0]);
    if (config_.program_changes) insert_program_changes(lists[0]);
    return lists;
  }
  lists.resize(std::max<size_t>(score.tracks.size(), 1));
  for (Events& events : lists) add_global(score, events);
  for (size_t i = 0; i < score.tracks.size(); ++i) {
    add_track(score.tracks[i], score.sections, lists[i]);
    sort(lists[i]);
  }
  if (score.tracks.empty() && lists[0].size() > 2) sort(lists[0]);
  return lists;
}

void EventLister::sort(Events& events) const {
  if (style_ == NoteStyle::kOnOff && config_.use_chords) {
    std::ranges::stable_sort(events, [](const TrackEvent& a, const TrackEvent& b) {
      return a.time != b.time ? a.time < b.time : a.order < b.order;
    });
  } else {
    const auto earlier = [](const TrackEvent& a, const TrackEvent& b) { return a.time < b.time; };
    if (!std::is_sorted(events.begin(), events.end(), earlier)) {
      std::stable_sort(events.begin(), events.end(), earlier);
    }
  }
}

void EventLister::add_global(const PreparedScore& score, Events& events) const {
  const auto add = [&](EventType type, int64_t at, int value) {
    events.push_back({at, at, type, kGlobalOrder, kNoProgram, value});
  };
  if (config_.use_time_signatures) {
    for (const TrackMetre& metre : score.metres) {
      add(EventType::kTimeSig, metre.at, metre_value(metre.numerator, metre.denominator));
    }
  }
  for (const auto& tempo : score.tempos) {
    add(EventType::kTempo, tempo.at, static_cast<int>(tempo.index));
  }
  for (const TrackKey& key : score.keys) {
    add(EventType::kKeySig, key.at, 2 * key.fifths + (key.is_minor ? 1 : 0));
    // To MidiTok, unlike metres and tempos, a key is an event of program 0: it may change to it.
    events.back().program = 0;
  }
}

void EventLister::add_track(const EventTrack& track, const std::vector<BeatSection>& sections,
                            Events& events) const {
  if (config_.use_sustain_pedals) add_pedals(track, sections, events);
  if (config_.use_pitch_bends) add_bends(track, events);
  if (config_.use_control_changes) add_controls(track, events);
  if (config_.use_chords && !track.is_drums) add_chords(track, sections, events);
  NoteState state{.track = track, .sections = sections, .walk = SectionWalk(sections)};
  state.program = track.token_program();
  const auto& programs = config_.use_note_duration_programs;
  state.has_durations = std::ranges::find(programs, state.program) != programs.end();
  const auto beat = static_cast<double>(sections.front().ticks_per_beat);
  state.longest_interval = rounded(beat * config_.pitch_intervals_max_time_dist);
  state.previous_onset = -state.longest_interval - 1;
  events.reserve(events.size() + 4 * track.notes.size());
  for (const TrackNote& note : track.notes) add_note(note, state, events);
}

/// The Program token before an event, where each event has one.
void EventLister::add_program(const EventTrack& track, int64_t time, uint8_t order,
                              Events& events) const {
  if (!config_.use_programs || config_.program_changes) return;
  const int program = track.token_program();
  events.push_back(
      {time, time, EventType::kProgram, order, static_cast<int16_t>(program), program});
}

void EventLister::add_pedals(const EventTrack& track, const std::vector<BeatSection>& sections,
                             Events& events) const {
  const int program = track.token_program();
  const int value = config_.use_programs ? program : 0;
  SectionWalk walk(sections);
  const auto add = [&](EventType type, int64_t at, int token) {
    events.push_back({at, at, type, kPedalOrder, static_cast<int16_t>(program), token});
  };
  for (const TrackPedal& pedal : track.pedals) {
    add(EventType::kPedal, pedal.at, value);
    if (!config_.sustain_pedal_duration) {
      add(EventType::kPedalOff, pedal.end(), value);
    } else if (style_ != NoteStyle::kInTicks) {
      const TimeTable& table = values_.durations_at(walk.at(pedal.at).ticks_per_beat);
      add(EventType::kDuration, pedal.at, table.index_of(pedal.duration));
    }
  }
}

void EventLister::add_bends(const EventTrack& track, Events& events) const {
  const auto program = static_cast<int16_t>(track.token_program());
  for (const TrackBend& bend : track.bends) {
    add_program(track, bend.at, kBendOrder, events);
    events.push_back({bend.at, bend.at, EventType::kPitchBend, kBendOrder, program, bend.value});
  }
}

void EventLister::add_controls(const EventTrack& track, Events& events) const {
  const auto program = static_cast<int16_t>(track.token_program());
  for (const TrackControl& control : track.controls) {
    add_program(track, control.at, kControlOrder, events);
    events.push_back({control.at, control.at, EventType::kControlChange, kControlOrder, program,
                      128 * control.number + control.value});
  }
}

void EventLister::add_chords(const EventTrack& track, const std::vector<BeatSection>& sections,
                             Events& events) const {
  const auto program = static_cast<int16_t>(track.token_program());
  for (const FoundChord& chord : find_chords(track.notes, sections, config_, values_)) {
    add_program(track, chord.time, kNoteOrder, events);
    events.push_back({chord.time, chord.time, EventType::kChord, kNoteOrder, program, chord.value});
  }
}

void EventLister::add_note(const TrackNote& note, NoteState& state, Events& events) const {
  const auto program = static_cast<int16_t>(state.program);
  const int64_t onset = note.onset;
  if (config_.use_programs && !config_.program_changes) {
    events.push_back({onset, note.end(), EventType::kProgram, kNoteOrder, program, program});
  }
  const bool is_drums = state.track.is_drums;
  const bool by_interval =
      config_.use_pitch_intervals && !is_drums && add_interval(note, state, events);
  if (!by_interval) {
    const bool own_drums = is_drums && config_.use_pitchdrum_tokens;
    const EventType type = style_ == NoteStyle::kOnOff
                               ? (own_drums ? EventType::kDrumOn : EventType::kNoteOn)
                               : (own_drums ? EventType::kPitchDrum : EventType::kPitch);
    events.push_back({onset, note.end(), type, kNoteOrder, program, note.pitch});
  }
  if (config_.use_velocities) {
    events.push_back({onset, onset, EventType::kVelocity, kNoteOrder, program, note.velocity});
  }
  if (state.has_durations) add_note_end(note, state, events);
}

/// True when the pitch was told by its distance from an earlier one.
bool EventLister::add_interval(const TrackNote& note, NoteState& state, Events& events) const {
  if (state.interval_section + 1 < state.sections.size() &&
      note.onset >= state.sections[state.interval_section].end) {
    const auto beat = static_cast<double>(state.sections[++state.interval_section].ticks_per_beat);
    state.longest_interval = rounded(beat * config_.pitch_intervals_max_time_dist);
  }
  const auto add = [&](EventType type, int interval) {
    events.push_back(
        {note.onset, note.end(), type, kNoteOrder, static_cast<int16_t>(state.program), interval});
  };
  bool is_told = false;
  const int pitch = note.pitch;
  if (note.onset != state.previous_onset) {
    const int interval = pitch - state.previous_pitch;
    if (note.onset - state.previous_onset <= state.longest_interval &&
        std::abs(interval) <= config_.max_pitch_interval) {
      add(EventType::kPitchIntervalTime, interval);
      is_told = true;
    }
    state.previous_pitch = pitch;
  } else {
    const int interval = pitch - state.previous_chord_pitch;
    if (std::abs(interval) <= config_.max_pitch_interval) {
      add(EventType::kPitchIntervalChord, interval);
      is_told = true;
    } else {
      state.previous_pitch = pitch;
    }
  }
  state.previous_chord_pitch = pitch;
  state.previous_onset = note.onset;
  return is_told;
}

void EventLister::add_note_end(const TrackNote& note, NoteState& state, Events& events) const {
  const auto program = static_cast<int16_t>(state.program);
  if (style_ == NoteStyle::kOnOff) {
    add_program(state.track, note.end(), kNoteOffOrder, events);
    const bool own_drums = state.track.is_drums && config_.use_pitchdrum_tokens;
    events.push_back({note.end(), note.end(), own_drums ? EventType::kDrumOff : EventType::kNoteOff,
                      kNoteOffOrder, program, note.pitch});
    return;
  }
  int index = 0;
  if (style_ == NoteStyle::kInTicks) {
    index = nearest_in_ticks(values_.durations, note.duration);
  } else {
    const int64_t beat = state.walk.at(note.onset).ticks_per_beat;
    if (state.table == nullptr || state.table->ticks_per_beat() != beat) {
      state.table = &values_.durations_at(beat);
    }
    index = state.table->index_of(note.duration);
  }
  events.push_back({note.onset, note.onset, EventType::kDuration, kNoteOrder, program, index});
}

void insert_program_changes(std::vector<TrackEvent>& events) {
  std::vector<TrackEvent> result;
  result.reserve(events.size() + events.size() / 4);
  int previous_program = kNoProgram;
  EventType previous_type = EventType::kOther;
  for (const TrackEvent& event : events) {
    const bool is_pedal =
        event.type == EventType::kPedal || event.type == EventType::kPedalOff ||
        (event.type == EventType::kDuration && previous_type == EventType::kPedal);
    if (event.program != kNoProgram && event.program != previous_program && !is_pedal) {
      previous_program = event.program;
      result.push_back(
          {event.time, event.time, EventType::kProgram, event.order, event.program, event.program});
    }
    previous_type = event.type;
    result.push_back(event);
  }
  events = std::move(result);
}

}  // namespace motet::tokens
