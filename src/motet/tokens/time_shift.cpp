// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <deque>

#include "motet/tokens/event_reader.h"

namespace motet::tokens {
namespace {

/// Puts TimeShift and Rest tokens between the events of a piece.
class ShiftWriter {
 public:
  ShiftWriter(const EventContext& context, int ticks_per_quarter, NoteStyle style,
              EventSequence& ids)
      : context_(context), quarter_(ticks_per_quarter), style_(style), out_(context, ids) {}

  void write(const std::vector<TrackEvent>& events) {
    const bool begins_with_metre = !events.empty() && events[0].type == EventType::kTimeSig;
    take_beat(ticks_per_beat(begins_with_metre ? denominator_of(events[0].value) : 4, quarter_));
    for (const TrackEvent& event : events) {
      if (event.time != previous_tick_) move_to(event.time);
      if (event.type == EventType::kTimeSig) {
        take_beat(ticks_per_beat(denominator_of(event.value), quarter_));
      }
      out_.write(event);
      see_end(event);
    }
  }

 private:
  void take_beat(int64_t beat) {
    shifts_ = &context_.values.durations_at(beat);
    rests_ = &context_.values.rests_at(beat);
  }

  void move_to(int64_t time) {
    if (context_.config.use_rests && time - note_end_ >= rests_->shortest()) {
      previous_tick_ = std::max(note_end_, previous_tick_);
      previous_tick_ += write_times(EventType::kRest, *rests_, time - previous_tick_);
    }
    if (time != previous_tick_) write_times(EventType::kTimeShift, *shifts_, time - previous_tick_);
    previous_tick_ = time;
  }

  /// The longest first; returns the ticks that were written.
  int64_t write_times(EventType type, const TimeTable& table, int64_t ticks) {
    int64_t left = ticks;
    while (left >= table.shortest()) {
      const size_t longest = table.longest_within(left);
      out_.write(type, static_cast<int>(longest), previous_tick_ + ticks - left);
      left -= table.ticks(longest);
    }
    return ticks - left;
  }

  /// Where silence can begin. MIDI-like does not count note ends, metres and control changes.
  void see_end(const TrackEvent& event) {
    switch (event.type) {
      case EventType::kVelocity:
      case EventType::kDuration:
      case EventType::kNoteOff:
      case EventType::kDrumOff:
        return;
      case EventType::kTimeSig:
      case EventType::kControlChange:
        if (style_ == NoteStyle::kOnOff) return;
        break;
      default:
        break;
    }
    const bool is_note = is_pitch(event.type) || event.type == EventType::kNoteOn ||
                         event.type == EventType::kDrumOn;
    note_end_ = std::max(note_end_, is_note ? event.end : event.time);
  }

  const EventContext& context_;
  int64_t quarter_;
  NoteStyle style_;
  IdWriter out_;
  const TimeTable* shifts_ = nullptr;
  const TimeTable* rests_ = nullptr;
  int64_t previous_tick_ = 0;
  int64_t note_end_ = 0;
};

class ShiftReader : public EventReader {
 public:
  explicit ShiftReader(const EventContext& context)
      : EventReader(context, context.values.ticks_per_quarter) {}

 protected:
  void begin_sequence(std::span<const EventToken>) override {
    beat_ = context_.values.ticks_per_quarter;
  }

  bool read_time(EventToken token) override {
    if (token.type == EventType::kTimeShift) {
      if (token.value != kNoTime) move_to(tick_ + duration_ticks(token.value));
      return true;
    }
    if (token.type == EventType::kRest) {
      const TimeValue& rest = context_.values.rests[static_cast<size_t>(token.value)];
      move_to(rest_begin() + rest.ticks(beat_));
      return true;
    }
    see_end(token.type);
    return false;
  }

  virtual int64_t rest_begin() const { return std::max(note_end_, tick_); }

  void read_metre(int numerator, int denominator) override {
    if (is_first_sequence()) collector_.score().metres.push_back({tick_, numerator, denominator});
    beat_ = context_.values.ticks_per_beat(denominator);
  }

