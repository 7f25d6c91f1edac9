// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "motet/tokens/compound.h"

namespace motet::tokens {
namespace {

constexpr size_t kFamilyPlace = 0;
constexpr size_t kTimePlace = 1;  ///< Bar or Position
constexpr size_t kPitchPlace = 2;

CompoundPlaces places_of(const EventConfig& config) {
  CompoundPlaces places;
  size_t next = kPitchPlace + 1;
  if (config.use_velocities) places.velocity = next++;
  if (config.uses_durations()) places.duration = next++;
  if (config.use_programs) places.program = next++;
  if (config.use_chords) places.chord = next++;
  if (config.use_rests) places.rest = next++;
  if (config.use_tempos) places.tempo = next++;
  if (config.use_time_signatures) places.metre = next++;
  return places;
}

/// Writes a list of events as compound words.
class WordWriter {
 public:
  WordWriter(const EventTokenizer& tokenizer, int ticks_per_quarter, EventSequence& ids)
      : config_(tokenizer.config()),
        values_(tokenizer.values()),
        places_(places_of(config_)),
        quarter_(ticks_per_quarter),
        out_(tokenizer, ids),
        bar_place_(metre_value(4, 4), ticks_per_quarter, values_.positions_per_beat) {}

  void write(const std::vector<TrackEvent>& events) {
    take_metre(first_metre(events, config_));
    tempo_ = first_tempo(events);
    for (size_t i = 0; i < events.size(); ++i) {
      const TrackEvent& event = events[i];
      if (event.type == EventType::kTempo) tempo_ = event.value;
      if (event.type == EventType::kProgram) {
        program_ = event.value;
        continue;
      }
      if (event.time != previous_tick_) move_to(event);
      if (event.type == EventType::kTimeSig) change_metre(event);
      write_event(events, i);
    }
  }

 private:
  int first_tempo(const std::vector<TrackEvent>& events) const {
    for (const TrackEvent& event : events) {
      if (event.type == EventType::kTempo) return event.value;
      if (is_pitch(event.type)) break;
    }
    return static_cast<int>(values_.default_tempo);
  }

  void take_metre(int metre) {
    metre_ = metre;
    bar_place_ = BarPlace(metre, quarter_, values_.positions_per_beat);
    if (config_.use_rests) rests_ = &values_.rests_at(bar_place_.beat);
  }

  void begin_metric() {
    out_.begin();
    out_.set(kFamilyPlace, EventType::kFamily, kMetric);
  }

  void move_to(const TrackEvent& event) {
    if (config_.use_rests && event.time - note_end_ >= rests_->shortest()) write_rests(event.time);
    write_bars(event);
    if (event.type != EventType::kTimeSig) {
      begin_metric();
      const int64_t position = floor_div(event.time - bar_tick_, bar_place_.position_ticks);
      out_.set(kTimePlace, EventType::kPosition, static_cast<int>(position));
      if (event.type == EventType::kChord) out_.set(places_.chord, event.type, event.value);
      out_.set(places_.tempo, EventType::kTempo, tempo_);
    }
    previous_tick_ = event.time;
  }

  void write_rests(int64_t time) {
    previous_tick_ = note_end_;
    int64_t left = time - previous_tick_;
    while (left >= rests_->shortest()) {
      const size_t longest = rests_->longest_within(left);
      begin_metric();
      out_.set(places_.rest, EventType::kRest, static_cast<int>(longest));
      left -= rests_->ticks(longest);
      previous_tick_ += rests_->ticks(longest);
    }
    const int64_t bar = metre_bar_ + floor_div(previous_tick_ - metre_tick_, bar_place_.bar_ticks);
    if (bar <= bar_) return;
    bar_ = std::max<int64_t>(bar_, 0);
    bar_tick_ += (bar - bar_) * bar_place_.bar_ticks;
    bar_ = bar;
  }

