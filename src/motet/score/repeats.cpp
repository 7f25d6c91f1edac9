// SPDX-License-Identifier: Apache-2.0
#include "motet/score/repeats.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "motet/base/error.h"

namespace motet {
namespace {

constexpr size_t kMostNotes = 1'000'000;

/// A passage, and where it comes to stand.
struct Placed {
  Ticks begin;
  Ticks end;
  Ticks to;
  int pass = 1;
  bool goes_on = false;  ///< begins where the passage before it ended
  bool is_last = false;  ///< holds what stands at the very end of the score, too

  bool holds(Ticks at) const { return at >= begin && (at < end || is_last); }
  Ticks moved(Ticks at) const { return to + (at - begin); }
};

std::vector<Placed> placed(std::span<const Passage> road, Ticks end_of_score) {
  std::vector<Placed> result;
  Ticks to;
  for (const Passage& passage : road) {
    const bool goes_on = !result.empty() && result.back().end == passage.begin;
    result.push_back({passage.begin, passage.end, to, passage.pass, goes_on, false});
    to += passage.end - passage.begin;
  }
  if (!result.empty()) result.back().is_last = result.back().end == end_of_score;
  return result;
}

/// The events of the passage, at their new places. Of events with the same `key`, the last one
/// before the passage is said again where another one is in force.
template <typename Event, typename KeyOf>
std::vector<Event> with_state(const std::vector<Event>& events, std::span<const Placed> road,
                              const KeyOf& key_of) {
  using Key = decltype(key_of(events[0]));
  const auto says_the_same = [](Event a, const Event& b) {
    a.at = b.at;
    return a == b;
  };
  std::vector<Event> result;
  std::map<Key, Event> in_force;
  for (const Placed& passage : road) {
    std::map<Key, Event> wanted;
    size_t i = 0;
    for (; i < events.size() && events[i].at < passage.begin; ++i) {
      if (!passage.goes_on) wanted.insert_or_assign(key_of(events[i]), events[i]);
    }
    for (size_t k = i; k < events.size() && events[k].at == passage.begin; ++k) {
      wanted.erase(key_of(events[k]));
    }
    for (auto& [key, event] : wanted) {
      const auto before = in_force.find(key);
      if (before != in_force.end() && says_the_same(before->second, event)) continue;
      event.at = passage.to;
      result.push_back(event);
      in_force.insert_or_assign(key, event);
    }
    for (; i < events.size() && passage.holds(events[i].at); ++i) {
      Event event = events[i];
      event.at = passage.moved(event.at);
      const auto before = in_force.find(key_of(event));
      const bool is_known = before != in_force.end() && says_the_same(before->second, event);
      if (is_known && !passage.goes_on && event.at == passage.to) continue;
      in_force.insert_or_assign(key_of(event), event);
      result.push_back(std::move(event));
    }
  }
  return result;
}

template <typename Event>
std::vector<Event> moved_events(const std::vector<Event>& events, std::span<const Placed> road) {
  std::vector<Event> result;
  for (const Placed& passage : road) {
    const auto first = std::ranges::lower_bound(events, passage.begin, {}, &Event::at);
    for (auto each = first; each != events.end() && passage.holds(each->at); ++each) {
      result.push_back(*each);
      result.back().at = passage.moved(each->at);
    }
  }
  return result;
}

/// Plays the notes and heads of one part.
class PartPlayer {
 public:
  PartPlayer(const Part& part, std::span<const Placed> road, uint32_t& next_id)
      : part_(part), road_(road), next_id_(next_id), latest_end_(part.notes.size()) {
    Ticks latest;
    for (size_t i = 0; i < part.notes.size(); ++i) {
      latest = std::max(latest, part.notes[i].onset + part.notes[i].duration);
      latest_end_[i] = latest;
    }
  }

  void play(Part& result) {
    for (const Placed& passage : road_) {
      std::vector<Sounding> over_the_end;
      ids_.clear();
      play_begun_before(passage, result.notes, over_the_end);
      const auto first = std::ranges::lower_bound(part_.notes, passage.begin, {}, &Note::onset);
      for (auto note = first; note != part_.notes.end() && passage.holds(note->onset); ++note) {
        begin(*note, passage, result.notes, over_the_end);
      }
      write(passage, result.written);
      carried_ = std::move(over_the_end);
    }
  }

 private:
  /// A note of the source that sounds on at the end of a passage, and its copy.
  struct Sounding {
    const Note* source;
    size_t copy;
  };

  static Ticks end_in(const Placed& passage, const Note& note) {
    const Ticks end = note.onset + note.duration;
    return passage.is_last ? end : std::min(end, passage.end);
  }

