// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "motet/tokens/event_prepare.h"
#include "motet/tokens/event_vocabulary.h"

namespace motet::tokens {

constexpr int kNoProgram = -2;  ///< of an event of the whole piece

/// A token before it has an id, with what the rules of time need to know of it.
struct TrackEvent {
  int64_t time = 0;
  int64_t end = 0;  ///< of a note, for its first token; else equal to time
  EventType type = EventType::kOther;
  uint8_t order = 0;  ///< among the events of one time, where MIDI-like sorts by it
  int16_t program = kNoProgram;
  int32_t value = kNone;
};

/// How a tokenization writes notes.
enum class NoteStyle : uint8_t { kDurations, kOnOff, kInTicks };

/// Lists the tokens of a piece that are not about time, as MidiTok does: metre, tempo and key
/// changes, then for each track pedals, pitch bends, control changes, chords and notes.
class EventLister {
 public:
  EventLister(const EventConfig& config, const EventValues& values, NoteStyle style)
      : config_(config), values_(values), style_(style) {}

  /// One list for each track (one empty-handed list without tracks), or one for all, sorted by
  /// time.
  std::vector<std::vector<TrackEvent>> list(const PreparedScore& score) const;

 private:
  using Events = std::vector<TrackEvent>;
  struct NoteState;

  void add_global(const PreparedScore& score, Events& events) const;
  void add_track(const EventTrack& track, const std::vector<BeatSection>& sections,
                 Events& events) const;
  void add_pedals(const EventTrack& track, const std::vector<BeatSection>& sections,
                  Events& events) const;
  void add_bends(const EventTrack& track, Events& events) const;
  void add_controls(const EventTrack& track, Events& events) const;
  void add_chords(const EventTrack& track, const std::vector<BeatSection>& sections,
                  Events& events) const;
  void add_note(const TrackNote& note, NoteState& state, Events& events) const;
  bool add_interval(const TrackNote& note, NoteState& state, Events& events) const;
  void add_note_end(const TrackNote& note, NoteState& state, Events& events) const;
  void add_program(const EventTrack& track, int64_t time, uint8_t order, Events& events) const;
  void sort(Events& events) const;

  const EventConfig& config_;
  const EventValues& values_;
  NoteStyle style_;
};

/// A chord that was found: when, and its index in EventValues::chords.
struct FoundChord {
  int64_t time = 0;
  int value = 0;
};

/// Finds chords among notes that begin nearly together (miditok.utils.detect_chords): three to five
/// notes whose intervals above the first are a known chord's.
std::vector<FoundChord> find_chords(const std::vector<TrackNote>& notes,
                                    const std::vector<BeatSection>& sections,
                                    const EventConfig& config, const EventValues& values);

/// Puts a Program token wherever the program changes.
void insert_program_changes(std::vector<TrackEvent>& events);

}  // namespace motet::tokens