  void write_bars(const TrackEvent& event) {
    const int64_t count =
        metre_bar_ + floor_div(event.time - metre_tick_, bar_place_.bar_ticks) - bar_;
    if (count < 1) return;
    for (int64_t i = 0; i < count; ++i) {
      const bool begins_metre = i + 1 == count && event.type == EventType::kTimeSig;
      begin_metric();
      out_.set(kTimePlace, EventType::kBar, kNone);
      out_.set(places_.metre, EventType::kTimeSig, begins_metre ? event.value : metre_);
    }
    bar_ += count;
    bar_tick_ = metre_tick_ + (bar_ - metre_bar_) * bar_place_.bar_ticks;
  }

  void change_metre(const TrackEvent& event) {
    metre_bar_ += floor_div(event.time - metre_tick_, bar_place_.bar_ticks);
    metre_tick_ = event.time;
    take_metre(event.value);
    --previous_tick_;  // what follows gets a Position
  }

  void write_event(const std::vector<TrackEvent>& events, size_t at) {
    const TrackEvent& event = events[at];
    if (event.type == EventType::kPitch || event.type == EventType::kPitchDrum) {
      const auto note = note_values(events, at, config_);
      if (!note) return;
      out_.begin();
      out_.set(kFamilyPlace, EventType::kFamily, kNote);
      out_.set(kPitchPlace, event.type, event.value);
      if (note->velocity) out_.set(places_.velocity, EventType::kVelocity, *note->velocity);
      if (note->duration) out_.set(places_.duration, EventType::kDuration, *note->duration);
      if (program_ != kNoProgram) out_.set(places_.program, EventType::kProgram, program_);
      note_end_ = std::max(note_end_, event.end);
    } else if (event.type == EventType::kTempo || event.type == EventType::kTimeSig ||
               event.type == EventType::kChord) {
      note_end_ = std::max(note_end_, event.time);
    }
  }

  const EventConfig& config_;
  const EventValues& values_;
  CompoundPlaces places_;
  int64_t quarter_;
  RowWriter out_;
  BarPlace bar_place_;
  const TimeTable* rests_ = nullptr;
  int metre_ = 0;
  int tempo_ = 0;
  int program_ = kNoProgram;
  int64_t bar_ = -1;
  int64_t bar_tick_ = 0;
  int64_t metre_bar_ = 0;
  int64_t metre_tick_ = 0;
  int64_t previous_tick_ = -1;
  int64_t note_end_ = 0;
};

/// Reads compound words back.
class WordReader final : public CompoundReader {
 public:
  explicit WordReader(const EventTokenizer& tokenizer)
      : CompoundReader(tokenizer, places_of(tokenizer.config())),
        bar_place_(metre_value(4, 4), values_.ticks_per_quarter, values_.positions_per_beat) {}

 private:
  void read_sequence(const RowReader& rows) override {
    if (is_first_) collector_.score().metres.push_back(metre_at_start(rows));
    const TrackMetre& first = collector_.score().metres.front();
    take_metre(metre_value(first.numerator, first.denominator));
    tick_ = bar_tick_ = metre_tick_ = metre_bar_ = note_end_ = 0;
    bar_ = -1;
    collector_.begin(program_at_start(rows));
    for (size_t row = 0; row < rows.rows(); ++row) {
      if (rows.at(row, kFamilyPlace) == EventToken{EventType::kFamily, kNote}) {
        read_note(rows, row);
      } else if (rows.at(row, kFamilyPlace) == EventToken{EventType::kFamily, kMetric}) {
        read_metric(rows, row);
        note_end_ = std::max(note_end_, tick_);
      }
    }
    collector_.end();
  }

  TrackMetre metre_at_start(const RowReader& rows) const {
    for (size_t row = 0; places_.metre && row < rows.rows(); ++row) {
      if (!(rows.at(row, kFamilyPlace) == EventToken{EventType::kFamily, kMetric})) break;
      const auto metre = rows.value(row, places_.metre, EventType::kTimeSig);
      if (metre) return {0, numerator_of(*metre), denominator_of(*metre)};
    }
    return {};
  }

