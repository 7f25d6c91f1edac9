// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "motet/tokens/event_values.h"
#include "motet/tokens/vocabulary.h"

namespace motet::tokens {

/// What an event token speaks of: the part of its name before the first "_".
enum class EventType : uint8_t {
  kOther,  ///< special tokens and attribute controls: known by name only
  kPitch,
  kPitchDrum,
  kNoteOn,
  kNoteOff,
  kDrumOn,
  kDrumOff,
  kPitchIntervalTime,
  kPitchIntervalChord,
  kVelocity,
  kDuration,   ///< value: an index into EventValues::durations
  kTimeShift,  ///< the same; kNoTime for "0.0.1" of Structured
  kRest,       ///< value: an index into EventValues::rests
  kBar,        ///< value: a number, kNone or kBarEnd
  kPosition,
  kProgram,        ///< -1 is drums
  kTempo,          ///< value: an index into EventValues::tempos
  kTimeSig,        ///< value: numerator << 8 | denominator
  kKeySig,         ///< value: 2 * fifths, + 1 when minor
  kPedal,          ///< value: a program
  kPedalOff,       ///< value: a program
  kPitchBend,      ///< -8192..8191
  kControlChange,  ///< value: 128 * number + value
  kChord,          ///< value: an index into EventValues::chords
  kMicroTiming,    ///< ticks
  kFamily,         ///< kMetric or kNote
  kIgnore,         ///< kNone
  kTrack,          ///< kTrackStart or kTrackEnd
  kBarPosEnc,
  kPositionPosEnc,  ///< a number or kNone
  kCount,
};

constexpr int kNone = -1;  ///< "None"
constexpr int kBarEnd = -2;
constexpr int kNoTime = -1;
constexpr int kMetric = 0;
constexpr int kNote = 1;
constexpr int kTrackStart = 0;
constexpr int kTrackEnd = 1;

constexpr int metre_value(int numerator, int denominator) { return numerator << 8 | denominator; }
constexpr int numerator_of(int value) { return value >> 8; }
constexpr int denominator_of(int value) { return value & 0xFF; }

struct EventToken {
  EventType type = EventType::kOther;
  int value = kNone;
  bool operator==(const EventToken&) const = default;
};

/// Names, ids and meanings of event tokens; id = place in the list of names.
class EventVocabulary {
 public:
  /// A name that is there already is left out. What a name means depends on the values.
  EventVocabulary(const std::vector<std::string>& names, const EventValues& values);

  size_t size() const { return names_.size(); }
  const std::vector<std::string>& names() const { return names_; }
  const std::string& name(TokenId id) const { return names_[static_cast<size_t>(id)]; }
  EventToken token(TokenId id) const { return tokens_[static_cast<size_t>(id)]; }
  bool has(TokenId id) const { return id >= 0 && static_cast<size_t>(id) < names_.size(); }

  /// -1 when there is none.
  TokenId find(EventType type, int value) const {
    const Index& index = by_type_[static_cast<size_t>(type)];
    const int64_t at = int64_t{value} - index.lowest;
    return at >= 0 && at < static_cast<int64_t>(index.ids.size())
               ? index.ids[static_cast<size_t>(at)]
               : -1;
  }
  TokenId find(std::string_view name) const;
  /// As find. Throws Error(kInvalidArgument) that names the token and what to change.
  TokenId id(EventType type, int value) const;

 private:
  struct Index {
    int lowest = 0;
    std::vector<TokenId> ids;
  };
  void add_to_index(EventToken token, TokenId id);

  std::vector<std::string> names_;
  std::vector<EventToken> tokens_;
  std::unordered_map<std::string, TokenId> by_name_;
  std::array<Index, static_cast<size_t>(EventType::kCount)> by_type_;
};

/// "Pitch", "TimeSig" ...
std::string_view name_of(EventType type);

/// The places in a bar that PerTok's Position tokens name, in ticks: 0, then ascending.
std::vector<int> pertok_positions(const EventValues& values);

/// The names of the base vocabulary, as MidiTok lists them: one list, or one for each place of a
/// compound token. Throws Error(kInvalidFile) when they would be more than a million.
std::vector<std::vector<std::string>> vocabulary_names(const EventConfig& config,
                                                       Tokenization tokenization,
                                                       const EventValues& values);

}  // namespace motet::tokens
