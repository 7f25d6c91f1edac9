// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/midi_events.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "motet/score/instruments.h"

namespace motet::tokens {

std::span<const midi_event::Parameter> midi_event::parameters_of(midi_event::Kind kind) {
  static constexpr std::array kOfNote{kTime1, kTime2,    kTrack,   kChannel,
                                      kPitch, kVelocity, kDuration};
  static constexpr std::array kOfPatch{kTime1, kTime2, kTrack, kChannel, kProgram};
  static constexpr std::array kOfControl{kTime1, kTime2, kTrack, kChannel, kController, kValue};
  static constexpr std::array kOfTempo{kTime1, kTime2, kTrack, kBpm};
  static constexpr std::array kOfMetre{kTime1, kTime2, kTrack, kNumerator, kDenominator};
  static constexpr std::array kOfKey{kTime1, kTime2, kTrack, kFifths, kMode};
  switch (kind) {
    case kNote:
      return kOfNote;
    case kPatch:
      return kOfPatch;
    case kControl:
      return kOfControl;
    case kTempo:
      return kOfTempo;
    case kMetre:
      return kOfMetre;
    case kKey:
      break;
  }
  return kOfKey;
}

namespace {

constexpr int kDecodedResolution = 480;
constexpr int kLeastChange = 4;   // of a controller or a tempo
constexpr int kPartTracks = 127;  // of parts; 0 is that of the piece

/// An event before its time is written as a difference.
struct PlacedEvent {
  int64_t step = 0;  // from the beginning
  int track = 0;
  midi_event::Kind kind = midi_event::Kind::kNote;
  std::vector<int> values;  // behind the track
};

/// The order of the kinds at one time on one track.
int rank_of_event(midi_event::Kind kind) {
  constexpr std::array<int, midi_event::kKinds> kRank{5, 3, 4, 2, 0, 1};
  return kRank[static_cast<size_t>(kind)];
}

/// A score's events by step, track and kind.
class MidiEventCollector {
 public:
  explicit MidiEventCollector(const Score& score) : score_(score) {}

  std::vector<PlacedEvent> events() {
    for (const MetreChange& metre : score_.metres) {
      const int power = std::countr_zero(static_cast<unsigned>(metre.denominator));
      if (metre.is_hidden || metre.numerator > 16 || power < 1 || power > 4) continue;
      put(metre.at, 0, midi_event::Kind::kMetre, {metre.numerator - 1, power - 1});
    }
    for (const KeyChange& key : score_.keys) {
      put(key.at, 0, midi_event::Kind::kKey, {key.fifths + 7, key.mode == Mode::kMinor ? 1 : 0});
    }
    int before = 0;
    for (const TempoChange& tempo : score_.tempos) {
      const int bpm = std::clamp(static_cast<int>(tempo.quarters_per_minute), 1, 383);
      if (std::abs(bpm - before) < kLeastChange) continue;
      before = bpm;
      put(tempo.at, 0, midi_event::Kind::kTempo, {bpm});
    }
    for (size_t i = 0; i < score_.parts.size(); ++i) add_part(i);
    std::ranges::stable_sort(events_, {}, [](const PlacedEvent& event) {
      return std::tuple(event.step, event.track, rank_of_event(event.kind));
    });
    return std::move(events_);
  }

 private:
  int64_t step_of(Ticks at) const {
    return static_cast<int64_t>(std::nearbyint(
        static_cast<double>(at.value) * midi_event::kStepsPerQuarter / score_.ticks_per_quarter));
  }

  void put(Ticks at, int track, midi_event::Kind kind, std::vector<int> values) {
    events_.push_back({step_of(at), track, kind, std::move(values)});
  }