  void play_begun_before(const Placed& passage, std::vector<Note>& notes,
                         std::vector<Sounding>& over_the_end) {
    auto end =
        static_cast<size_t>(std::ranges::lower_bound(part_.notes, passage.begin, {}, &Note::onset) -
                            part_.notes.begin());
    std::vector<const Note*> begun;
    for (size_t i = end; i-- > 0 && latest_end_[i] > passage.begin;) {
      if (part_.notes[i].onset + part_.notes[i].duration > passage.begin) {
        begun.push_back(&part_.notes[i]);
      }
    }
    for (const Note* note : begun) {
      const Ticks end_tick = end_in(passage, *note);
      size_t copy = notes.size();
      const auto carried = std::ranges::find_if(carried_, [&](const Sounding& each) {
        return passage.goes_on ? each.source == note : each.source->pitch == note->pitch;
      });
      if (carried != carried_.end()) {
        copy = carried->copy;
        notes[copy].duration = passage.moved(end_tick) - notes[copy].onset;
      } else {
        add(*note, passage.to, passage.moved(end_tick), notes);
      }
      remember(*note, copy, notes[copy].id, passage, over_the_end);
    }
  }

  void begin(const Note& note, const Placed& passage, std::vector<Note>& notes,
             std::vector<Sounding>& over_the_end) {
    const Ticks end = passage.moved(end_in(passage, note));
    const bool may_be_tied = note.onset == passage.begin && !passage.goes_on;
    const auto carried = std::ranges::find_if(carried_, [&](const Sounding& each) {
      return may_be_tied && each.source->pitch == note.pitch && each.source->voice == note.voice;
    });
    size_t copy = notes.size();
    if (carried != carried_.end()) {
      copy = carried->copy;
      notes[copy].duration = std::max(notes[copy].duration, end - notes[copy].onset);
      carried_.erase(carried);
    } else {
      add(note, passage.moved(note.onset), end, notes);
    }
    remember(note, copy, notes[copy].id, passage, over_the_end);
  }

  void add(const Note& note, Ticks onset, Ticks end, std::vector<Note>& notes) {
    Note& copy = notes.emplace_back(note);
    copy.onset = onset;
    copy.duration = std::max(end - onset, Ticks{1});
    copy.id = {next_id_++};
  }

  void remember(const Note& note, size_t copy, NoteId id, const Placed& passage,
                std::vector<Sounding>& over_the_end) {
    ids_[note.id.value] = id;
    if (note.onset + note.duration > passage.end) over_the_end.push_back({&note, copy});
  }

  void write(const Placed& passage, std::vector<Written>& written) const {
    const auto first = std::ranges::lower_bound(part_.written, passage.begin, {}, &Written::at);
    for (auto head = first; head != part_.written.end() && passage.holds(head->at); ++head) {
      Written copy = *head;
      copy.at = passage.moved(head->at);
      if (!passage.is_last) copy.duration = std::min(copy.duration, passage.end - head->at);
      if (copy.note.value != 0) {
        const auto id = ids_.find(copy.note.value);
        copy.note = id == ids_.end() ? NoteId{} : id->second;
      }
      written.push_back(copy);
    }
  }

  const Part& part_;
  std::span<const Placed> road_;
  uint32_t& next_id_;
  std::vector<Ticks> latest_end_;  ///< of all notes up to this one
  std::vector<Sounding> carried_;
  std::map<uint32_t, NoteId> ids_;  ///< of this passage: from the source's to the copy's
};

/// Which verses are sung where: by the stretches between all beginnings and ends of passages.
class Verses {
 public:
  Verses(const std::vector<Lyric>& lyrics, std::span<const Placed> road) {
    for (const Placed& passage : road) {
      cuts_.push_back(passage.begin);
      cuts_.push_back(passage.end);
    }
    std::ranges::sort(cuts_);
    cuts_.erase(std::unique(cuts_.begin(), cuts_.end()), cuts_.end());
    visits_.resize(cuts_.size() + 1);
    verses_.resize(cuts_.size() + 1);
    for (const Placed& passage : road) {
      for (size_t i = place(passage.begin); i < place(passage.end); ++i) ++visits_[i];
    }
    for (const Lyric& lyric : lyrics) {
      int& most = verses_[place(lyric.at)];
      most = std::max<int>(most, lyric.verse);
    }
    seen_.resize(cuts_.size() + 1);
  }

  void enter(const Placed& passage) {
    for (size_t i = place(passage.begin); i < place(passage.end); ++i) ++seen_[i];
  }

  /// The verse as which the lyric is sung in the passage that was entered last; 0 for not at all.
  int sung(const Lyric& lyric, const Placed& passage) const {
    const size_t at = place(lyric.at);
    if (verses_[at] <= 1) return lyric.verse;
    if (visits_[at] <= 1) return passage.pass > 1 && lyric.verse == passage.pass ? 1 : lyric.verse;
    const int rounds = std::min(visits_[at], verses_[at]);
    if ((lyric.verse - 1) % rounds != (seen_[at] - 1) % rounds) return 0;
    return (lyric.verse - 1) / rounds + 1;
  }

 private:
  size_t place(Ticks at) const {
    return static_cast<size_t>(std::ranges::upper_bound(cuts_, at) - cuts_.begin());
  }

