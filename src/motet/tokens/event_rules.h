// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "motet/tokens/event_tokenizer.h"
#include "motet/tokens/events.h"

namespace motet::tokens {

/// What the rules of a tokenization look up while they write or read ids.
struct EventContext {
  const EventConfig& config;
  const EventValues& values;
  const EventVocabulary& vocabulary;
  std::vector<int64_t>* times = nullptr;  ///< filled with the time of each id, where asked for
};

/// Appends ids to a sequence; stops a piece that has no end.
class IdWriter {
 public:
  IdWriter(const EventContext& context, EventSequence& ids)
      : vocabulary_(context.vocabulary), ids_(ids), times_(context.times) {}

  void write(EventType type, int value, int64_t time) {
    const TokenId id = vocabulary_.find(type, value);
    ids_.push_back(id >= 0 ? id : vocabulary_.id(type, value));
    if (times_ != nullptr) times_->push_back(time);
    if (ids_.size() > kMostTokens) refuse();
  }
  void write(const TrackEvent& event) { write(event.type, event.value, event.time); }

 private:
  static constexpr size_t kMostTokens = size_t{1} << 24;
  [[noreturn]] static void refuse();

  const EventVocabulary& vocabulary_;
  EventSequence& ids_;
  std::vector<int64_t>* times_;
};

/// Bar and Position tokens: REMI. Appends to `ids`.
void write_with_bars(const EventContext& context, const std::vector<TrackEvent>& events,
                     int ticks_per_quarter, EventSequence& ids);
/// TimeShift tokens: TSD, and MIDI-like with its NoteOn and NoteOff.
void write_with_shifts(const EventContext& context, const std::vector<TrackEvent>& events,
                       int ticks_per_quarter, NoteStyle style, EventSequence& ids);

TrackScore read_with_bars(const EventContext& context, const EventSequences& sequences);
TrackScore read_with_shifts(const EventContext& context, const EventSequences& sequences);
TrackScore read_on_off(const EventContext& context, const EventSequences& sequences);

std::unique_ptr<EventTokenizer> make_simple_tokenizer(Tokenization tokenization,
                                                      EventConfig config);
std::unique_ptr<EventTokenizer> make_mmm(EventConfig config);
std::unique_ptr<EventTokenizer> make_structured(EventConfig config);
std::unique_ptr<EventTokenizer> make_cp_word(EventConfig config);
std::unique_ptr<EventTokenizer> make_octuple(EventConfig config);
std::unique_ptr<EventTokenizer> make_mumidi(EventConfig config);
std::unique_ptr<EventTokenizer> make_pertok(EventConfig config);

/// The default tempo when a decoded piece names none at its beginning; the same for 4/4.
void complete(TrackScore& score, const EventValues& values);

/// Python's floor division.
constexpr int64_t floor_div(int64_t a, int64_t b) {
  return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

}  // namespace motet::tokens