  void add_part(size_t index) {
    const Part& part = score_.parts[index];
    const int channel = channel_of_part(score_, index);
    const int track = place_of_part(score_, index).track;
    put({}, track, midi_event::Kind::kPatch, {channel, part.is_drums ? 0 : part.program});
    std::map<int, int> values;
    for (const Control& control : part.controls) {
      if (control.kind == ControlKind::kProgram) {
        put(control.at, track, midi_event::Kind::kPatch,
            {channel, std::clamp<int>(control.value, 0, 127)});
      } else if (control.kind == ControlKind::kController) {
        int& last = values[control.number];
        if (std::abs(last - control.value) < kLeastChange) continue;
        last = control.value;
        put(control.at, track, midi_event::Kind::kControl,
            {channel, control.number, control.value});
      }
    }
    add_notes(part, track, channel);
  }

  void add_notes(const Part& part, int track, int channel) {
    std::map<int, size_t> last;  // the note of a pitch that came last
    for (const Note& note : part.notes) {
      const int64_t step = step_of(note.onset);
      const int64_t length = std::max<int64_t>(step_of(note.onset + note.duration) - step, 1);
      if (const auto found = last.find(note.pitch); found != last.end()) {
        PlacedEvent& earlier = events_[found->second];
        if (earlier.step == step) continue;  // two at once are one
        int& duration = earlier.values.back();
        duration = static_cast<int>(std::min<int64_t>(duration, step - earlier.step));
      }
      last[note.pitch] = events_.size();
      const auto kept =
          static_cast<int>(std::min<int64_t>(length, midi_event::kDuration.count - 1));
      events_.push_back(
          {step, track, midi_event::Kind::kNote, {channel, note.pitch, note.velocity, kept}});
    }
  }

  const Score& score_;
  std::vector<PlacedEvent> events_;
};

MidiEvent lone_event(int id) {
  MidiEvent event{};
  event[0] = id;
  return event;
}

/// The values of an event's parameters, or nothing where one is not what its kind has there.
std::optional<std::vector<int>> event_values_of(const MidiEvent& event) {
  const int kind = event[0] - midi_event::kFirstKind;
  if (kind < 0 || kind >= midi_event::kKinds) return std::nullopt;
  std::vector<int> values;
  for (const midi_event::Parameter& parameter :
       midi_event::parameters_of(static_cast<midi_event::Kind>(kind))) {
    const int value = event[values.size() + 1] - parameter.first;
    if (value < 0 || value >= parameter.count) return std::nullopt;
    values.push_back(value);
  }
  return values;
}

/// Takes events one after the other and grows a score.
class MidiEventReader {
 public:
  MidiEventReader(Score score, int64_t quarter)
      : score_(std::move(score)),
        given_parts_(score_.parts.size()),
        ticks_per_step_(score_.ticks_per_quarter / midi_event::kStepsPerQuarter),
        quarter_(quarter) {
    for (size_t i = 0; i < given_parts_; ++i) parts_.try_emplace(place_of_part(score_, i), i);
  }

  void take(const MidiEvent& event) {
    const auto values = event_values_of(event);
    if (!values) return;
    const std::vector<int>& v = *values;
    quarter_ += v[0];
    const Ticks at{(quarter_ * midi_event::kStepsPerQuarter + v[1]) * ticks_per_step_};
    switch (static_cast<midi_event::Kind>(event[0] - midi_event::kFirstKind)) {
      case midi_event::Kind::kNote:
        part(v[2], v[3])
            .notes.push_back({.onset = at,
                              .duration = Ticks{std::max<int64_t>(v[6], 1) * ticks_per_step_},
                              .pitch = static_cast<uint8_t>(v[4]),
                              .velocity = static_cast<uint8_t>(std::max(v[5], 1)),
                              .voice = 0,
                              .spelling = kUnspelled,
                              .id = {}});
        break;
      case midi_event::Kind::kPatch:
        change_program(at, part(v[2], v[3]), v[4]);
        break;
      case midi_event::Kind::kControl:
        part(v[2], v[3])
            .controls.push_back({at, ControlKind::kController, static_cast<uint8_t>(v[4]),
                                 static_cast<int16_t>(v[5])});
        break;
      case midi_event::Kind::kTempo:
        score_.tempos.push_back({at, static_cast<double>(std::max(v[3], 1))});
        break;
      case midi_event::Kind::kMetre:
        score_.metres.push_back({at, v[3] + 1, 1 << (v[4] + 1)});
        break;
      case midi_event::Kind::kKey:
        score_.keys.push_back({at, v[3] - 7, v[4] == 1 ? Mode::kMinor : Mode::kMajor});
        break;
    }
  }

