// SPDX-License-Identifier: Apache-2.0
#include "motet/score/kern_columns.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

#include "motet/base/error.h"
#include "motet/score/kern_token.h"
#include "motet/score/kern_values.h"

namespace motet::kern {
namespace {

bool is_free(const Lane& lane, Ticks at) {
  return lane.events.empty() || lane.events.back().end <= at;
}

void require_lane(size_t index) {
  constexpr size_t kMostLanes = 60;  // as many as read_kern takes
  if (index >= kMostLanes) {
    throw Error(ErrorCode::kInvalidArgument,
                "kern: expected at most " + std::to_string(kMostLanes) +
                    " voices on a staff at once, found more; another format can hold them");
  }
}

/// The lane that the voice has by right, or the next that is free.
Lane& lane_for(std::vector<Lane>& lanes, size_t wanted, Ticks at) {
  while (wanted < lanes.size() && !is_free(lanes[wanted], at)) ++wanted;
  require_lane(wanted);
  if (wanted >= lanes.size()) lanes.resize(wanted + 1);
  return lanes[wanted];
}

void add_grace(Lane& lane, const Written& head) {
  Graces& graces = lane.graces[head.at];
  if (graces.empty() || !head.has(kChord)) graces.emplace_back();
  graces.back().push_back(&head);
}

/// Puts an invisible rest into `lane` wherever an event of `above` has nothing beside it.
void keep_going(Lane& lane, const Lane& above) {
  std::vector<Event> merged;
  auto next = lane.events.begin();
  for (const Event& event : above.events) {
    for (; next != lane.events.end() && next->at <= event.at; ++next) {
      merged.push_back(std::move(*next));
    }
    if (!merged.empty() && merged.back().end > event.at) continue;
    const Ticks end = next == lane.events.end() ? event.end : std::min(event.end, next->at);
    merged.push_back({event.at, end, {}});
  }
  std::move(next, lane.events.end(), std::back_inserter(merged));
  lane.events = std::move(merged);
}

/// The end of the bar that holds `at`, or of everything where none does.
Ticks bar_end(const std::vector<Bar>& bars, Ticks at, Ticks otherwise) {
  const auto after = std::ranges::upper_bound(bars, at, {}, &Bar::begin);
  if (after == bars.begin()) return otherwise;
  const Bar& bar = *std::prev(after);
  return std::max(bar.begin + bar.length, at + Ticks{1});
}

/// Puts invisible rests into the first lane wherever it is silent before the last event of its
/// staff begins, or before a grace note of its own: a spine of kern has no other way to say that
/// time passes.
void fill_first(std::vector<Lane>& lanes, const std::vector<Bar>& bars) {
  Ticks last;
  for (const Lane& lane : lanes) {
    if (!lane.events.empty()) last = std::max(last, lane.events.back().at);
  }
  if (!lanes[0].graces.empty()) last = std::max(last, lanes[0].graces.rbegin()->first);
  std::vector<Event> filled;
  Ticks now;
  const auto rest_until = [&](Ticks end) {
    while (now < end) {
      const Ticks stop = std::min(end, bar_end(bars, now, end));
      filled.push_back({now, stop, {}});
      now = stop;
    }
  };
  for (Event& event : lanes[0].events) {
    rest_until(event.at);
    now = event.end;
    filled.push_back(std::move(event));
  }
  rest_until(last);
  lanes[0].events = std::move(filled);
}

std::vector<Lane> lanes_of_staff(const Part& part, uint8_t staff, const std::vector<Bar>& bars) {
  std::set<uint8_t> voices;
  for (const Written& head : part.written) {
    if (head.staff == staff) voices.insert(head.voice);
  }
  std::vector<Lane> lanes(std::max<size_t>(1, voices.size()));
  const auto rank = [&](uint8_t voice) {
    return static_cast<size_t>(std::distance(voices.begin(), voices.find(voice)));
  };
  const Written* before = nullptr;
  Lane* lane_before = nullptr;
  for (const Written& head : part.written) {
    if (head.staff != staff) continue;
    if (head.has(kGrace)) {
      add_grace(lanes[rank(head.voice)], head);
      continue;
    }
    const bool is_silent_cue = head.has(kCue) && !head.has(kRest);  // it would sound in kern
    if (head.duration.value <= 0 || is_silent_cue) continue;
    const bool is_chord = before != nullptr && before->at == head.at &&
                          before->voice == head.voice && before->duration == head.duration &&
                          !head.has(kRest) && !before->has(kRest);
    Lane& lane = is_chord ? *lane_before : lane_for(lanes, rank(head.voice), head.at);
    if (is_chord) {
      lane.events.back().heads.push_back(&head);
    } else {
      lane.events.push_back({head.at, head.at + head.duration, {&head}});
    }
    before = &head;
    lane_before = &lane;
  }
  fill_first(lanes, bars);
  for (size_t high = 2; high < lanes.size(); ++high) {
    for (size_t low = 1; low < high; ++low) {
      keep_going(lanes[low], lanes[high]);
    }
  }
  return lanes;
}

}  // namespace

std::vector<std::vector<Lane>> lanes_of(const Part& part, const std::vector<Bar>& bars) {
  std::vector<std::vector<Lane>> staves;
  for (uint8_t staff = 0; staff < std::max<uint8_t>(1, part.staves); ++staff) {
    staves.push_back(lanes_of_staff(part, staff, bars));
  }
  return staves;
}

std::vector<Written> simply_written(const Part& part, const std::vector<Bar>& bars,
                                    int ticks_per_quarter, int key_fifths) {
  std::vector<const Note*> notes;
  for (const Note& note : part.notes) notes.push_back(&note);
  std::ranges::stable_sort(notes, [](const Note* a, const Note* b) {
    return std::tie(a->onset, a->voice, a->duration) < std::tie(b->onset, b->voice, b->duration);
  });
  std::vector<std::pair<Ticks, Ticks>> voices;  // the last chord of each: begin and end
  std::vector<Written> written;
  for (const Note* note : notes) {
    const Ticks end = note->onset + note->duration;
    size_t voice = 0;
    const auto fits = [&](const std::pair<Ticks, Ticks>& last) {
      return last.second <= note->onset || last == std::pair(note->onset, end);
    };
    while (voice < voices.size() && !fits(voices[voice])) ++voice;
    if (voice == voices.size()) {
      require_lane(voice);
      voices.emplace_back();
    }
    voices[voice] = {note->onset, end};
    for (Ticks at = note->onset; at < end;) {
      const Ticks stop = std::min(end, bar_end(bars, at, end));
      const Value value = value_of(reduced((stop - at).value, int64_t{4} * ticks_per_quarter));
      Written head;
      head.at = at;
      head.duration = stop - at;
      head.note = note->id;
      head.pitch = note->pitch;
      head.spelling =
          note->spelling == kUnspelled ? spelling_in(note->pitch, key_fifths) : note->spelling;
      head.voice = static_cast<uint8_t>(voice);
      head.value = value.value;
      head.dots = value.dots;
      head.actual = value.actual;
      head.normal = value.normal;
      if (value.is_guess) head.marks |= kUntypedValue;
      written.push_back(head);
      at = stop;
    }
  }
  std::ranges::stable_sort(written, [](const Written& a, const Written& b) {
    return std::tie(a.at, a.voice) < std::tie(b.at, b.voice);
  });
  return written;
}

}  // namespace motet::kern
