// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/event_vocabulary.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "motet/base/error.h"

namespace motet::tokens {
namespace {

constexpr std::array<std::string_view, static_cast<size_t>(EventType::kCount)> kTypeNames = {
    "",
    "Pitch",
    "PitchDrum",
    "NoteOn",
    "NoteOff",
    "DrumOn",
    "DrumOff",
    "PitchIntervalTime",
    "PitchIntervalChord",
    "Velocity",
    "Duration",
    "TimeShift",
    "Rest",
    "Bar",
    "Position",
    "Program",
    "Tempo",
    "TimeSig",
    "KeySig",
    "Pedal",
    "PedalOff",
    "PitchBend",
    "ControlChange",
    "Chord",
    "MicroTiming",
    "Family",
    "Ignore",
    "Track",
    "BarPosEnc",
    "PositionPosEnc",
};

std::optional<int> whole_number(std::string_view text) {
  constexpr int kLargest = 1'000'000;
  int number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = result.ec == std::errc{} && result.ptr == text.data() + text.size();
  return is_whole && std::abs(number) <= kLargest ? std::optional(number) : std::nullopt;
}

/// Two whole numbers with a mark between: "3/4", "-2:1", "64-127".
std::optional<std::array<int, 2>> two_numbers(std::string_view text, char mark) {
  const size_t at = text.find(mark, 1);
  if (at == std::string_view::npos) return std::nullopt;
  const auto first = whole_number(text.substr(0, at));
  const auto second = whole_number(text.substr(at + 1));
  if (!first || !second) return std::nullopt;
  return std::array{*first, *second};
}

/// Where a time value stands in a list, the first of equal ones.
std::optional<int> find_time(const std::vector<TimeValue>& values, std::string_view text) {
  const size_t first = text.find('.');
  const size_t second = text.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  const auto beat = whole_number(text.substr(0, first));
  const auto position = whole_number(text.substr(first + 1, second - first - 1));
  const auto resolution = whole_number(text.substr(second + 1));
  if (!beat || !position || !resolution) return std::nullopt;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] == TimeValue{*beat, *position, *resolution}) return static_cast<int>(i);
  }
  return std::nullopt;
}

std::optional<int> find_tempo(const EventValues& values, std::string_view text) {
  double tempo = 0.0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), tempo);
  if (result.ec != std::errc{}) return std::nullopt;
  constexpr double kHalfHundredth = 0.005;
  for (size_t i = 0; i < values.tempos.size(); ++i) {
    if (std::abs(values.tempos[i] - tempo) < kHalfHundredth) return static_cast<int>(i);
  }
  return std::nullopt;
}

template <typename Range, typename Value>
std::optional<int> place_in(const Range& range, const Value& value) {
  const auto found = std::ranges::find(range, value);
  if (found == range.end()) return std::nullopt;
  return static_cast<int>(found - range.begin());
}

std::optional<int> parse_value(EventType type, std::string_view text, const EventValues& values) {
  switch (type) {
    case EventType::kDuration:
      return find_time(values.durations, text);
    case EventType::kTimeShift: {
      const auto found = find_time(values.durations, text);
      return !found && text == "0.0.1" ? std::optional(kNoTime) : found;
    }
    case EventType::kRest:
      return find_time(values.rests, text);
    case EventType::kTempo:
      return find_tempo(values, text);
    case EventType::kTimeSig: {
      const auto metre = two_numbers(text, '/');
      const bool fits = metre && (*metre)[0] > 0 && (*metre)[0] < 256 && (*metre)[1] > 0 &&
                        (*metre)[1] <= 128 && ((*metre)[1] & ((*metre)[1] - 1)) == 0;
      return fits ? std::optional(metre_value((*metre)[0], (*metre)[1])) : std::nullopt;
    }
    case EventType::kKeySig: {
      const auto key = two_numbers(text, ':');
      const bool fits = key && std::abs((*key)[0]) <= 7 && ((*key)[1] == 0 || (*key)[1] == 1);
      return fits ? std::optional(2 * (*key)[0] + (*key)[1]) : std::nullopt;
    }
    case EventType::kControlChange: {
      const auto control = two_numbers(text, '-');
      const bool fits = control && (*control)[0] >= 0 && (*control)[0] < 128 &&
                        (*control)[1] >= 0 && (*control)[1] < 128;
      return fits ? std::optional(128 * (*control)[0] + (*control)[1]) : std::nullopt;
    }
    case EventType::kChord:
      return place_in(values.chords, text);
    case EventType::kFamily:
      return text == "Metric" ? std::optional(kMetric)
             : text == "Note" ? std::optional(kNote)
                              : std::nullopt;
    case EventType::kTrack:
      return text == "Start" ? std::optional(kTrackStart)
             : text == "End" ? std::optional(kTrackEnd)
                             : std::nullopt;
    default:
      if (text == "None") return kNone;
      if (type == EventType::kBar && text == "End") return kBarEnd;
      return whole_number(text);
  }
}

