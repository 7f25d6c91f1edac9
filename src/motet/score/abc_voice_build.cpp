// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_voice_build.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "motet/base/error.h"
#include "motet/score/note_value.h"

namespace motet::abc {
namespace {

constexpr int64_t kLongestTune = 10'000 * kWhole;
/// Of all voices. Real tunes have thousands; "Z12000|" in 1/128 would write millions in a few
/// bytes.
constexpr size_t kMostHeads = 1'000'000;

std::string text_of_endings(uint64_t endings) {
  std::string text;
  for (int ending = 1; ending < 64; ++ending) {
    if ((endings >> ending & 1U) == 0) continue;
    text += (text.empty() ? "" : ",") + std::to_string(ending);
  }
  return text;
}

/// Lengths that are no whole number of units are rounded, so that a tick lies between neighbours.
bool touches(int64_t end, int64_t begin) { return std::abs(end - begin) <= kUnitsPerTick; }

}  // namespace

Ticks to_ticks(int64_t units) { return {(units + kUnitsPerTick / 2) / kUnitsPerTick}; }

Part VoiceBuilder::build() {
  part_.name = voice_.name.empty() ? voice_.id : voice_.name;
  part_.short_name = voice_.short_name;
  part_.program = static_cast<uint8_t>(voice_.program);
  part_.is_drums = voice_.is_drums;
  part_.transposition = voice_.transposition;
  size_t heads_before = 0;
  for (const Part& part : score_.parts) heads_before += part.written.size();
  for (const Item& item : voice_.items) {
    add(item);
    if (heads_before + part_.written.size() > kMostHeads) {
      throw Error(ErrorCode::kInvalidFile, "expected at most " + std::to_string(kMostHeads) +
                                               " notes and rests in a tune, found more");
    }
    if (now_ > kLongestTune) {
      throw Error(ErrorCode::kInvalidFile, "expected at most 10000 whole notes, found more");
    }
  }
  now_ = std::max(now_, overlay_end_);
  end_ending(BarlineKind::kEndingOpen, end());
  for (Barline& sign : std::exchange(signs_, {})) {
    sign.at = end();
    barlines_.push_back(sign);
  }
  bars_.push_back(end());
  give_voices_to_others();
  join_ties_that_wait();
  return std::move(part_);
}

void VoiceBuilder::add(const Item& item) {
  const Ticks at = to_ticks(now_);
  switch (item.kind) {
    case Item::Kind::kNotes:
      return item.heads.empty() ? add_rest(item) : add_notes(item);
    case Item::Kind::kBar:
      return pass_bar(item.bar);
    case Item::Kind::kOverlay:
      overlay_end_ = std::max(overlay_end_, now_);
      now_ = bar_begin_;
      most_layers_ = std::max(most_layers_, ++layer_);
      return;
    case Item::Kind::kKey:
      score_.keys.push_back({at, item.key.fifths, item.key.mode});
      return;
    case Item::Kind::kMetre:
      score_.metres.push_back({at, item.metre.numerator, item.metre.denominator});
      return;
    case Item::Kind::kTempo:
      score_.tempos.push_back({at, item.tempo});
      return;
    case Item::Kind::kChord:
      score_.chords.push_back({at, item.text});
      return;
    case Item::Kind::kDirection:
      part_.directions.push_back({at, item.direction, item.text, 0});
      return;
    case Item::Kind::kSign:
      return add_sign(item);
    case Item::Kind::kSection:
      sections_.push_back({at, item.text});
      return;
    case Item::Kind::kClef:
      part_.clefs.push_back(item.clef);
      part_.clefs.back().at = at;
      return;
    case Item::Kind::kProgram:
      part_.controls.push_back({at, ControlKind::kProgram, 0, static_cast<int16_t>(item.program)});
  }
}

/// A segno or coda stands where one goes on; the others at the end of the bar that they close.
void VoiceBuilder::add_sign(const Item& item) {
  const Barline sign{to_ticks(now_), item.sign, item.text, 2};
  const bool begins = item.sign == BarlineKind::kSegno || item.sign == BarlineKind::kCoda;
  (begins ? barlines_ : signs_).push_back(sign);
}

void VoiceBuilder::pass_bar(const BarLine& bar) {
  now_ = std::max(now_, overlay_end_);
  bar_begin_ = now_;
  layer_ = 0;
  const Ticks at = to_ticks(now_);
  if (at > Ticks{} && (bars_.empty() || bars_.back() != at)) bars_.push_back(at);
  add_barlines(bar, at);
}

void VoiceBuilder::end_ending(BarlineKind how, Ticks at) {
  if (std::exchange(in_ending_, false)) barlines_.push_back({at, how, "", 2});
}

void VoiceBuilder::add_barlines(const BarLine& bar, Ticks at) {
  const auto add = [&](BarlineKind kind, const std::string& text = "") {
    barlines_.push_back({at, kind, text, static_cast<uint8_t>(bar.times)});
  };
  if (bar.ends_repeat || bar.is_double) end_ending(BarlineKind::kEndingEnd, at);
  if (bar.begins_repeat || bar.endings != 0) end_ending(BarlineKind::kEndingOpen, at);
  if (bar.ends_repeat) add(BarlineKind::kRepeatEnd);
  const bool is_plain = !bar.ends_repeat && !bar.begins_repeat;
  if (bar.is_double && is_plain) add(bar.is_final ? BarlineKind::kFinal : BarlineKind::kDouble);
  for (Barline& sign : std::exchange(signs_, {})) {
    sign.at = at;
    barlines_.push_back(sign);
  }
  if (bar.begins_repeat) add(BarlineKind::kRepeatBegin);
  if (bar.endings != 0) {
    add(BarlineKind::kEndingBegin, text_of_endings(bar.endings));
    in_ending_ = true;
  }
}

void VoiceBuilder::add_rest(const Item& item) {
  for (int bar = 0; bar < item.bars; ++bar) {
    Item one;
    one.length = one.written = item.length / item.bars;
    one.marks = item.marks | kWholeBar;
    write(one, {60, kUnspelled, one.length, one.length, false}, {}, one.marks);
    now_ += one.length;
    const Ticks at = to_ticks(now_);
    if (bar + 1 < item.bars) bars_.push_back(at);
  }
  if (item.bars > 0) return;
  write(item, {60, kUnspelled, item.length, item.written, false}, {}, item.marks);
  now_ += item.length;
}

/// Grace notes take their time from the beginning of the note.
int64_t VoiceBuilder::add_graces(const Item& item) {
  constexpr int64_t kShare = 4;
  int64_t written = 0;
  for (const Head& grace : item.graces) written += grace.length;
  if (written == 0 || item.heads.empty()) return 0;
  const int64_t room = item.length / kShare;
  int64_t at = 0;
  Item look;
  look.marks = kGrace | (item.is_slashed ? uint32_t{kSlashed} : 0U);
  for (const Head& grace : item.graces) {
    const int64_t length = std::max<int64_t>(1, room * grace.length / written);
    const auto voice = static_cast<uint8_t>(std::min(layer_, 255));
    const NoteId id = add_note(now_ + at, now_ + at + length, grace, item.velocity, voice);
    write(look, {grace.pitch, grace.spelling, 0, grace.written, false}, id, look.marks);
    at += length;
  }
  return std::min(at, item.length);
}

NoteId VoiceBuilder::add_note(int64_t begin, int64_t end, const Head& head, uint8_t velocity,
                              uint8_t voice) {
  const Ticks onset = to_ticks(begin);
  part_.notes.push_back({.onset = onset,
                         .duration = std::max(to_ticks(end) - onset, Ticks{1}),
                         .pitch = static_cast<uint8_t>(head.pitch),
                         .velocity = velocity,
                         .voice = voice,
                         .spelling = head.spelling,
                         .id = {next_id_++}});
  return part_.notes.back().id;
}

/// One head or rest, or several tied ones where no note value is as long.
void VoiceBuilder::write(const Item& item, const Head& head, NoteId note, uint32_t marks) {
  std::vector<NoteValue> values = note_values_of(head.written, kWhole);
  int64_t said = 0;
  for (const NoteValue& value : values) said += length_of(value, kWhole);
  const bool is_typed = !values.empty() && said == head.written;
  if (values.empty()) values.push_back({10, 0});
  // A grace note is one head; so is a length that no note values add up to.
  if (!is_typed || head.length == 0) values.resize(1);
  int64_t at = now_;
  const int64_t end = now_ + head.length;
  for (size_t i = 0; i < values.size(); ++i) {
    const bool is_last = i + 1 == values.size();
    const int64_t length = length_of(values[i], kWhole) * item.normal / item.actual;
    const int64_t next = head.length == 0 ? at : is_last ? end : std::min(end, at + length);
    Written written;
    written.at = to_ticks(at);
    written.duration = to_ticks(next) - to_ticks(at);
    at = next;
    if (head.length > 0 && written.duration == Ticks{}) continue;  // a piece too short to be drawn
    written.note = note;
    written.pitch = static_cast<uint8_t>(head.pitch);
    written.spelling = head.spelling;
    written.voice = static_cast<uint8_t>(std::min(layer_, 255));
    written.value = values[i].value;
    written.dots = values[i].dots;
    written.marks = marks;
    if (is_typed) {
      written.actual = item.actual;
      written.normal = item.normal;
    } else {
      written.marks = (marks | kUntypedValue) & ~uint32_t{kTupletBegin | kTupletEnd};
    }
    if (i > 0) written.marks &= ~(uint32_t{kTupletBegin} | kSlurBegin);
    if (!is_last) written.marks &= ~(uint32_t{kTupletEnd} | kSlurEnd);
    part_.written.push_back(written);
  }
}

void VoiceBuilder::add_lyrics(const Item& item) {
  for (const Syllable& syllable : item.syllables) {
    part_.lyrics.push_back({to_ticks(now_), syllable.text,
                            static_cast<uint8_t>(std::min(syllable.verse, 255)), syllable.syllabic,
                            syllable.is_extended, static_cast<uint8_t>(std::min(layer_, 255))});
  }
}

/// Whether it lasts less than half a tick from here: broken rhythms and tuplets can make it so.
bool VoiceBuilder::is_too_short(const Head& head) const {
  return to_ticks(now_ + head.length) == to_ticks(now_);
}

void VoiceBuilder::add_notes(const Item& item) {
  if (std::ranges::all_of(item.heads, [&](const Head& head) { return is_too_short(head); })) {
    too_short_ += item.heads.size();
    now_ += item.length;
    return;
  }
  add_lyrics(item);
  const int64_t delay = add_graces(item);
  std::multimap<int, Tied> tied_on;
  std::multimap<int, Tied>& tied = tied_[layer_];
  const auto voice = static_cast<uint8_t>(std::min(layer_, 255));
  uint32_t marks = item.marks;
  for (const Head& head : item.heads) {
    if (is_too_short(head)) {
      ++too_short_;
      continue;
    }
    const int64_t end = now_ + head.length;
    const auto [first, last] = tied.equal_range(head.pitch);
    const auto before = std::find_if(first, last, [&](const auto& tie) {
      return !tie.second.is_met && touches(tie.second.end, now_);
    });
    const bool goes_on = before != last;
    const size_t note = goes_on ? before->second.note : part_.notes.size();
    if (goes_on) {
      part_.notes[note].duration = to_ticks(end) - part_.notes[note].onset;
      before->second.is_met = true;
    } else {
      add_note(now_ + std::min(delay, head.length - 1), end, head, item.velocity, voice);
      begins_.emplace(std::pair{now_, head.pitch}, note);
    }
    const size_t first_head = part_.written.size();
    write(item, head, part_.notes[note].id, marks);
    marks = 0;  // the chord's stand on its first head
    const bool is_other = head.length != item.length;
    if (is_other) {
      others_.push_back({note, !goes_on, first_head, part_.written.size() - first_head, now_, end});
    }
    if (!head.is_tied) continue;
    if (is_other) {
      waiting_.push_back({note, end});
    } else {
      tied_on.insert({head.pitch, {note, end}});
    }
  }
  for (const auto& [pitch, last] : tied) {
    if (!last.is_met) waiting_.push_back(last);
  }
  tied = std::move(tied_on);
  now_ += item.length;
}

/// A note that lasts longer or shorter than its chord goes to a voice beyond the layers of the
/// text, the first that is free.
void VoiceBuilder::give_voices_to_others() {
  std::vector<int64_t> free_from;
  for (const Other& other : others_) {
    const auto is_free = [&](int64_t from) { return from <= other.begin; };
    const auto lane = std::ranges::find_if(free_from, is_free);
    const auto index = static_cast<int>(lane - free_from.begin());
    if (lane == free_from.end()) {
      free_from.push_back(other.end);
    } else {
      *lane = other.end;
    }
    const auto voice = static_cast<uint8_t>(std::min(most_layers_ + 1 + index, 255));
    if (other.begins) part_.notes[other.note].voice = voice;
    for (size_t i = 0; i < other.heads; ++i) part_.written[other.first_head + i].voice = voice;
  }
}

/// Joins a tied note that nothing followed in its own layer with one of its pitch that begins where
/// it ends: in its voice, or else in whichever there is.
void VoiceBuilder::join_ties_that_wait() {
  for (const auto& [layer, tied] : tied_) {
    for (const auto& [pitch, last] : tied) waiting_.push_back(last);
  }
  if (waiting_.empty()) return;
  std::ranges::stable_sort(waiting_, std::ranges::greater(), &Tied::end);
  std::map<NoteId, uint8_t> last_voices;  // of the notes' last heads
  for (const Written& head : part_.written) last_voices[head.note] = head.voice;
  std::map<NoteId, NoteId> names;  // of notes that were joined to an earlier one
  for (const Tied& tied : waiting_) {
    Note& note = part_.notes[tied.note];
    const auto first = begins_.lower_bound({tied.end - kUnitsPerTick, 0});
    const auto last = begins_.upper_bound({tied.end + kUnitsPerTick, 127});
    const auto is_another = [&](const auto& begin) {
      return begin.first.second == note.pitch && begin.second != tied.note;
    };
    auto next = std::find_if(first, last, [&](const auto& begin) {
      return is_another(begin) && part_.notes[begin.second].voice == last_voices[note.id];
    });
    if (next == last) next = std::find_if(first, last, is_another);
    if (next == last) continue;
    const Note& rest = part_.notes[next->second];
    note.duration = rest.onset + rest.duration - note.onset;
    names[rest.id] = note.id;
    begins_.erase(next);
  }
  const auto is_joined = [&](const Note& note) { return names.contains(note.id); };
  std::erase_if(part_.notes, is_joined);
  for (Written& head : part_.written) {
    for (auto name = names.find(head.note); name != names.end(); name = names.find(head.note)) {
      head.note = name->second;
    }
  }
}

}  // namespace motet::abc
