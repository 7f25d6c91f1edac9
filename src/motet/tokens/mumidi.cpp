// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>

#include "motet/tokens/compound.h"

namespace motet::tokens {
namespace {

constexpr size_t kFirstPlace = 0;  ///< Pitch, PitchDrum, Chord, Bar, Position or Program
constexpr size_t kBarEncoding = 1;
constexpr size_t kPositionEncoding = 2;
constexpr int kBeatsInBar = 4;  ///< MuMIDI knows 4/4 only

CompoundPlaces mumidi_places(const EventConfig& config) {
  CompoundPlaces places;
  size_t next = kPositionEncoding + 1;
  if (config.use_tempos) places.tempo = next++;
  if (config.use_velocities) places.velocity = next++;
  if (config.uses_durations()) places.duration = next++;
  return places;
}

/// A note or a chord, with the track that sounds it.
struct Sounding {
  int64_t time = 0;
  int program = 0;
  EventType type = EventType::kPitch;
  int value = 60;
  const TrackNote* note = nullptr;  ///< null for a chord
};

class MuMidiWriter {
 public:
  MuMidiWriter(const EventTokenizer& tokenizer, const PreparedScore& score, EventSequence& ids)
      : config_(tokenizer.config()),
        values_(tokenizer.values()),
        places_(mumidi_places(config_)),
        score_(score),
        bar_ticks_(int64_t{score.ticks_per_quarter} * kBeatsInBar),
        table_(values_.durations_at(score.ticks_per_quarter)),
        out_(tokenizer, ids) {}

  void write() {
    std::vector<Sounding> all;
    for (const EventTrack& track : score_.tracks) list(track, all);
    std::ranges::stable_sort(all, [](const Sounding& a, const Sounding& b) {
      return a.time != b.time ? a.time < b.time : a.program < b.program;
    });
    int64_t tick = -1;
    constexpr int kNoTrack = -2;
    int track = kNoTrack;
    for (const Sounding& sounding : all) {
      see_tempo(sounding.time);
      if (sounding.time != tick) {
        tick = sounding.time;
        track = kNoTrack;
        move_to(tick);
      }
      if (sounding.program != track) {
        track = sounding.program;
        write_row(EventType::kProgram, track, position_);
      }
      write_row(sounding.type, sounding.value, position_);
      if (sounding.note == nullptr) continue;
      out_.set(places_.velocity, EventType::kVelocity, sounding.note->velocity);
      out_.set(places_.duration, EventType::kDuration, table_.index_of(sounding.note->duration));
    }
  }

 private:
  void list(const EventTrack& track, std::vector<Sounding>& all) const {
    const auto& programs = config_.programs;
    if (std::ranges::find(programs, int{track.program}) == programs.end()) return;
    if (config_.use_chords && !track.is_drums) {
      for (const FoundChord& chord : find_chords(track.notes, score_.sections, config_, values_)) {
        all.push_back({chord.time, track.program, EventType::kChord, chord.value, nullptr});
      }
    }
    const EventType type = track.is_drums ? EventType::kPitchDrum : EventType::kPitch;
    for (const TrackNote& note : track.notes) {
      all.push_back({note.onset, track.token_program(), type, note.pitch, &note});
    }
  }

  void see_tempo(int64_t time) {
    while (tempo_ + 1 < score_.tempos.size() && score_.tempos[tempo_ + 1].at <= time) ++tempo_;
  }

  void move_to(int64_t tick) {
    const int64_t until = tick / bar_ticks_;
    while (bar_ < until) {
      ++bar_;
      write_row(EventType::kBar, kNone, kNone);
    }
    const int64_t sample = std::max(score_.ticks_per_quarter / values_.positions_per_beat, 1);
    position_ = static_cast<int>(tick % bar_ticks_ / sample);
    write_row(EventType::kPosition, position_, position_);
  }

  void write_row(EventType type, int value, int position) {
    out_.begin();
    out_.set(kFirstPlace, type, value);
    out_.set(kBarEncoding, EventType::kBarPosEnc, static_cast<int>(bar_));
    out_.set(kPositionEncoding, EventType::kPositionPosEnc, position);
    if (!places_.tempo) return;
    out_.set(places_.tempo, EventType::kTempo, static_cast<int>(score_.tempos[tempo_].index));
  }

  const EventConfig& config_;
  const EventValues& values_;
  CompoundPlaces places_;
  const PreparedScore& score_;
  int64_t bar_ticks_;
  const TimeTable& table_;
  RowWriter out_;
  size_t tempo_ = 0;
  int64_t bar_ = -1;
  int position_ = 0;
};

class MuMidiReader final : public CompoundReader {
 public:
  explicit MuMidiReader(const EventTokenizer& tokenizer)
      : CompoundReader(tokenizer, mumidi_places(tokenizer.config())) {}

 private:
  void read_sequence(const RowReader& rows) override {
    if (!is_first_) return;  // MuMIDI has one for all tracks
    for (size_t row = 0; row < rows.rows(); ++row) read_row(rows, row);
  }

  void read_row(const RowReader& rows, size_t row) {
    const int64_t beat = values_.ticks_per_quarter;
    const EventToken first = rows.at(row, kFirstPlace);
    switch (first.type) {
      case EventType::kBar:
        ++bar_;
        tick_ = bar_ * beat * kBeatsInBar;
        break;
      case EventType::kPosition:
        bar_ = std::max<int64_t>(bar_, 0);
        tick_ = bar_ * beat * kBeatsInBar + first.value;
        break;
      case EventType::kProgram:
        program_ = first.value;
        collector_.track(program_);
        break;
      case EventType::kPitch:
      case EventType::kPitchDrum:
        read_note(rows, row);
        break;
      default:
        break;
    }
    const auto tempo = rows.value(row, places_.tempo, EventType::kTempo);
    if (!tempo || *tempo == tempo_) return;
    collector_.add_tempo(tempo_ < 0 ? 0 : tick_, static_cast<size_t>(*tempo));
    tempo_ = *tempo;
  }

  void read_note(const RowReader& rows, size_t row) {
    auto note = note_of(rows, row, kFirstPlace);
    if (!note) return;
    note->program = program_;
    add_note(*note, tick_, values_.ticks_per_quarter);
  }

  int64_t tick_ = 0;
  int64_t bar_ = -1;
  int program_ = 0;
  int tempo_ = -1;
};

class MuMidiTokenizer : public EventTokenizer {
 public:
  explicit MuMidiTokenizer(EventConfig config)
      : EventTokenizer(Tokenization::kMuMidi, std::move(config)) {}

 private:
  EventSequences encode_prepared(PreparedScore& score, EventTimes*) const override {
    clip_to_bars(score, config());
    EventSequences sequences(1);
    MuMidiWriter(*this, score, sequences[0]).write();
    return sequences;
  }

  TrackScore decode_checked(const EventSequences& sequences) const override {
    return MuMidiReader(*this).read(sequences);
  }
};

}  // namespace

std::unique_ptr<EventTokenizer> make_mumidi(EventConfig config) {
  return std::make_unique<MuMidiTokenizer>(std::move(config));
}

}  // namespace motet::tokens