 private:
  void see_end(EventType type) {
    switch (type) {
      case EventType::kProgram:
      case EventType::kTempo:
      case EventType::kTimeSig:
      case EventType::kKeySig:
      case EventType::kPedal:
      case EventType::kPedalOff:
      case EventType::kPitchBend:
      case EventType::kControlChange:
      case EventType::kChord:
        note_end_ = std::max(note_end_, tick_);
        return;
      default:
        return;
    }
  }
};

/// Notes begin and end by tokens of their own; of one pitch the first to begin ends first.
class OnOffReader : public ShiftReader {
 public:
  explicit OnOffReader(const EventContext& context) : ShiftReader(context) {
    const auto& params = context.config.additional_params;
    const auto longest = params.find("max_duration");
    if (longest == params.end() || !longest->is_array() || longest->size() != 3) return;
    TimeValue value;
    for (const Json& part : *longest) {
      if (!part.is_number_integer()) return;
    }
    constexpr int kMost = 1024;
    value.beat = std::clamp((*longest)[0].get<int>(), 0, kMost);
    value.position = std::clamp((*longest)[1].get<int>(), 0, kMost);
    value.resolution = std::clamp((*longest)[2].get<int>(), 1, kMost);
    max_duration_ = value;
  }

 private:
  struct Begun {
    int64_t tick;
    int velocity;
  };

  int64_t rest_begin() const override { return tick_; }

  void read_note(std::span<const EventToken> tokens, size_t at) override {
    const EventToken token = tokens[at];
    switch (token.type) {
      case EventType::kNoteOff:
      case EventType::kDrumOff:
        if (const auto pitch = pitch_of(token)) end_note(*pitch);
        return;
      case EventType::kNoteOn:
      case EventType::kDrumOn:
      case EventType::kPitchIntervalTime:
      case EventType::kPitchIntervalChord:
        if (const auto pitch = pitch_of(token)) begin_note(tokens, at, *pitch);
        return;
      default:
        return;
    }
  }

  void begin_note(std::span<const EventToken> tokens, size_t at, int pitch) {
    constexpr int kDefaultVelocity = 100;
    int velocity = kDefaultVelocity;
    if (context_.config.use_velocities) {
      if (at + 1 >= tokens.size() || tokens[at + 1].type != EventType::kVelocity) return;
      velocity = tokens[at + 1].value;
    }
    if (uses_durations_) {
      begun_[{program_, pitch}].push_back({tick_, velocity});
    } else {
      add(program_, {tick_, velocity}, default_duration(), pitch);
    }
    remember(tokens[at].type, pitch);
  }

  void end_note(int pitch) {
    const auto found = begun_.find({program_, pitch});
    if (found == begun_.end() || found->second.empty()) return;
    const Begun note = found->second.front();
    found->second.pop_front();
    int64_t duration = tick_ - note.tick;
    if (max_duration_) duration = std::min(duration, max_duration_->ticks(beat_));
    add(program_, note, duration, pitch);
  }

  void add(int program, Begun note, int64_t duration, int pitch) {
    collector_.track(program).notes.push_back(
        {note.tick, duration, static_cast<uint8_t>(pitch), static_cast<uint8_t>(note.velocity)});
  }

  void end_sequence() override {
    if (context_.config.one_token_stream_for_programs) return;
    end_all();
    begun_.clear();
  }

  void end_piece() override {
    if (context_.config.one_token_stream_for_programs) end_all();
  }

  /// Notes that never end are heard only where a longest duration is known.
  void end_all() {
    if (!max_duration_) return;
    for (const auto& [key, notes] : begun_) {
      for (const Begun& note : notes) add(key.first, note, max_duration_->ticks(beat_), key.second);
    }
  }

  std::map<std::pair<int, int>, std::deque<Begun>> begun_;  ///< by program and pitch
  std::optional<TimeValue> max_duration_;
};

}  // namespace

void write_with_shifts(const EventContext& context, const std::vector<TrackEvent>& events,
                       int ticks_per_quarter, NoteStyle style, EventSequence& ids) {
  ShiftWriter(context, ticks_per_quarter, style, ids).write(events);
}

TrackScore read_with_shifts(const EventContext& context, const EventSequences& sequences) {
  return ShiftReader(context).read(sequences);
}

TrackScore read_on_off(const EventContext& context, const EventSequences& sequences) {
  return OnOffReader(context).read(sequences);
}

}  // namespace motet::tokens