  Score finish() {
    const auto first_new = score_.parts.begin() + static_cast<std::ptrdiff_t>(given_parts_);
    score_.parts.erase(std::remove_if(first_new, score_.parts.end(),
                                      [](const Part& part) { return part.notes.empty(); }),
                       score_.parts.end());
    sort_events(score_);
    name_notes(score_);
    return std::move(score_);
  }

 private:
  Part& part(int track, int channel) {
    const auto [found, is_new] =
        parts_.try_emplace(EventPlace{track, channel}, score_.parts.size());
    if (is_new) {
      Part part;
      part.is_drums = channel == midi_event::kDrumChannel;
      part.name = name_of(Instrument{0, part.is_drums});
      score_.parts.push_back(part);
    }
    return score_.parts[found->second];
  }

  void change_program(Ticks at, Part& part, int program) {
    if (part.is_drums) return;
    if (part.notes.empty()) {
      part.program = static_cast<uint8_t>(program);
      part.name = name_of(Instrument{part.program, false});
    } else {
      part.controls.push_back({at, ControlKind::kProgram, 0, static_cast<int16_t>(program)});
    }
  }

  Score score_;
  size_t given_parts_;
  int64_t ticks_per_step_;
  std::map<EventPlace, size_t> parts_;
  int64_t quarter_;
};

}  // namespace

int channel_of_part(const Score& score, size_t part) {
  if (score.parts[part].is_drums) return midi_event::kDrumChannel;
  int melodic = 0;
  for (size_t i = 0; i < part; ++i) melodic += score.parts[i].is_drums ? 0 : 1;
  const int channel = melodic % 15;
  return channel < midi_event::kDrumChannel ? channel : channel + 1;
}

EventPlace place_of_part(const Score& score, size_t part) {
  return {1 + static_cast<int>(part % kPartTracks), channel_of_part(score, part)};
}

int64_t last_event_quarter(const Score& score) {
  const std::vector<PlacedEvent> events = MidiEventCollector(score).events();
  return events.empty() ? 0 : events.back().step / midi_event::kStepsPerQuarter;
}

std::vector<MidiEvent> encode_midi_events(const Score& score, bool framed) {
  std::vector<MidiEvent> events;
  if (framed) events.push_back(lone_event(midi_event::kBegin));
  int64_t quarter = 0;
  for (const PlacedEvent& placed : MidiEventCollector(score).events()) {
    const auto kind = static_cast<midi_event::Kind>(placed.kind);
    MidiEvent event = lone_event(midi_event::kFirstKind + kind);
    const auto parameters = midi_event::parameters_of(kind);
    const int64_t at = placed.step / midi_event::kStepsPerQuarter;
    std::vector<int64_t> values{at - quarter, placed.step % midi_event::kStepsPerQuarter,
                                placed.track};
    values.insert(values.end(), placed.values.begin(), placed.values.end());
    // A silence of 128 quarters and more has no token; it becomes 127.
    values[0] = std::min<int64_t>(values[0], midi_event::kTime1.count - 1);
    quarter = at;
    for (size_t i = 0; i < values.size(); ++i) {
      event[i + 1] = parameters[i].first + static_cast<int32_t>(values[i]);
    }
    events.push_back(event);
  }
  if (framed) events.push_back(lone_event(midi_event::kEnd));
  return events;
}

void append_midi_events(Score& score, int64_t quarter, std::span<const MidiEvent> events) {
  MidiEventReader reader(std::move(score), quarter);
  for (const MidiEvent& event : events) reader.take(event);
  score = reader.finish();
}

Score decode_midi_events(std::span<const MidiEvent> events) {
  Score score;
  score.ticks_per_quarter = kDecodedResolution;
  append_midi_events(score, 0, events);
  return score;
}

}  // namespace motet::tokens
