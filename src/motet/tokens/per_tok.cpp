// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "motet/tokens/event_reader.h"

namespace motet::tokens {
namespace {

constexpr double kBeatsInFirstBar = 4;  ///< before the first metre

int64_t length_in_ticks(const TimeValue& value) {
  return int64_t{value.beat} * value.resolution + value.position;
}

/// The length of a bar as MidiTok's PerTok counts it: by the denominator, not against it.
double pertok_bar(int metre, double ticks_per_quarter) {
  return denominator_of(metre) / 4.0 * numerator_of(metre) * ticks_per_quarter;
}

/// The index of the number nearest to a value, the first of equal ones.
size_t nearest_number(const std::vector<int>& numbers, double value) {
  size_t nearest = 0;
  for (size_t i = 1; i < numbers.size(); ++i) {
    if (std::abs(numbers[i] - value) < std::abs(numbers[nearest] - value)) nearest = i;
  }
  return nearest;
}

/// Whether PerTok gives a token of this type a time of its own.
bool has_time(EventType type) {
  switch (type) {
    case EventType::kPitch:
    case EventType::kPitchDrum:
    case EventType::kPitchIntervalChord:
    case EventType::kPedal:
    case EventType::kPedalOff:
    case EventType::kPitchBend:
    case EventType::kControlChange:
    case EventType::kChord:
    case EventType::kProgram:
      return true;
    default:
      return false;
  }
}

/// Bars, TimeShifts or Positions in ticks, and what they leave over as MicroTiming.
class PerTokWriter {
 public:
  PerTokWriter(const EventContext& context, int ticks_per_quarter, EventSequence& ids)
      : context_(context),
        quarter_(ticks_per_quarter),
        out_(context, ids),
        bar_ticks_(quarter_ * kBeatsInFirstBar) {
    const auto& durations = context.values.durations;
    const auto shortest = std::ranges::min_element(durations, {}, length_in_ticks);
    constexpr double kHalf = 0.5;
    shortest_shift_ = std::floor(static_cast<double>(length_in_ticks(*shortest)) * kHalf);
    if (context.config.additional_flag("use_position_toks", false)) {
      positions_ = pertok_positions(context.values);
    }
  }

  void write(const std::vector<TrackEvent>& events) {
    for (const TrackEvent& event : events) {
      const auto time = static_cast<double>(event.time);
      while (time > static_cast<double>(bar_ + 1) * bar_ticks_ - shortest_shift_) {
        bar_tick_ += bar_ticks_;
        out_.write(EventType::kBar, kNone, static_cast<int64_t>(bar_tick_));
        ++bar_;
        previous_ = static_cast<double>(bar_) * bar_ticks_;
      }
      if (event.type == EventType::kTimeSig) bar_ticks_ = pertok_bar(event.value, quarter_);
      if (has_time(event.type)) write_time(time);
      out_.write(event);
      const auto& timings = context_.values.microtimings;
      if (has_time(event.type) && !timings.empty()) {
        out_.write(EventType::kMicroTiming, timings[nearest_number(timings, left_over_)],
                   event.time);
      }
    }
  }

 private:
  void write_time(double time) {
    const double delta = time - previous_;
    const bool moves = delta >= shortest_shift_;
    if (!positions_.empty()) {
      const double in_bar = time - bar_tick_;
      const int position = positions_[nearest_number(positions_, in_bar)];
      left_over_ = in_bar - position;
      if (!moves) return;
      out_.write(EventType::kPosition, position, static_cast<int64_t>(time));
      previous_ = bar_tick_ + position;
      return;
    }
    double shift = 0;
    if (moves) {
      const int index = nearest_shift(delta);
      out_.write(EventType::kTimeShift, index, static_cast<int64_t>(time));
      const auto& value = context_.values.durations[static_cast<size_t>(index)];
      shift = static_cast<double>(length_in_ticks(value));
      previous_ += shift;
    }
    left_over_ = delta - shift;
  }