  std::vector<Ticks> cuts_;
  std::vector<int> visits_;
  std::vector<int> verses_;
  std::vector<int> seen_;
};

std::vector<Lyric> sung_lyrics(const std::vector<Lyric>& lyrics, std::span<const Placed> road) {
  std::vector<Lyric> result;
  if (lyrics.empty()) return result;
  Verses verses(lyrics, road);
  for (const Placed& passage : road) {
    verses.enter(passage);
    const auto first = std::ranges::lower_bound(lyrics, passage.begin, {}, &Lyric::at);
    for (auto lyric = first; lyric != lyrics.end() && passage.holds(lyric->at); ++lyric) {
      const int verse = verses.sung(*lyric, passage);
      if (verse == 0) continue;
      result.push_back(*lyric);
      result.back().at = passage.moved(lyric->at);
      result.back().verse = static_cast<uint8_t>(verse);
    }
  }
  return result;
}

/// The metre changes that put every bar line where the road passes one.
std::vector<MetreChange> moved_metres(const Score& score, std::span<const Placed> road) {
  const std::vector<Bar> bars = bars_of(score);
  std::vector<MetreChange> result;
  MetreChange now;  // 4/4 until something else is said
  Ticks expected;
  const int64_t whole = int64_t{4} * score.ticks_per_quarter;
  for (const Placed& passage : road) {
    const auto first = std::ranges::lower_bound(bars, passage.begin, {}, &Bar::begin);
    for (auto bar = first; bar != bars.end() && passage.holds(bar->begin); ++bar) {
      const Ticks at = passage.moved(bar->begin);
      const auto said = std::ranges::lower_bound(score.metres, bar->begin, {}, &MetreChange::at);
      const bool is_said = said != score.metres.end() && said->at == bar->begin;
      const bool is_same = bar->numerator == now.numerator && bar->denominator == now.denominator;
      const bool is_first = result.empty() && is_said;
      if (!is_same || at != expected || is_first) {
        const bool is_hidden = is_said ? said->is_hidden : is_same;
        now = {at, bar->numerator, bar->denominator, is_hidden && !is_first};
        result.push_back(now);
      }
      expected = at + Ticks{std::max<int64_t>(1, whole * bar->numerator / bar->denominator)};
    }
  }
  return result;
}

bool sends_somewhere(const Barline& bar) {
  switch (bar.kind) {
    case BarlineKind::kDouble:
    case BarlineKind::kFinal:
    case BarlineKind::kDashed:
    case BarlineKind::kInvisible:
      return false;
    default:
      return true;
  }
}

void play_part(const Part& part, std::span<const Placed> road, uint32_t& next_id, Part& result) {
  result.notes.clear();
  result.written.clear();
  PartPlayer(part, road, next_id).play(result);
  result.controls = with_state(part.controls, road, [](const Control& control) {
    return std::tuple(control.kind, control.number);
  });
  result.clefs = with_state(part.clefs, road, [](const Clef& clef) { return clef.staff; });
  result.lyrics = sung_lyrics(part.lyrics, road);
  result.raw = moved_events(part.raw, road);
  result.directions = moved_events(part.directions, road);
}

void require_playable(const Score& score, std::span<const Placed> road) {
  size_t count = 0;
  for (const Part& part : score.parts) {
    for (const Placed& passage : road) {
      const auto first = std::ranges::lower_bound(part.notes, passage.begin, {}, &Note::onset);
      const auto end = std::ranges::lower_bound(part.notes, passage.end, {}, &Note::onset);
      count += static_cast<size_t>(end - first);
    }
  }
  if (count > std::max(kMostNotes, count_notes(score))) {
    throw Error(ErrorCode::kInvalidFile,
                "score: expected at most a million notes once repeats are played, found " +
                    std::to_string(count));
  }
}

}  // namespace

Score played(const Score& score, std::span<const Passage> passages) {
  const std::vector<Placed> road = placed(passages, end_of_page(score));
  require_playable(score, road);
  const auto always = [](const auto&) { return 0; };
  Score result = score;
  result.tempos = with_state(score.tempos, road, always);
  result.keys = with_state(score.keys, road, always);
  result.metres = moved_metres(score, road);
  result.chords = moved_events(score.chords, road);
  result.markers = moved_events(score.markers, road);
  std::vector<Barline> strokes = score.barlines;
  std::erase_if(strokes, sends_somewhere);
  result.barlines = moved_events(strokes, road);
  uint32_t next_id = 1;
  for (size_t i = 0; i < score.parts.size(); ++i) {
    play_part(score.parts[i], road, next_id, result.parts[i]);
  }
  sort_events(result);
  return result;
}

Score unfolded(const Score& score) {
  const bool is_straight = std::ranges::none_of(score.barlines, sends_somewhere);
  if (is_straight) return score;
  return played(score, road_of(score));
}

}  // namespace motet
