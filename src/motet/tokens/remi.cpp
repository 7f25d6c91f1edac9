// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "motet/tokens/event_reader.h"

namespace motet::tokens {
namespace {

/// Puts Bar, Position and Rest tokens between the events of a piece.
class BarWriter {
 public:
  BarWriter(const EventContext& context, int ticks_per_quarter, EventSequence& ids)
      : context_(context),
        config_(context.config),
        quarter_(ticks_per_quarter),
        out_(context, ids) {
    numbers_bars_ = config_.max_bar_embedding().has_value();
    ends_bars_ = config_.additional_flag("use_bar_end_tokens", false);
    trails_ = config_.additional_flag("add_trailing_bars", false);
  }

  void write(const std::vector<TrackEvent>& events) {
    take_metre(first_metre(events));
    for (const TrackEvent& event : events) {
      if (event.time != previous_tick_) {
        if (config_.use_rests && event.time - note_end_ >= rests_->shortest()) write_rests(event);
        write_bars(event.time, event.type);
        if (event.type != EventType::kTimeSig) {
          out_.write(EventType::kPosition,
                     static_cast<int>(floor_div(event.time - bar_tick_, position_ticks_)),
                     event.time);
        }
        previous_tick_ = event.time;
      }
      if (event.type == EventType::kTimeSig) {
        metre_bar_ += floor_div(event.time - metre_tick_, bar_ticks_);
        metre_tick_ = event.time;
        take_metre(event.value);
        --previous_tick_;  // what follows gets a Position
      }
      out_.write(event);
      see_end(event);
    }
    if (trails_ && note_end_ > previous_tick_ && !events.empty()) {
      write_bars(note_end_, events.back().type);
    }
  }

 private:
  int first_metre(const std::vector<TrackEvent>& events) const {
    if (config_.use_time_signatures) {
      for (const TrackEvent& event : events) {
        if (event.type == EventType::kTimeSig) return event.value;
      }
    }
    return metre_value(4, 4);
  }

  void take_metre(int metre) {
    metre_ = metre;
    bar_ticks_ = ticks_per_bar(numerator_of(metre), denominator_of(metre), quarter_);
    const int64_t beat = ticks_per_beat(denominator_of(metre), quarter_);
    position_ticks_ = std::max<int64_t>(beat / context_.values.positions_per_beat, 1);
    if (config_.use_rests) rests_ = &context_.values.rests_at(beat);
  }

  void write_rests(const TrackEvent& event) {
    previous_tick_ = std::max(note_end_, previous_tick_);
    int64_t left = event.time - previous_tick_;
    while (left >= rests_->shortest()) {
      const size_t longest = rests_->longest_within(left);
      out_.write(EventType::kRest, static_cast<int>(longest), previous_tick_);
      left -= rests_->ticks(longest);
      previous_tick_ += rests_->ticks(longest);
    }
    const int64_t bar = metre_bar_ + floor_div(previous_tick_ - metre_tick_, bar_ticks_);
    if (bar <= bar_) return;
    bar_ = std::max<int64_t>(bar_, 0);
    bar_tick_ += (bar - bar_) * bar_ticks_;
    bar_ = bar;
  }

  void write_bars(int64_t until, EventType next) {
    const int64_t count = metre_bar_ + floor_div(until - metre_tick_, bar_ticks_) - bar_;
    for (int64_t i = 0; i < count; ++i) {
      ++bar_;
      bar_tick_ = metre_tick_ + (bar_ - metre_bar_) * bar_ticks_;
      if (ends_bars_ && bar_ > 0) out_.write(EventType::kBar, kBarEnd, bar_tick_ - 1);
      // MidiTok counts i twice where several bars begin at once; ids must equal its own.
      out_.write(EventType::kBar, numbers_bars_ ? static_cast<int>(bar_ + i) : kNone, bar_tick_);
      if (config_.use_time_signatures && !(next == EventType::kTimeSig && i + 1 == count)) {
        out_.write(EventType::kTimeSig, metre_, bar_tick_);
      }
    }
  }

  /// Where silence can begin.
  void see_end(const TrackEvent& event) {
    if (event.type == EventType::kVelocity || event.type == EventType::kDuration) return;
    note_end_ = std::max(note_end_, is_pitch(event.type) ? event.end : event.time);
  }