  int nearest_shift(double ticks) const {
    const auto& durations = context_.values.durations;
    size_t nearest = 0;
    double least = -1;
    for (size_t i = 0; i < durations.size(); ++i) {
      const double distance = std::abs(static_cast<double>(length_in_ticks(durations[i])) - ticks);
      if (least >= 0 && distance >= least) continue;
      least = distance;
      nearest = i;
    }
    return static_cast<int>(nearest);
  }

  const EventContext& context_;
  double quarter_;
  IdWriter out_;
  double bar_ticks_;
  double shortest_shift_ = 0;
  std::vector<int> positions_;  ///< empty where TimeShift tokens are used
  int64_t bar_ = 0;
  double bar_tick_ = 0;
  double previous_ = 0;
  double left_over_ = 0;
};

class PerTokReader : public EventReader {
 public:
  PerTokReader(const EventContext& context, int ticks_per_quarter)
      : EventReader(context, ticks_per_quarter),
        quarter_(ticks_per_quarter),
        has_timings_(!context.values.microtimings.empty()) {}

 private:
  void begin_sequence(std::span<const EventToken>) override {
    bar_ = 0;
    bar_ticks_ = quarter_ * kBeatsInFirstBar;
    bar_tick_ = 0;
  }

  bool read_time(EventToken token) override {
    switch (token.type) {
      case EventType::kBar:
        move_to(static_cast<int64_t>(static_cast<double>(++bar_) * bar_ticks_));
        bar_tick_ = tick_;
        return true;
      case EventType::kTimeShift:
        if (token.value != kNoTime) move_to(tick_ + duration_ticks(token.value));
        return true;
      case EventType::kPosition:
        move_to(bar_tick_ + token.value);
        return true;
      default:
        return false;
    }
  }

  void read_metre(int numerator, int denominator) override {
    bar_ticks_ = pertok_bar(metre_value(numerator, denominator), quarter_);
    if (is_first_sequence()) collector_.score().metres.push_back({tick_, numerator, denominator});
  }

  int64_t offset(std::span<const EventToken> tokens, size_t at) const override {
    const bool is_told =
        has_timings_ && at + 1 < tokens.size() && tokens[at + 1].type == EventType::kMicroTiming;
    return is_told ? tokens[at + 1].value : 0;
  }

  size_t offset_tokens() const override { return has_timings_ ? 1 : 0; }

  double quarter_;
  bool has_timings_;
  int64_t bar_ = 0;
  double bar_ticks_ = 0;
  int64_t bar_tick_ = 0;
};

class PerTokTokenizer : public EventTokenizer {
 public:
  explicit PerTokTokenizer(EventConfig config)
      : EventTokenizer(Tokenization::kPerTok, std::move(config)) {}

 private:
  EventSequences encode_prepared(PreparedScore& score, EventTimes* times) const override {
    const auto lists = EventLister(config(), values(), NoteStyle::kInTicks).list(score);
    EventSequences sequences(lists.size());
    if (times != nullptr) times->resize(lists.size());
    for (size_t i = 0; i < lists.size(); ++i) {
      const EventContext track_context = context(times, i);
      PerTokWriter(track_context, score.ticks_per_quarter, sequences[i]).write(lists[i]);
      const bool names_program = config().program_changes &&
                                 !config().one_token_stream_for_programs && !score.tracks.empty();
      if (!names_program) continue;
      const int program = score.tracks[i].token_program();
      sequences[i].insert(sequences[i].begin(), vocabulary().id(EventType::kProgram, program));
      if (times != nullptr) (*times)[i].insert((*times)[i].begin(), 0);
    }
    return sequences;
  }

  TrackScore decode_checked(const EventSequences& sequences) const override {
    const int quarter = values().durations.front().resolution;
    return PerTokReader({config(), values(), vocabulary()}, quarter).read(sequences);
  }
};

}  // namespace

std::unique_ptr<EventTokenizer> make_pertok(EventConfig config) {
  return std::make_unique<PerTokTokenizer>(std::move(config));
}

}  // namespace motet::tokens
