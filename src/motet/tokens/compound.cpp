// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/compound.h"

#include <algorithm>
#include <cmath>

#include "motet/base/error.h"

namespace motet::tokens {

void RowWriter::begin() {
  constexpr size_t kMostIds = size_t{1} << 26;
  if (ids_.size() > kMostIds) {
    throw Error(ErrorCode::kInvalidFile, "the piece makes more than 16 million tokens");
  }
  for (size_t place = 0; place < tokenizer_.width(); ++place) {
    ids_.push_back(tokenizer_.vocabulary(place).find(EventType::kIgnore, kNone));
  }
}

void RowWriter::set(size_t place, EventType type, int value) {
  const EventVocabulary& vocabulary = tokenizer_.vocabulary(place);
  const TokenId id = vocabulary.find(type, value);
  ids_[ids_.size() - tokenizer_.width() + place] = id >= 0 ? id : vocabulary.id(type, value);
}

EventToken RowReader::at(size_t row, size_t place) const {
  const TokenId id = ids_[row * tokenizer_.width() + place];
  return id == kAbsent ? EventToken{} : tokenizer_.vocabulary(place).token(id);
}

std::optional<int> RowReader::value(size_t row, std::optional<size_t> place, EventType type) const {
  if (!place) return std::nullopt;
  const EventToken token = at(row, *place);
  return token.type == type ? std::optional(token.value) : std::nullopt;
}

void TempoFinder::see(int64_t tick, int index) { found_.push_back({tick, index}); }

void TempoFinder::finish(TrackScore& score) const {
  for (const Found& tempo : found_) {
    const double quarter =
        kMicrosecondsPerMinute / values_.tempos[static_cast<size_t>(tempo.index)];
    score.tempos.push_back({tempo.tick, std::llround(quarter)});
  }
  if (found_.empty()) return;
  if (found_.front().index == static_cast<int>(values_.default_tempo)) score.tempos[0].at = 0;
}

BarPlace::BarPlace(int metre, int64_t ticks_per_quarter, int positions_per_beat) {
  beat = ticks_per_beat(denominator_of(metre), ticks_per_quarter);
  bar_ticks = std::max<int64_t>(beat * numerator_of(metre), 1);
  position_ticks = std::max<int64_t>(beat / positions_per_beat, 1);
}

CompoundReader::CompoundReader(const EventTokenizer& tokenizer, const CompoundPlaces& places)
    : tokenizer_(tokenizer),
      config_(tokenizer.config()),
      values_(tokenizer.values()),
      places_(places),
      context_{config_, values_, tokenizer.vocabulary()},
      collector_(context_, values_.ticks_per_quarter),
      tempos_(values_) {}

TrackScore CompoundReader::read(const EventSequences& sequences) {
  for (size_t i = 0; i < sequences.size(); ++i) {
    is_first_ = i == 0;
    read_sequence(RowReader(tokenizer_, sequences[i]));
  }
  tempos_.finish(collector_.score());
  return collector_.finish();
}

std::optional<RowNote> CompoundReader::note_of(const RowReader& rows, size_t row,
                                               size_t pitch_place) const {
  const EventToken pitch = rows.at(row, pitch_place);
  const auto velocity = rows.value(row, places_.velocity, EventType::kVelocity);
  const auto duration = rows.value(row, places_.duration, EventType::kDuration);
  const auto program = rows.value(row, places_.program, EventType::kProgram);
  const bool is_whole = is_pitch(pitch.type) &&
                        velocity.has_value() == places_.velocity.has_value() &&
                        duration.has_value() == places_.duration.has_value() &&
                        program.has_value() == places_.program.has_value();
  if (!is_whole) return std::nullopt;
  const RowNote usual;
  return RowNote{pitch.value, velocity.value_or(usual.velocity), duration,
                 program.value_or(usual.program)};
}

int64_t CompoundReader::add_note(const RowNote& note, int64_t tick, int64_t beat) {
  const int64_t ticks =
      note.duration
          ? values_.durations[static_cast<size_t>(*note.duration)].ticks(beat)
          : static_cast<int64_t>(config_.default_note_duration * static_cast<double>(beat));
  collector_.track(note.program)
      .notes.push_back(
          {tick, ticks, static_cast<uint8_t>(note.pitch), static_cast<uint8_t>(note.velocity)});
  return tick + ticks;
}

int first_metre(const std::vector<TrackEvent>& events, const EventConfig& config) {
  if (config.use_time_signatures) {
    for (const TrackEvent& event : events) {
      if (event.type == EventType::kTimeSig) return event.value;
    }
  }
  return metre_value(4, 4);
}

std::optional<NoteValues> note_values(const std::vector<TrackEvent>& events, size_t at,
                                      const EventConfig& config) {
  const size_t more = (config.use_velocities ? 1U : 0U) + (config.uses_durations() ? 1U : 0U);
  if (at + more >= events.size()) return std::nullopt;
  NoteValues values;
  if (config.use_velocities) values.velocity = events[at + 1].value;
  if (config.uses_durations()) values.duration = events[at + more].value;
  return values;
}

void clip_to_bars(PreparedScore& score, const EventConfig& config) {
  const auto most = config.max_bar_embedding();
  if (!most) return;
  const std::vector<int64_t> bars = bar_ticks(score);
  if (static_cast<size_t>(*most) < bars.size()) clip(score, bars[static_cast<size_t>(*most)]);
}

}  // namespace motet::tokens
