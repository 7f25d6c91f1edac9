// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "motet/tokens/midi_events.h"

namespace motet::generate {

/// What is to be written as MIDI events. Steps are sixteenths of a quarter from the beginning.
struct EventPlan {
  std::vector<tokens::MidiEvent> given = {};          ///< kBegin first, kEnd not
  int64_t quarter = 0;                                ///< whole quarter of the last given event
  int64_t begin = 0;                                  ///< no written event stands before it
  int64_t end = std::numeric_limits<int64_t>::max();  ///< nor here or later; above begin
  /// Nor later than this behind `begin`.
  double seconds = std::numeric_limits<double>::infinity();
  double quarters_per_minute = 120.0;  ///< at `begin`
  int64_t bar_begin = 0;               ///< a bar line, and the length of the bar behind it
  int64_t bar_steps = 4 * tokens::midi_event::kStepsPerQuarter;
  std::vector<tokens::EventPlace> places = {};  ///< that may play; none: any, a track a channel
  bool may_change_programs = true;
  bool may_change_tempo = true;
  bool may_change_metre = true;
  bool may_change_key = true;
  /// The first step at which a given note of this place and pitch is over.
  std::map<std::pair<tokens::EventPlace, int>, int64_t> sounding = {};
  int64_t most_tokens = 0;  ///< drawn, at most; at least one note is written all the same
};

/// Says which id may come next within an event. Whatever is drawn from what it allows:
///
/// - every event is whole, and its parameters are those of its kind;
/// - time never goes back; tempo, metre and key change once at a step, the latter two at bar lines;
/// - a pitch that is given to sound is not struck again before its end, nor one twice at a step;
/// - there are no more places than MIDI has channels; none changes its program where the plan says.
///
/// The piece is over with kEnd, with an event beyond the end, or where nothing may come.
class EventGrammar {
 public:
  explicit EventGrammar(const EventPlan& plan);

  /// Ascending; none: the piece is over.
  void allow(std::vector<int32_t>& ids) const;
  /// Takes one that was allowed.
  void accept(int32_t id);

  /// Whether an event is whole, and the next one begins.
  bool is_between_events() const noexcept { return filled_ == 0; }
  /// The last whole event, with zeros behind its parameters.
  const tokens::MidiEvent& event() const noexcept { return event_; }
  int64_t step() const noexcept { return now_; }  ///< at which it stands
  bool ended() const noexcept { return ended_; }
  bool may_end() const noexcept { return has_note_; }

 private:
  using Kind = tokens::midi_event::Kind;
  static constexpr int kPitches = 128;
  struct Place {
    tokens::EventPlace at;
    std::array<int64_t, kPitches> free{};  // from which step on a pitch may be struck
  };

  bool may_be(Kind kind) const;
  bool may_stand(int64_t step) const;  // the event that is begun
  bool may_stand(Kind kind, int64_t step) const;
  bool is_beyond(int64_t step) const;
  bool is_bar_line(int64_t step) const;
  int64_t first_free(const Place& place) const;
  bool may_open() const;
  bool is_channel_open(int channel) const;
  bool may_use(const Place& place) const;
  void allow_kinds(std::vector<int32_t>& ids) const;
  void allow_tracks(std::vector<int32_t>& ids) const;
  void allow_channels(std::vector<int32_t>& ids) const;
  void allow_value(const tokens::midi_event::Parameter& parameter, std::vector<int32_t>& ids) const;
  bool is_meta() const;
  int value_at(size_t slot) const;
  Place& place();
  void finish_event();
  void update_note_from();

  EventPlan plan_;
  std::vector<Place> places_;
  bool is_open_;  // further places may come

  tokens::MidiEvent event_{};
  size_t filled_ = 0;  // of event_
  int64_t quarter_;
  int64_t now_;
  int64_t step_ = 0;       // of the event that is begun
  int64_t note_from_ = 0;  // the first step at which any pitch is free
  int64_t tempo_at_ = -1;
  int64_t metre_at_ = -1;
  int64_t key_at_ = -1;
  int64_t tempo_from_;
  double seconds_ = 0.0;  // from begin to tempo_from_
  int preparations_ = 0;
  bool has_note_ = false;
  bool ended_ = false;
};

}  // namespace motet::generate
