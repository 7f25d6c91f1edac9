// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/event_reader.h"

#include <algorithm>
#include <cmath>

#include "motet/score/instruments.h"

namespace motet::tokens {
namespace {

constexpr int64_t kLastTick = int64_t{1} << 31;  ///< decoded time stops here
constexpr int kDefaultVelocity = 100;

EventTrack empty_track(int program) {
  EventTrack track;
  track.is_drums = program == kDrumTrack;
  track.program = track.is_drums ? uint8_t{0} : static_cast<uint8_t>(program);
  track.name = name_of(Instrument{track.program, track.is_drums});
  return track;
}

}  // namespace

TrackCollector::TrackCollector(const EventContext& context, int ticks_per_quarter)
    : context_(context), one_stream_(context.config.one_token_stream_for_programs) {
  score_.ticks_per_quarter = ticks_per_quarter;
}

void TrackCollector::begin(int program) {
  if (!one_stream_) current_ = empty_track(program);
}

void TrackCollector::end() {
  if (one_stream_) return;
  const bool is_empty =
      current_.notes.empty() && current_.controls.empty() && current_.bends.empty();
  if (!is_empty) score_.tracks.push_back(std::move(current_));
}

EventTrack& TrackCollector::track(int program) {
  if (!one_stream_) return current_;
  const auto [found, is_new] = by_program_.emplace(program, score_.tracks.size());
  if (is_new) score_.tracks.push_back(empty_track(program));
  return score_.tracks[found->second];
}

void TrackCollector::rename(int program) {
  if (one_stream_ || !context_.config.program_changes) return;
  current_.program = program == kDrumTrack ? uint8_t{0} : static_cast<uint8_t>(program);
  current_.is_drums |= program == kDrumTrack;
}

void TrackCollector::add_tempo(int64_t at, size_t index) {
  const double quarter = kMicrosecondsPerMinute / context_.values.tempos[index];
  score_.tempos.push_back({at, std::llround(quarter)});
}

TrackScore TrackCollector::finish() {
  complete(score_, context_.values);
  return std::move(score_);
}

void complete(TrackScore& score, const EventValues& values) {
  if (score.tempos.empty() || score.tempos.front().at != 0) {
    const double tempo = values.tempos[values.default_tempo];
    score.tempos.insert(score.tempos.begin(),
                        TrackTempo{0, std::llround(kMicrosecondsPerMinute / tempo)});
  }
  if (score.metres.empty() || score.metres.front().at != 0) {
    score.metres.insert(score.metres.begin(), TrackMetre{});
  }
}

EventReader::EventReader(const EventContext& context, int ticks_per_quarter)
    : context_(context), collector_(context, ticks_per_quarter), beat_(ticks_per_quarter) {}

TrackScore EventReader::read(const EventSequences& sequences) {
  for (sequence_ = 0; sequence_ < sequences.size(); ++sequence_) {
    read_sequence(sequences[sequence_]);
  }
  end_piece();
  return collector_.finish();
}

void EventReader::read_sequence(const EventSequence& ids) {
  std::vector<EventToken> tokens;
  tokens.reserve(ids.size());
  for (const TokenId id : ids) tokens.push_back(context_.vocabulary.token(id));
  tick_ = note_end_ = 0;
  last_pitch_.fill({});
  pedals_down_.clear();
  const int program = track_program(tokens);
  collector_.begin(program);
  program_ = std::max(program, 0);
  uses_durations_ = has_durations(program_);
  begin_sequence(tokens);
  for (size_t i = 0; i < tokens.size(); ++i) read_token(tokens, i);
  end_sequence();
  collector_.end();
}

/// Of a sequence that is a track: what its first Program token says.
int EventReader::track_program(std::span<const EventToken> tokens) const {
  if (context_.config.one_token_stream_for_programs || !context_.config.use_programs) return 0;
  for (const EventToken token : tokens) {
    if (token.type == EventType::kProgram) return token.value;
  }
  return 0;
}

bool EventReader::has_durations(int program) const {
  const auto& programs = context_.config.use_note_duration_programs;
  return std::ranges::find(programs, program) != programs.end();
}

void EventReader::move_to(int64_t tick) { tick_ = std::clamp<int64_t>(tick, 0, kLastTick); }

int64_t EventReader::duration_ticks(int index) const {
  return context_.values.durations[static_cast<size_t>(index)].ticks(beat_);
}

int64_t EventReader::default_duration() const {
  return static_cast<int64_t>(context_.config.default_note_duration * static_cast<double>(beat_));
}

void EventReader::read_token(std::span<const EventToken> tokens, size_t at) {
  const EventToken token = tokens[at];
  if (read_time(token)) return;
  switch (token.type) {
    case EventType::kProgram:
      program_ = token.value;
      uses_durations_ = has_durations(program_);
      return collector_.rename(program_);
    case EventType::kTempo:
      if (is_first_sequence()) collector_.add_tempo(tick_, static_cast<size_t>(token.value));
      return;
    case EventType::kKeySig: {
      const int fifths = static_cast<int>(floor_div(token.value, 2));
      const bool is_minor = token.value - 2 * fifths == 1;
      if (is_first_sequence()) collector_.score().keys.push_back({tick_, fifths, is_minor});
      return;
    }
    case EventType::kTimeSig:
      return read_metre(numerator_of(token.value), denominator_of(token.value));
    case EventType::kPedal:
      return read_pedal(tokens, at);
    case EventType::kPedalOff:
      return end_pedal(token);
    case EventType::kPitchBend:
      collector_.track(program_).bends.push_back({tick_, token.value});
      return;
    case EventType::kControlChange:
      collector_.track(program_).controls.push_back({tick_, static_cast<uint8_t>(token.value / 128),
                                                     static_cast<uint8_t>(token.value % 128)});
      return;
    default:
      return read_note(tokens, at);
  }
}

void EventReader::read_pedal(std::span<const EventToken> tokens, size_t at) {
  const int program = context_.config.use_programs ? tokens[at].value : program_;
  if (!context_.config.sustain_pedal_duration || at + 1 >= tokens.size()) {
    pedals_down_.emplace(program, tick_);
    return;
  }
  if (tokens[at + 1].type != EventType::kDuration) return;
  collector_.track(program).pedals.push_back({tick_, duration_ticks(tokens[at + 1].value)});
}

void EventReader::end_pedal(EventToken token) {
  const int program = context_.config.use_programs ? token.value : program_;
  const auto down = pedals_down_.find(program);
  if (down == pedals_down_.end()) return;
  collector_.track(program).pedals.push_back({down->second, tick_ - down->second});
  pedals_down_.erase(down);
}

std::optional<int> EventReader::pitch_of(EventToken token) const {
  const LastPitch& last = last_pitch_[static_cast<size_t>(program_ + 1)];
  int pitch = token.value;
  if (token.type == EventType::kPitchIntervalTime) pitch += last.onset;
  if (token.type == EventType::kPitchIntervalChord) pitch += last.chord;
  const auto& [low, high] = context_.config.pitch_range;
  constexpr int kLastPitch = 127;
  if (limits_pitch_ && (pitch < low || pitch > high)) return std::nullopt;
  if (pitch < 0 || pitch > kLastPitch) return std::nullopt;
  return pitch;
}

void EventReader::remember(EventType type, int pitch) {
  LastPitch& last = last_pitch_[static_cast<size_t>(program_ + 1)];
  if (type != EventType::kPitchIntervalChord) last.onset = pitch;
  last.chord = pitch;
}

void EventReader::read_note(std::span<const EventToken> tokens, size_t at) {
  const EventToken token = tokens[at];
  if (!is_pitch(token.type)) return;
  const auto pitch = pitch_of(token);
  if (!pitch) return;
  remember(token.type, *pitch);
  const bool has_velocity = context_.config.use_velocities;
  int velocity = kDefaultVelocity;
  size_t next = at + 1 + offset_tokens();
  if (has_velocity) {
    if (next >= tokens.size() || tokens[next].type != EventType::kVelocity) return;
    velocity = tokens[next++].value;
  }
  int64_t duration = default_duration();
  if (uses_durations_) {
    if (next >= tokens.size() || tokens[next].type != EventType::kDuration) return;
    duration = duration_ticks(tokens[next].value);
  }
  const int64_t onset = std::max<int64_t>(tick_ + offset(tokens, at), 0);
  collector_.track(program_).notes.push_back(
      {onset, duration, static_cast<uint8_t>(*pitch), static_cast<uint8_t>(velocity)});
  note_end_ = std::max(note_end_, onset + duration);
}

}  // namespace motet::tokens
