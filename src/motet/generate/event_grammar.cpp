// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/event_grammar.h"

#include <algorithm>

namespace motet::generate {
namespace {

namespace midi_event = tokens::midi_event;

constexpr int kChannels = 16;
constexpr int kSlowest = 10;           // quarters a minute; MIDI cannot say less than four
constexpr int kChannelModes = 120;     // controllers from here on silence or reset a channel
constexpr int kMostPreparations = 64;  // events before the first note, lest none ever comes
constexpr size_t kTime1Slot = 1, kTime2Slot = 2, kTrackSlot = 3, kChannelSlot = 4, kPitchSlot = 5;

bool is_same(const midi_event::Parameter& a, const midi_event::Parameter& b) {
  return a.first == b.first;
}

}  // namespace

EventGrammar::EventGrammar(const EventPlan& plan)
    : plan_(plan),
      is_open_(plan.places.empty()),
      quarter_(plan.quarter),
      now_(plan.begin),
      tempo_from_(plan.begin) {
  for (const tokens::EventPlace& at : plan.places) {
    Place place{.at = at};
    for (int pitch = 0; pitch < kPitches; ++pitch) {
      const auto found = plan.sounding.find({at, pitch});
      if (found != plan.sounding.end()) place.free[static_cast<size_t>(pitch)] = found->second;
    }
    places_.push_back(place);
  }
  update_note_from();
}

int EventGrammar::value_at(size_t slot) const {
  const auto kind = static_cast<Kind>(event_[0] - midi_event::kFirstKind);
  return event_[slot] - midi_event::parameters_of(kind)[slot - 1].first;
}

bool EventGrammar::is_meta() const {
  const auto kind = static_cast<Kind>(event_[0] - midi_event::kFirstKind);
  return kind == Kind::kTempo || kind == Kind::kMetre || kind == Kind::kKey;
}

bool EventGrammar::is_beyond(int64_t step) const {
  if (step >= plan_.end) return true;
  const double quarters = static_cast<double>(step - tempo_from_) / midi_event::kStepsPerQuarter;
  return seconds_ + quarters * 60.0 / plan_.quarters_per_minute >= plan_.seconds;
}

bool EventGrammar::is_bar_line(int64_t step) const {
  return (step - plan_.bar_begin) % plan_.bar_steps == 0;
}

bool EventGrammar::may_be(Kind kind) const {
  switch (kind) {
    case Kind::kPatch:
      return plan_.may_change_programs;
    case Kind::kTempo:
      return plan_.may_change_tempo;
    case Kind::kMetre:
      return plan_.may_change_metre;
    case Kind::kKey:
      return plan_.may_change_key;
    default:
      return true;
  }
}

bool EventGrammar::may_stand(Kind kind, int64_t step) const {
  if (step < now_ || (!has_note_ && is_beyond(step))) return false;
  switch (kind) {
    case Kind::kNote:
      return step >= note_from_;
    case Kind::kTempo:
      return step > tempo_at_;
    case Kind::kMetre:
      return step > metre_at_ && is_bar_line(step);
    case Kind::kKey:
      return step > key_at_ && is_bar_line(step);
    default:
      return true;
  }
}

bool EventGrammar::may_stand(int64_t step) const {
  return may_stand(static_cast<Kind>(event_[0] - midi_event::kFirstKind), step);
}

int64_t EventGrammar::first_free(const Place& place) const {
  return *std::ranges::min_element(place.free);
}

bool EventGrammar::is_channel_open(int channel) const {
  return is_open_ && std::ranges::none_of(
                         places_, [&](const Place& place) { return place.at.channel == channel; });
}

bool EventGrammar::may_open() const {
  return is_open_ && places_.size() < static_cast<size_t>(kChannels);
}

/// For the event that is begun.
bool EventGrammar::may_use(const Place& place) const {
  const bool is_note = event_[0] == midi_event::kFirstKind + Kind::kNote;
  return !is_note || first_free(place) <= step_;
}

void EventGrammar::update_note_from() {
  note_from_ = may_open() ? 0 : std::numeric_limits<int64_t>::max();
  for (const Place& place : places_) note_from_ = std::min(note_from_, first_free(place));
}

void EventGrammar::allow(std::vector<int32_t>& ids) const {
  ids.clear();
  if (ended_) return;
  if (filled_ == 0) return allow_kinds(ids);
  const auto kind = static_cast<Kind>(event_[0] - midi_event::kFirstKind);
  const midi_event::Parameter& parameter = midi_event::parameters_of(kind)[filled_ - 1];
  if (filled_ == kTrackSlot) return allow_tracks(ids);
  if (filled_ == kChannelSlot && !is_meta()) return allow_channels(ids);
  allow_value(parameter, ids);
}

void EventGrammar::allow_kinds(std::vector<int32_t>& ids) const {
  if (has_note_) ids.push_back(midi_event::kEnd);
  for (int k = 0; k < midi_event::kKinds; ++k) {
    const auto kind = static_cast<Kind>(k);
    if (!may_be(kind)) continue;
    if (kind != Kind::kNote && !has_note_ && preparations_ >= kMostPreparations) continue;
    const int64_t last = (quarter_ + midi_event::kTime1.count) * midi_event::kStepsPerQuarter;
    for (int64_t step = now_; step < last; ++step) {
      if (!may_stand(kind, step)) continue;
      ids.push_back(midi_event::kFirstKind + k);
      break;
    }
  }
}

void EventGrammar::allow_tracks(std::vector<int32_t>& ids) const {
  if (is_meta()) return ids.push_back(midi_event::kTrack.first);
  for (int track = 0; track < midi_event::kTrack.count; ++track) {
    const bool is_known = std::ranges::any_of(
        places_, [&](const Place& place) { return place.at.track == track && may_use(place); });
    if (is_known || may_open()) ids.push_back(midi_event::kTrack.first + track);
  }
}

void EventGrammar::allow_channels(std::vector<int32_t>& ids) const {
  const int track = value_at(kTrackSlot);
  for (int channel = 0; channel < midi_event::kChannel.count; ++channel) {
    const tokens::EventPlace wanted{track, channel};
    const bool is_known = std::ranges::any_of(
        places_, [&](const Place& place) { return place.at == wanted && may_use(place); });
    if (is_known || is_channel_open(channel)) ids.push_back(midi_event::kChannel.first + channel);
  }
}

void EventGrammar::allow_value(const midi_event::Parameter& parameter,
                               std::vector<int32_t>& ids) const {
  int first = 0;
  int count = parameter.count;
  if (is_same(parameter, midi_event::kVelocity) || is_same(parameter, midi_event::kDuration)) {
    first = 1;  // a note sounds, and lasts
  } else if (is_same(parameter, midi_event::kBpm)) {
    first = kSlowest;
  } else if (is_same(parameter, midi_event::kController)) {
    count = kChannelModes;
  }
  for (int value = first; value < count; ++value) {
    if (filled_ == kTime1Slot) {
      const int64_t begin = (quarter_ + value) * midi_event::kStepsPerQuarter;
      bool fits = false;
      for (int64_t u = 0; u < midi_event::kStepsPerQuarter && !fits; ++u)
        fits = may_stand(begin + u);
      if (!fits) continue;
    } else if (filled_ == kTime2Slot) {
      const int64_t begin = (quarter_ + value_at(kTime1Slot)) * midi_event::kStepsPerQuarter;
      if (!may_stand(begin + value)) continue;
    } else if (is_same(parameter, midi_event::kPitch)) {
      const tokens::EventPlace at{value_at(kTrackSlot), value_at(kChannelSlot)};
      const auto known =
          std::ranges::find_if(places_, [&](const Place& place) { return place.at == at; });
      if (known != places_.end() && known->free[static_cast<size_t>(value)] > step_) continue;
    }
    ids.push_back(parameter.first + value);
  }
}

void EventGrammar::accept(int32_t id) {
  if (filled_ == 0) {
    event_ = {};
    ended_ = id == midi_event::kEnd;
    if (ended_) return;
  }
  event_[filled_++] = id;
  const auto kind = static_cast<Kind>(event_[0] - midi_event::kFirstKind);
  if (filled_ == kTime2Slot + 1) {
    step_ = (quarter_ + value_at(kTime1Slot)) * midi_event::kStepsPerQuarter + value_at(kTime2Slot);
    ended_ = is_beyond(step_);
  }
  if (filled_ == midi_event::parameters_of(kind).size() + 1) finish_event();
}

EventGrammar::Place& EventGrammar::place() {
  const tokens::EventPlace at{value_at(kTrackSlot), value_at(kChannelSlot)};
  const auto known =
      std::ranges::find_if(places_, [&](const Place& each) { return each.at == at; });
  return known != places_.end() ? *known : places_.emplace_back(Place{.at = at});
}

void EventGrammar::finish_event() {
  filled_ = 0;
  quarter_ += value_at(kTime1Slot);
  now_ = step_;
  ++preparations_;
  switch (static_cast<Kind>(event_[0] - midi_event::kFirstKind)) {
    case Kind::kNote:
      place().free[static_cast<size_t>(value_at(kPitchSlot))] = step_ + 1;
      has_note_ = true;
      break;
    case Kind::kPatch:
    case Kind::kControl:
      place();
      break;
    case Kind::kTempo:
      tempo_at_ = step_;
      seconds_ += static_cast<double>(step_ - tempo_from_) / midi_event::kStepsPerQuarter * 60.0 /
                  plan_.quarters_per_minute;
      tempo_from_ = step_;
      plan_.quarters_per_minute = value_at(kChannelSlot);
      break;
    case Kind::kMetre:
      metre_at_ = step_;
      plan_.bar_begin = step_;
      plan_.bar_steps = (value_at(kChannelSlot) + 1) * 4 * midi_event::kStepsPerQuarter /
                        (2 << value_at(kPitchSlot));
      break;
    case Kind::kKey:
      key_at_ = step_;
      break;
  }
  update_note_from();
}

}  // namespace motet::generate