  int program_at_start(const RowReader& rows) const {
    for (size_t row = 0; row < rows.rows(); ++row) {
      const auto program = rows.value(row, places_.program, EventType::kProgram);
      if (program) return *program;
    }
    return 0;
  }

  void take_metre(int metre) {
    metre_ = metre;
    bar_place_ = BarPlace(metre, values_.ticks_per_quarter, values_.positions_per_beat);
  }

  void read_note(const RowReader& rows, size_t row) {
    const auto note = note_of(rows, row, kPitchPlace);
    if (!note) return;
    note_end_ = std::max(note_end_, add_note(*note, tick_, bar_place_.beat));
  }

  void read_metric(const RowReader& rows, size_t row) {
    const EventToken time = rows.at(row, kTimePlace);
    if (time.type == EventType::kBar) return read_bar(rows, row);
    if (time.type == EventType::kPosition) {
      bar_ = std::max<int64_t>(bar_, 0);
      tick_ = bar_tick_ + time.value * bar_place_.position_ticks;
      const auto tempo = rows.value(row, places_.tempo, EventType::kTempo);
      const bool counts =
          tempo && is_first_ && tempos_.is_new(*tempo) && tick_ != tempos_.last_tick();
      if (counts) tempos_.see(tick_, *tempo);
      return;
    }
    const auto rest = rows.value(row, places_.rest, EventType::kRest);
    if (!rest) return;
    tick_ = std::max(note_end_, tick_) +
            values_.rests[static_cast<size_t>(*rest)].ticks(bar_place_.beat);
    const int64_t bar = metre_bar_ + floor_div(tick_ - metre_tick_, bar_place_.bar_ticks);
    if (bar <= bar_) return;
    bar_ = std::max<int64_t>(bar_, 0);
    bar_tick_ += (bar - bar_) * bar_place_.bar_ticks;
    bar_ = bar;
  }

  void read_bar(const RowReader& rows, size_t row) {
    ++bar_;
    if (bar_ > 0) tick_ = bar_tick_ + bar_place_.bar_ticks;
    bar_tick_ = tick_;
    const auto metre = rows.value(row, places_.metre, EventType::kTimeSig);
    if (!metre || *metre == metre_) return;
    if (is_first_) {
      collector_.score().metres.push_back({tick_, numerator_of(*metre), denominator_of(*metre)});
    }
    metre_tick_ = bar_tick_;
    metre_bar_ = bar_;
    take_metre(*metre);
  }

  BarPlace bar_place_;
  int metre_ = 0;
  int64_t tick_ = 0;
  int64_t bar_ = -1;
  int64_t bar_tick_ = 0;
  int64_t metre_bar_ = 0;
  int64_t metre_tick_ = 0;
  int64_t note_end_ = 0;
};

class CpWordTokenizer : public EventTokenizer {
 public:
  explicit CpWordTokenizer(EventConfig config)
      : EventTokenizer(Tokenization::kCpWord, std::move(config)) {}

 private:
  EventSequences encode_prepared(PreparedScore& score, EventTimes*) const override {
    const auto lists = EventLister(config(), values(), NoteStyle::kDurations).list(score);
    EventSequences sequences(lists.size());
    for (size_t i = 0; i < lists.size(); ++i) {
      WordWriter(*this, score.ticks_per_quarter, sequences[i]).write(lists[i]);
    }
    return sequences;
  }

  TrackScore decode_checked(const EventSequences& sequences) const override {
    return WordReader(*this).read(sequences);
  }
};

}  // namespace

std::unique_ptr<EventTokenizer> make_cp_word(EventConfig config) {
  return std::make_unique<CpWordTokenizer>(std::move(config));
}

}  // namespace motet::tokens
