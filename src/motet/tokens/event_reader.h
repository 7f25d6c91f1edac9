// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "motet/tokens/event_rules.h"

namespace motet::tokens {

/// Collects the tracks of a decoded piece: by program where all are in one stream, else one for
/// each sequence.
class TrackCollector {
 public:
  TrackCollector(const EventContext& context, int ticks_per_quarter);

  TrackScore& score() { return score_; }

  /// A sequence begins that is a track of its own; does nothing in one stream.
  void begin(int program);
  /// It ends; without notes, controls and bends it is left out.
  void end();
  /// The track for what is read now.
  EventTrack& track(int program);
  EventTrack& current() { return current_; }

  /// Program changes do not cut a track that is a sequence: they say what the track is.
  void rename(int program);

  void add_tempo(int64_t at, size_t index);
  TrackScore finish();

 private:
  const EventContext& context_;
  TrackScore score_;
  bool one_stream_;
  std::map<int, size_t> by_program_;
  EventTrack current_;
};

/// What the readers of simple (not compound) tokens share: pitches, programs, pedals, bends.
class EventReader {
 public:
  EventReader(const EventContext& context, int ticks_per_quarter);
  virtual ~EventReader() = default;

  TrackScore read(const EventSequences& sequences);

 protected:
  /// The tick is state; time tokens move it.
  virtual void begin_sequence(std::span<const EventToken> tokens) = 0;
  /// True when the token was about time.
  virtual bool read_time(EventToken token) = 0;
  virtual void read_note(std::span<const EventToken> tokens, size_t at);
  virtual void read_metre(int numerator, int denominator) = 0;
  virtual void end_sequence() {}
  virtual void end_piece() {}
  /// Ticks from the time in force to the event of this token, and how many tokens after it say so.
  virtual int64_t offset(std::span<const EventToken>, size_t) const { return 0; }
  virtual size_t offset_tokens() const { return 0; }

  bool is_first_sequence() const { return sequence_ == 0; }
  void move_to(int64_t tick);
  /// The pitch that a token means now; nothing when it is out of range.
  std::optional<int> pitch_of(EventToken token) const;
  /// The next interval counts from here.
  void remember(EventType type, int pitch);
  bool has_durations(int program) const;
  int64_t duration_ticks(int index) const;
  int64_t default_duration() const;

  const EventContext& context_;
  TrackCollector collector_;
  int64_t tick_ = 0;
  int64_t note_end_ = 0;
  int64_t beat_ = 8;  ///< ticks
  int program_ = 0;
  bool uses_durations_ = true;
  bool limits_pitch_ = true;  ///< to pitch_range, also drums
  size_t sequence_ = 0;

 private:
  void read_sequence(const EventSequence& ids);
  void read_token(std::span<const EventToken> tokens, size_t at);
  void read_pedal(std::span<const EventToken> tokens, size_t at);
  void end_pedal(EventToken token);
  int track_program(std::span<const EventToken> tokens) const;

  static constexpr size_t kPrograms = 129;
  struct LastPitch {
    int onset = -128;
    int chord = -128;
  };
  std::array<LastPitch, kPrograms> last_pitch_;
  std::map<int, int64_t> pedals_down_;
};

/// True of a token that begins a note with a duration token.
constexpr bool is_pitch(EventType type) {
  return type == EventType::kPitch || type == EventType::kPitchDrum ||
         type == EventType::kPitchIntervalTime || type == EventType::kPitchIntervalChord;
}

}  // namespace motet::tokens
