// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/event_session.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "motet/base/error.h"
#include "motet/generate/draw.h"
#include "motet/generate/group_reader.h"

namespace motet::generate {
namespace {

namespace midi_event = tokens::midi_event;
using tokens::MidiEvent;

constexpr int64_t kIdsOfEvent = midi_event::kWidth;
constexpr size_t kTime1 = 1, kTime2 = 2, kTrack = 3, kChannel = 4, kPitch = 5, kLength = 7;

bool is_of_kind(const MidiEvent& event, midi_event::Kind kind) {
  return event[0] == midi_event::kFirstKind + kind;
}

/// The last program, tempo, metre and key of each place among these events, all at time 0.
std::vector<MidiEvent> setup_of(std::span<const MidiEvent> events) {
  std::map<std::tuple<int32_t, int32_t, int32_t>, MidiEvent> last;
  for (MidiEvent event : events) {
    if (event[0] < midi_event::kFirstKind || is_of_kind(event, midi_event::kNote) ||
        is_of_kind(event, midi_event::kControl)) {
      continue;
    }
    event[kTime1] = midi_event::kTime1.first;
    event[kTime2] = midi_event::kTime2.first;
    const int32_t channel = is_of_kind(event, midi_event::kPatch) ? event[kChannel] : 0;
    last[{event[0], event[kTrack], channel}] = event;
  }
  std::vector<MidiEvent> setup;
  for (const auto& [place, event] : last) setup.push_back(event);
  return setup;
}

/// The latest events that fit into half of the positions, behind what was set up before them.
std::vector<int32_t> context_of(std::span<const MidiEvent> history, int64_t positions) {
  std::vector<MidiEvent> context(history.begin(), history.end());
  const auto room = static_cast<size_t>(positions / 2);
  if (context.size() > room) {
    for (size_t kept = room; true; kept /= 2) {
      const auto latest = history.last(kept);
      context = setup_of(history.first(history.size() - kept));
      MidiEvent begin{};
      begin[0] = midi_event::kBegin;
      context.insert(context.begin(), begin);
      context.insert(context.end(), latest.begin(), latest.end());
      if (context.size() + 1 < static_cast<size_t>(positions)) break;
      if (kept == 0) {
        throw Error(ErrorCode::kInvalidArgument,
                    "this model has " + std::to_string(positions) +
                        " positions, too few for the parts of this piece");
      }
    }
  }
  std::vector<int32_t> ids;
  for (const MidiEvent& event : context) ids.insert(ids.end(), event.begin(), event.end());
  return ids;
}

/// A pitch that is struck while it sounds ends where it is struck.
class EventCutter {
 public:
  /// step  at which the event stands, the last of `events`
  void take(std::vector<MidiEvent>& events, int64_t step) {
    const MidiEvent& event = events.back();
    if (!is_of_kind(event, midi_event::kNote)) return;
    const auto [found, is_first] = last_.try_emplace(
        {event[kTrack], event[kChannel], event[kPitch]}, Struck{events.size() - 1, step});
    if (is_first) return;
    int32_t& length = events[found->second.index][kLength];
    const int64_t most = midi_event::kDuration.first + step - found->second.step;
    length = static_cast<int32_t>(std::min<int64_t>(length, most));
    found->second = {events.size() - 1, step};
  }

 private:
  struct Struck {
    size_t index;
    int64_t step;
  };
  std::map<std::tuple<int32_t, int32_t, int32_t>, Struck> last_;
};

/// Draws one event; false where the piece is over instead.
bool write_event(EventGrammar& grammar, GroupReader& reader, Drawer& drawer) {
  std::vector<int32_t> candidates;
  do {
    grammar.allow(candidates);
    if (candidates.empty()) return false;
    int32_t id = candidates.front();
    if (candidates.size() > 1) id = drawer.among(reader.logits(), candidates);
    reader.push(id);
    grammar.accept(id);
    if (grammar.ended()) return false;
  } while (!grammar.is_between_events());
  reader.end_group();
  return true;
}

}  // namespace

EventResult write_events(const EventPlan& plan, const models::Checkpoint& model, nn::Backend& on,
                         const SamplingConfig& sampling, uint64_t seed, const Progress& progress) {
  Drawer drawer(sampling, seed);
  EventGrammar grammar(plan);
  GroupReader reader(model, on);
  EventCutter cutter;
  EventResult result;
  std::vector<MidiEvent> history = plan.given;
  reader.restart(context_of(history, reader.limit()));
  while (true) {
    result.stopped = progress.stop_requested();  // once there is a note
    const bool is_enough = drawer.count() + kIdsOfEvent > plan.most_tokens;
    if ((result.stopped || is_enough) && grammar.may_end()) break;
    if (reader.length() >= reader.limit()) reader.restart(context_of(history, reader.limit()));
    if (!write_event(grammar, reader, drawer)) break;
    history.push_back(grammar.event());
    result.events.push_back(grammar.event());
    cutter.take(result.events, grammar.step());
    progress.report({"composing", drawer.count(), plan.most_tokens, "tokens"});
  }
  result.tokens = drawer.count();
  return result;
}

}  // namespace motet::generate
