// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "motet/tokens/event_reader.h"

namespace motet::tokens {

/// Where each kind of token stands in a compound token; nothing where it has no place.
struct CompoundPlaces {
  std::optional<size_t> velocity;
  std::optional<size_t> duration;
  std::optional<size_t> program;
  std::optional<size_t> chord;
  std::optional<size_t> rest;
  std::optional<size_t> tempo;
  std::optional<size_t> metre;
};

/// Makes the rows of a sequence of compound tokens.
class RowWriter {
 public:
  RowWriter(const EventTokenizer& tokenizer, EventSequence& ids)
      : tokenizer_(tokenizer), ids_(ids) {}

  /// A row whose places hold Ignore_None where the vocabulary has it, kAbsent elsewhere.
  void begin();
  void set(size_t place, EventType type, int value);
  void set(std::optional<size_t> place, EventType type, int value) {
    if (place) set(*place, type, value);
  }

 private:
  const EventTokenizer& tokenizer_;
  EventSequence& ids_;
};

/// Reads the rows of a sequence.
class RowReader {
 public:
  RowReader(const EventTokenizer& tokenizer, const EventSequence& ids)
      : tokenizer_(tokenizer), ids_(ids) {}

  size_t rows() const { return ids_.size() / tokenizer_.width(); }
  EventToken at(size_t row, size_t place) const;
  /// The value when the token there is of this type; nothing otherwise.
  std::optional<int> value(size_t row, std::optional<size_t> place, EventType type) const;

 private:
  const EventTokenizer& tokenizer_;
  const EventSequence& ids_;
};

/// Tempo changes of a decoded piece, when each row names the tempo.
class TempoFinder {
 public:
  explicit TempoFinder(const EventValues& values) : values_(values) {}
  void see(int64_t tick, int index);
  /// The first tempo is at 0, or the default stands there.
  void finish(TrackScore& score) const;

  bool is_new(int index) const { return found_.empty() || found_.back().index != index; }
  int64_t last_tick() const { return found_.empty() ? -1 : found_.back().tick; }

 private:
  struct Found {
    int64_t tick;
    int index;
  };
  const EventValues& values_;
  std::vector<Found> found_;
};

/// A position in bars that follows metre changes.
struct BarPlace {
  int64_t bar_ticks = 1;
  int64_t position_ticks = 1;
  int64_t beat = 1;

  BarPlace(int metre, int64_t ticks_per_quarter, int positions_per_beat);
};

/// What a row says of a note.
struct RowNote {
  int pitch = 60;
  int velocity = 100;
  std::optional<int> duration;  ///< an index of EventValues::durations
  int program = 0;
};

/// What the readers of all compound tokenizers share.
class CompoundReader {
 public:
  virtual ~CompoundReader() = default;
  TrackScore read(const EventSequences& sequences);

 protected:
  CompoundReader(const EventTokenizer& tokenizer, const CompoundPlaces& places);
  CompoundReader(const CompoundReader&) = delete;
  CompoundReader& operator=(const CompoundReader&) = delete;

  virtual void read_sequence(const RowReader& rows) = 0;

  /// Nothing where the row lacks a pitch at `pitch_place`, or a value that has a place.
  std::optional<RowNote> note_of(const RowReader& rows, size_t row, size_t pitch_place) const;
  /// Adds a note to the track of its program and returns where it ends; times and `beat` in ticks.
  int64_t add_note(const RowNote& note, int64_t tick, int64_t beat);

  const EventTokenizer& tokenizer_;
  const EventConfig& config_;
  const EventValues& values_;
  CompoundPlaces places_;
  EventContext context_;
  TrackCollector collector_;
  TempoFinder tempos_;
  bool is_first_ = true;  ///< the sequence that is read is the first: tempos and metres count
};

/// The metre that the first TimeSig among events names; 4/4 where there is none.
int first_metre(const std::vector<TrackEvent>& events, const EventConfig& config);

/// The velocity and duration that follow a pitch among events.
struct NoteValues {
  std::optional<int> velocity;
  std::optional<int> duration;
};
/// Nothing when the list ends before they are complete.
std::optional<NoteValues> note_values(const std::vector<TrackEvent>& events, size_t at,
                                      const EventConfig& config);

/// Clips a piece to as many bars as there are tokens for.
void clip_to_bars(PreparedScore& score, const EventConfig& config);

}  // namespace motet::tokens
