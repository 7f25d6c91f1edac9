// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/event_rules.h"

namespace motet::tokens {
namespace {

NoteStyle style_of(Tokenization tokenization) {
  return tokenization == Tokenization::kMidiLike ? NoteStyle::kOnOff : NoteStyle::kDurations;
}

void write_events(Tokenization rules, const EventContext& context,
                  const std::vector<TrackEvent>& events, int ticks_per_quarter,
                  EventSequence& ids) {
  if (rules == Tokenization::kRemi) {
    write_with_bars(context, events, ticks_per_quarter, ids);
  } else {
    write_with_shifts(context, events, ticks_per_quarter, style_of(rules), ids);
  }
}

TrackScore read_events(Tokenization rules, const EventContext& context,
                       const EventSequences& sequences) {
  switch (rules) {
    case Tokenization::kRemi:
      return read_with_bars(context, sequences);
    case Tokenization::kMidiLike:
      return read_on_off(context, sequences);
    default:
      return read_with_shifts(context, sequences);
  }
}

/// REMI, TSD and MIDI-like.
class SimpleTokenizer : public EventTokenizer {
 public:
  SimpleTokenizer(Tokenization tokenization, EventConfig config)
      : EventTokenizer(tokenization, std::move(config)) {}

 private:
  EventSequences encode_prepared(PreparedScore& score, EventTimes* times) const override {
    const EventLister lister(config(), values(), style_of(tokenization()));
    const auto lists = lister.list(score);
    EventSequences sequences(lists.size());
    if (times != nullptr) times->resize(lists.size());
    for (size_t i = 0; i < lists.size(); ++i) {
      const EventContext track_context = context(times, i);
      EventSequence& ids = sequences[i];
      ids.reserve(lists[i].size() + lists[i].size() / 2);
      const bool names_program = config().program_changes &&
                                 !config().one_token_stream_for_programs && !score.tracks.empty();
      if (names_program) {
        IdWriter(track_context, ids).write(EventType::kProgram, score.tracks[i].token_program(), 0);
      }
      write_events(tokenization(), track_context, lists[i], score.ticks_per_quarter, ids);
    }
    return sequences;
  }

  TrackScore decode_checked(const EventSequences& sequences) const override {
    return read_events(tokenization(), {config(), values(), vocabulary()}, sequences);
  }
};

/// The tracks one after another in one sequence, each by the rules of a base tokenizer.
class MmmTokenizer : public EventTokenizer {
 public:
  explicit MmmTokenizer(EventConfig config)
      : EventTokenizer(Tokenization::kMmm, std::move(config)),
        rules_(find_tokenization(
            this->config().additional_params["base_tokenizer"].get<std::string>())) {}

 private:
  EventSequences encode_prepared(PreparedScore& score, EventTimes* times) const override {
    const auto lists = EventLister(config(), values(), style_of(rules_)).list(score);
    if (times != nullptr) times->resize(1);
    const EventContext whole = context(times, 0);
    EventSequence ids;
    IdWriter out(whole, ids);
    for (size_t i = 0; i < lists.size(); ++i) {
      out.write(EventType::kTrack, kTrackStart, 0);
      if (!score.tracks.empty()) {
        out.write(EventType::kProgram, score.tracks[i].token_program(), 0);
      }
      if (lists[i].size() < 2) {
        for (const TrackEvent& event : lists[i]) out.write(event);
      } else {
        write_events(rules_, whole, lists[i], score.ticks_per_quarter, ids);
      }
      out.write(EventType::kTrack, kTrackEnd, lists[i].empty() ? 1 : lists[i].back().time + 1);
    }
    return {ids};
  }

  TrackScore decode_checked(const EventSequences& sequences) const override {
    const EventContext context{config(), values(), vocabulary()};
    if (sequences.empty()) return read_events(rules_, context, {});
    return read_events(rules_, context, split(sequences.front()));
  }

  /// A sequence for each Track_Start; all as one when there is none.
  EventSequences split(const EventSequence& ids) const {
    const TokenId start = vocabulary().find(EventType::kTrack, kTrackStart);
    EventSequences tracks;
    for (size_t i = 0; i < ids.size(); ++i) {
      if (ids[i] == start) {
        if (!tracks.empty() && !tracks.back().empty()) tracks.back().pop_back();  // its Track_End
        tracks.emplace_back();
      } else if (!tracks.empty()) {
        tracks.back().push_back(ids[i]);
      }
    }
    return tracks.empty() ? EventSequences{ids} : tracks;
  }

  Tokenization rules_;
};

}  // namespace

std::unique_ptr<EventTokenizer> make_simple_tokenizer(Tokenization tokenization,
                                                      EventConfig config) {
  return std::make_unique<SimpleTokenizer>(tokenization, std::move(config));
}

std::unique_ptr<EventTokenizer> make_mmm(EventConfig config) {
  return std::make_unique<MmmTokenizer>(std::move(config));
}

}  // namespace motet::tokens
