// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "motet/tokens/event_reader.h"

namespace motet::tokens {
namespace {

/// Every note is the same row of tokens: TimeShift, (Program,) Pitch, (Velocity,) (Duration).
class StructuredWriter {
 public:
  StructuredWriter(const EventContext& context, int64_t ticks_per_quarter, EventSequence& ids)
      : context_(context),
        table_(context.values.durations_at(ticks_per_quarter)),
        out_(context, ids) {}

  void write(const TrackNote& note, const EventTrack& track) {
    const EventConfig& config = context_.config;
    const int64_t shift = note.onset - previous_onset_;
    const int value = shift == 0 ? kNoTime : table_.index_of(table_.nearest(shift));
    previous_onset_ = note.onset;
    out_.write(EventType::kTimeShift, value, note.onset);
    const int program = track.token_program();
    if (config.use_programs) out_.write(EventType::kProgram, program, note.onset);
    const bool own_drums = track.is_drums && config.use_pitchdrum_tokens;
    out_.write(own_drums ? EventType::kPitchDrum : EventType::kPitch, note.pitch, note.onset);
    if (config.use_velocities) out_.write(EventType::kVelocity, note.velocity, note.onset);
    const auto& programs = config.use_note_duration_programs;
    if (std::ranges::find(programs, program) == programs.end()) return;
    out_.write(EventType::kDuration, table_.index_of(note.duration), note.onset);
  }

 private:
  const EventContext& context_;
  const TimeTable& table_;
  IdWriter out_;
  int64_t previous_onset_ = 0;
};

class StructuredReader : public EventReader {
 public:
  explicit StructuredReader(const EventContext& context)
      : EventReader(context, context.values.ticks_per_quarter) {
    limits_pitch_ = false;
  }

 private:
  void begin_sequence(std::span<const EventToken>) override {}
  void read_metre(int, int) override {}

  bool read_time(EventToken token) override {
    if (token.type != EventType::kTimeShift) return false;
    if (token.value != kNoTime) move_to(tick_ + duration_ticks(token.value));
    return true;
  }
};

class StructuredTokenizer : public EventTokenizer {
 public:
  explicit StructuredTokenizer(EventConfig config)
      : EventTokenizer(Tokenization::kStructured, std::move(config)) {}

 private:
  EventSequences encode_prepared(PreparedScore& score, EventTimes* times) const override {
    EventSequences sequences(1);
    if (times != nullptr) times->resize(std::max<size_t>(score.tracks.size(), 1));
    if (config().one_token_stream_for_programs) {
      write_together(context(times, 0), score, sequences[0]);
      return sequences;
    }
    sequences.resize(std::max<size_t>(score.tracks.size(), 1));
    for (size_t i = 0; i < score.tracks.size(); ++i) {
      const EventContext track_context = context(times, i);
      StructuredWriter writer(track_context, score.ticks_per_quarter, sequences[i]);
      for (const TrackNote& note : score.tracks[i].notes) writer.write(note, score.tracks[i]);
    }
    return sequences;
  }

  static void write_together(const EventContext& context, const PreparedScore& score,
                             EventSequence& ids) {
    struct Placed {
      const TrackNote* note;
      const EventTrack* track;
    };
    std::vector<Placed> notes;
    for (const EventTrack& track : score.tracks) {
      for (const TrackNote& note : track.notes) notes.push_back({&note, &track});
    }
    std::ranges::stable_sort(notes, {}, [](const Placed& placed) { return placed.note->onset; });
    StructuredWriter writer(context, score.ticks_per_quarter, ids);
    for (const Placed& placed : notes) writer.write(*placed.note, *placed.track);
  }

  TrackScore decode_checked(const EventSequences& sequences) const override {
    return StructuredReader({config(), values(), vocabulary()}).read(sequences);
  }
};

}  // namespace

std::unique_ptr<EventTokenizer> make_structured(EventConfig config) {
  return std::make_unique<StructuredTokenizer>(std::move(config));
}

}  // namespace motet::tokens
