// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "motet/tokens/compound.h"

namespace motet::tokens {
namespace {

constexpr size_t kPitchFirst = 0;
constexpr size_t kPositionPlace = 1;
constexpr size_t kBarPlace = 2;

CompoundPlaces octuple_places(const EventConfig& config) {
  CompoundPlaces places;
  size_t next = kBarPlace + 1;
  if (config.use_velocities) places.velocity = next++;
  if (config.uses_durations()) places.duration = next++;
  if (config.use_programs) places.program = next++;
  if (config.use_tempos) places.tempo = next++;
  if (config.use_time_signatures) places.metre = next++;
  return places;
}

/// Writes each note of a list of events as one compound token.
class OctupleWriter {
 public:
  OctupleWriter(const EventTokenizer& tokenizer, int ticks_per_quarter, EventSequence& ids)
      : config_(tokenizer.config()),
        values_(tokenizer.values()),
        places_(octuple_places(config_)),
        quarter_(ticks_per_quarter),
        out_(tokenizer, ids),
        place_(metre_, ticks_per_quarter, values_.positions_per_beat),
        tempo_(static_cast<int>(values_.default_tempo)) {}

  void write(const std::vector<TrackEvent>& events) {
    for (size_t i = 0; i < events.size(); ++i) {
      const TrackEvent& event = events[i];
      if (event.time != previous_tick_) move_to(event.time);
      switch (event.type) {
        case EventType::kTimeSig:
          metre_ = event.value;
          metre_bar_ = bar_;
          metre_tick_ = previous_tick_;
          place_ = BarPlace(metre_, quarter_, values_.positions_per_beat);
          break;
        case EventType::kTempo:
          tempo_ = event.value;
          break;
        case EventType::kProgram:
          program_ = event.value;
          break;
        case EventType::kPitch:
        case EventType::kPitchDrum:
          if (const auto note = note_values(events, i, config_)) write_note(event, *note);
          break;
        default:
          break;
      }
    }
  }

 private:
  void move_to(int64_t time) {
    const int64_t bars = floor_div(time - metre_tick_, place_.bar_ticks);
    bar_ = metre_bar_ + bars;
    const int64_t begin = metre_tick_ + bars * place_.bar_ticks;
    position_ = (time - begin) / place_.position_ticks;
    previous_tick_ = time;
  }

  void write_note(const TrackEvent& event, const NoteValues& note) {
    out_.begin();
    out_.set(kPitchFirst, event.type, event.value);
    out_.set(kPositionPlace, EventType::kPosition, static_cast<int>(position_));
    out_.set(kBarPlace, EventType::kBar, static_cast<int>(bar_));
    if (note.velocity) out_.set(places_.velocity, EventType::kVelocity, *note.velocity);
    if (note.duration) out_.set(places_.duration, EventType::kDuration, *note.duration);
    out_.set(places_.program, EventType::kProgram, program_);
    out_.set(places_.tempo, EventType::kTempo, tempo_);
    out_.set(places_.metre, EventType::kTimeSig, metre_);
  }

  const EventConfig& config_;
  const EventValues& values_;
  CompoundPlaces places_;
  int64_t quarter_;
  RowWriter out_;
  int metre_ = metre_value(4, 4);
  BarPlace place_;
  int tempo_;
  int program_ = 0;
  int64_t bar_ = 0;
  int64_t position_ = 0;
  int64_t metre_bar_ = 0;
  int64_t metre_tick_ = 0;
  int64_t previous_tick_ = 0;
};

class OctupleReader final : public CompoundReader {
 public:
  explicit OctupleReader(const EventTokenizer& tokenizer)
      : CompoundReader(tokenizer, octuple_places(tokenizer.config())),
        place_(metre_value(4, 4), values_.ticks_per_quarter, values_.positions_per_beat) {}

 private:
  void read_sequence(const RowReader& rows) override {
    std::optional<int> metre;
    std::optional<int> program;
    if (rows.rows() > 0) {
      metre = rows.value(0, places_.metre, EventType::kTimeSig);
      program = rows.value(0, places_.program, EventType::kProgram);
    }
    take_metre(metre.value_or(metre_value(4, 4)));
    if (is_first_) add_metre(0);
    metre_bar_ = metre_tick_ = 0;
    collector_.begin(program.value_or(0));
    for (size_t row = 0; row < rows.rows(); ++row) read_row(rows, row);
    collector_.end();
  }

  void take_metre(int metre) {
    metre_ = metre;
    place_ = BarPlace(metre, values_.ticks_per_quarter, values_.positions_per_beat);
  }

  void add_metre(int64_t tick) {
    collector_.score().metres.push_back({tick, numerator_of(metre_), denominator_of(metre_)});
  }

  void read_row(const RowReader& rows, size_t row) {
    const auto note = note_of(rows, row, kPitchFirst);
    const auto position = rows.value(row, kPositionPlace, EventType::kPosition);
    const auto bar = rows.value(row, kBarPlace, EventType::kBar);
    if (!note || !position || !bar || *bar < 0) return;
    const int64_t bars = *bar - metre_bar_;
    const int64_t tick = std::max<int64_t>(
        metre_tick_ + bars * place_.bar_ticks + *position * place_.position_ticks, 0);
    const auto metre = rows.value(row, places_.metre, EventType::kTimeSig);
    if (metre && *metre != metre_) {
      metre_tick_ = std::max<int64_t>(metre_tick_ + bars * place_.bar_ticks, 0);
      metre_bar_ = *bar;
      take_metre(*metre);
      if (is_first_) add_metre(metre_tick_);
    }
    add_note(*note, tick, place_.beat);
    const auto tempo = rows.value(row, places_.tempo, EventType::kTempo);
    if (is_first_ && tempo && tempos_.is_new(*tempo)) tempos_.see(tick, *tempo);
  }

  BarPlace place_;
  int metre_ = metre_value(4, 4);
  int64_t metre_bar_ = 0;
  int64_t metre_tick_ = 0;
};

class OctupleTokenizer : public EventTokenizer {
 public:
  explicit OctupleTokenizer(EventConfig config)
      : EventTokenizer(Tokenization::kOctuple, std::move(config)) {}

 private:
  EventSequences encode_prepared(PreparedScore& score, EventTimes*) const override {
    clip_to_bars(score, config());
    const auto lists = EventLister(config(), values(), NoteStyle::kDurations).list(score);
    EventSequences sequences(lists.size());
    for (size_t i = 0; i < lists.size(); ++i) {
      OctupleWriter(*this, score.ticks_per_quarter, sequences[i]).write(lists[i]);
    }
    return sequences;
  }

  TrackScore decode_checked(const EventSequences& sequences) const override {
    return OctupleReader(*this).read(sequences);
  }
};

}  // namespace

std::unique_ptr<EventTokenizer> make_octuple(EventConfig config) {
  return std::make_unique<OctupleTokenizer>(std::move(config));
}

}  // namespace motet::tokens
