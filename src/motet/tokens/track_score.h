// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "motet/base/file.h"
#include "motet/score/score.h"

namespace motet::tokens {

/// A score as a sequencer has it: a track for each MIDI track, channel and program, every list in
/// the order of the file. The event tokenizers read and write this, because their rules speak of
/// such tracks. Times are ticks from the beginning.
struct TrackNote {
  int64_t onset = 0;
  int64_t duration = 0;  ///< may be 0: some files end a note where it begins
  uint8_t pitch = 60;    ///< 0..127
  uint8_t velocity = 64;
  int64_t end() const { return onset + duration; }
  auto operator<=>(const TrackNote&) const = default;  ///< onset, duration, pitch, velocity
};

struct TrackControl {
  int64_t at = 0;
  uint8_t number = 0;  ///< 0..127
  uint8_t value = 0;   ///< 0..127
  auto operator<=>(const TrackControl&) const = default;
};

struct TrackBend {
  int64_t at = 0;
  int value = 0;  ///< -8192..8191
  auto operator<=>(const TrackBend&) const = default;
};

/// The time from controller 64 rising to 64 or more until it falls below.
struct TrackPedal {
  int64_t at = 0;
  int64_t duration = 0;
  int64_t end() const { return at + duration; }
  auto operator<=>(const TrackPedal&) const = default;
};

constexpr int kDrumTrack = -1;  ///< stands for the program of a drum track in tokens

struct EventTrack {
  std::string name;
  uint8_t program = 0;  ///< 0..127
  bool is_drums = false;
  std::vector<TrackNote> notes;
  std::vector<TrackControl> controls;
  std::vector<TrackBend> bends;
  std::vector<TrackPedal> pedals;
  std::vector<int64_t> lyrics;  ///< when a syllable is sung

  int token_program() const { return is_drums ? kDrumTrack : program; }
};

struct TrackTempo {
  int64_t at = 0;
  int64_t microseconds = 500'000;  ///< per quarter
  auto operator<=>(const TrackTempo&) const = default;
};

struct TrackMetre {
  int64_t at = 0;
  int numerator = 4;
  int denominator = 4;
  bool same_metre(const TrackMetre& other) const {
    return numerator == other.numerator && denominator == other.denominator;
  }
  auto operator<=>(const TrackMetre&) const = default;
};

struct TrackKey {
  int64_t at = 0;
  int fifths = 0;
  bool is_minor = false;
  auto operator<=>(const TrackKey&) const = default;
};

struct TrackScore {
  int ticks_per_quarter = 480;
  std::vector<TrackTempo> tempos;
  std::vector<TrackMetre> metres;
  std::vector<TrackKey> keys;
  std::vector<int64_t> markers;
  std::vector<EventTrack> tracks;
};

/// Reads a Standard MIDI File into tracks as symusic 0.6 does, the reader of MidiTok 3.1: a track
/// for each (MIDI track, channel, program that is in force when a note begins), in this order;
/// notes in the order of their note-ons; of several notes of one pitch the first to begin ends
/// first; a note without an end is left out. What a channel controls before its first note goes to
/// its first track. A MIDI track with lyrics adds a track that holds only them.
///
/// throws  Error(kInvalidFile) when nothing can be read, or the division counts SMPTE frames
TrackScore read_track_score(ByteView midi);

/// The same for a score from any source: a part becomes a track, or several where its program
/// changes. Equals read_track_score on a MIDI file unless the file has what a Score mends or
/// merges: notes without an end, notes of no length, several tempos at one tick.
TrackScore to_track_score(const Score& score);

/// The score of tokenizers' tracks; notes of no length get a tick, a pedal becomes controller 64.
Score to_score(const TrackScore& tracks);

}  // namespace motet::tokens