/// Ranges that a decoder relies on.
bool fits(EventToken token) {
  const auto within = [&](int low, int high) { return token.value >= low && token.value <= high; };
  constexpr int kLast = 127;
  switch (token.type) {
    case EventType::kPitch:
    case EventType::kPitchDrum:
    case EventType::kNoteOn:
    case EventType::kNoteOff:
    case EventType::kDrumOn:
    case EventType::kDrumOff:
    case EventType::kVelocity:
      return within(0, kLast);
    case EventType::kProgram:
    case EventType::kPedal:
    case EventType::kPedalOff:
      return within(-1, kLast);
    case EventType::kPitchIntervalTime:
    case EventType::kPitchIntervalChord:
      return within(-kLast, kLast);
    case EventType::kPitchBend:
      return within(-8192, 8192);
    case EventType::kPosition:
    case EventType::kBarPosEnc:
      return within(0, 1'000'000);
    default:
      return true;
  }
}

EventToken parse(std::string_view name, const EventValues& values) {
  const size_t mark = name.find('_');
  if (mark == std::string_view::npos) return {};
  const auto type = place_in(kTypeNames, name.substr(0, mark));
  if (!type || *type == 0) return {};
  const auto event_type = static_cast<EventType>(*type);
  const auto value = parse_value(event_type, name.substr(mark + 1), values);
  if (!value) return {};
  const EventToken token{event_type, *value};
  return fits(token) ? token : EventToken{};
}

}  // namespace

std::string_view name_of(EventType type) { return kTypeNames[static_cast<size_t>(type)]; }

EventVocabulary::EventVocabulary(const std::vector<std::string>& names, const EventValues& values) {
  for (const std::string& name : names) {
    const auto id = static_cast<TokenId>(names_.size());
    if (!by_name_.emplace(name, id).second) continue;
    names_.push_back(name);
    tokens_.push_back(parse(name, values));
    add_to_index(tokens_.back(), id);
  }
}

void EventVocabulary::add_to_index(EventToken token, TokenId id) {
  if (token.type == EventType::kOther) return;
  Index& index = by_type_[static_cast<size_t>(token.type)];
  if (index.ids.empty()) {
    index.lowest = token.value;
  } else if (token.value < index.lowest) {
    index.ids.insert(index.ids.begin(), static_cast<size_t>(index.lowest - token.value), -1);
    index.lowest = token.value;
  }
  const auto place = static_cast<size_t>(token.value - index.lowest);
  if (place >= index.ids.size()) index.ids.resize(place + 1, -1);
  if (index.ids[place] < 0) index.ids[place] = id;
}

TokenId EventVocabulary::find(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? -1 : found->second;
}

TokenId EventVocabulary::id(EventType type, int value) const {
  const TokenId id = find(type, value);
  if (id >= 0) return id;
  std::string text = std::to_string(value);
  std::string way_out = "the tokenizer's config does not cover this piece";
  if (type == EventType::kTimeSig) {
    text = std::to_string(numerator_of(value)) + "/" + std::to_string(denominator_of(value));
    way_out = "add the metre to time_signature_range";
  } else if (type == EventType::kBar || type == EventType::kBarPosEnc) {
    way_out = "raise max_bar_embedding";
  } else if (type == EventType::kKeySig) {
    way_out = "the file's key signature is none";
  }
  throw Error(ErrorCode::kInvalidArgument, "no token " + std::string(name_of(type)) + "_" + text +
                                               " in the vocabulary; " + way_out);
}

}  // namespace motet::tokens