  const EventContext& context_;
  const EventConfig& config_;
  int64_t quarter_;
  IdWriter out_;
  bool numbers_bars_ = false;
  bool ends_bars_ = false;
  bool trails_ = false;
  const TimeTable* rests_ = nullptr;
  int metre_ = 0;
  int64_t bar_ticks_ = 0;
  int64_t position_ticks_ = 1;
  int64_t bar_ = -1;
  int64_t bar_tick_ = 0;
  int64_t metre_bar_ = 0;   ///< of the last metre change
  int64_t metre_tick_ = 0;  ///< of the last metre change
  int64_t previous_tick_ = -1;
  int64_t note_end_ = 0;
};

class BarReader : public EventReader {
 public:
  explicit BarReader(const EventContext& context)
      : EventReader(context, context.values.ticks_per_quarter) {}

 private:
  void begin_sequence(std::span<const EventToken> tokens) override {
    if (is_first_sequence()) collector_.score().metres.push_back(first_metre(tokens));
    take_metre(collector_.score().metres.back());
    bar_tick_ = metre_tick_ = metre_bar_ = 0;
    bar_ = -1;
  }

  /// What stands before the first note.
  TrackMetre first_metre(std::span<const EventToken> tokens) const {
    if (!context_.config.use_time_signatures) return {};
    for (const EventToken token : tokens) {
      switch (token.type) {
        case EventType::kTimeSig:
          return {0, numerator_of(token.value), denominator_of(token.value)};
        case EventType::kPitch:
        case EventType::kPitchDrum:
        case EventType::kVelocity:
        case EventType::kDuration:
        case EventType::kPitchBend:
        case EventType::kControlChange:
        case EventType::kPedal:
          return {};
        default:
          break;
      }
    }
    return {};
  }

  void take_metre(const TrackMetre& metre) {
    metre_ = metre;
    bar_ticks_ =
        ticks_per_bar(metre.numerator, metre.denominator, context_.values.ticks_per_quarter);
    bar_ticks_ = std::max<int64_t>(bar_ticks_, 1);
    beat_ = context_.values.ticks_per_beat(metre.denominator);
    position_ticks_ = beat_ / context_.values.positions_per_beat;
  }

  bool read_time(EventToken token) override {
    if (token.type == EventType::kTempo || token.type == EventType::kKeySig) {
      note_end_ = std::max(note_end_, tick_);
      return false;
    }
    if (token.type == EventType::kBar && token.value != kBarEnd) {
      ++bar_;
      if (bar_ > 0) move_to(bar_tick_ + bar_ticks_);
      bar_tick_ = tick_;
      return true;
    }
    if (token.type == EventType::kPosition) {
      bar_ = std::max<int64_t>(bar_, 0);
      move_to(bar_tick_ + token.value * position_ticks_);
      return true;
    }
    if (token.type != EventType::kRest) return false;
    const TimeValue& rest = context_.values.rests[static_cast<size_t>(token.value)];
    move_to(std::max(note_end_, tick_) + rest.ticks(beat_));
    const int64_t bar = metre_bar_ + floor_div(tick_ - metre_tick_, bar_ticks_);
    if (bar > bar_) {
      bar_ = std::max<int64_t>(bar_, 0);
      bar_tick_ += (bar - bar_) * bar_ticks_;
      bar_ = bar;
    }
    return true;
  }

  void read_metre(int numerator, int denominator) override {
    const TrackMetre metre{tick_, numerator, denominator};
    if (metre.same_metre(metre_)) return;
    if (is_first_sequence()) collector_.score().metres.push_back(metre);
    metre_tick_ = bar_tick_;
    metre_bar_ = bar_;
    take_metre(metre);
  }

  TrackMetre metre_;
  int64_t bar_ticks_ = 1;
  int64_t position_ticks_ = 1;
  int64_t bar_ = -1;
  int64_t bar_tick_ = 0;
  int64_t metre_bar_ = 0;
  int64_t metre_tick_ = 0;
};

}  // namespace

void write_with_bars(const EventContext& context, const std::vector<TrackEvent>& events,
                     int ticks_per_quarter, EventSequence& ids) {
  BarWriter(context, ticks_per_quarter, ids).write(events);
}

TrackScore read_with_bars(const EventContext& context, const EventSequences& sequences) {
  return BarReader(context).read(sequences);
}

}  // namespace motet::tokens
