// SPDX-License-Identifier: Apache-2.0
#include "motet/score/kern_voices.h"

#include <algorithm>
#include <numeric>

#include "motet/base/error.h"

namespace motet::kern {
namespace {

constexpr size_t kMostVoices = 60;  // of a staff; four staves fill the 8 bits of a voice

Value value_between(Clock clock, Units begin, Units end) {
  return value_of(reduced(end - begin, clock.units));
}

void show(Written& head, const Value& value) {
  head.value = value.value;
  head.dots = value.dots;
  head.actual = value.actual;
  head.normal = value.normal;
  head.marks = (head.marks & ~uint32_t{kUntypedValue}) | (value.is_guess ? kUntypedValue : 0U);
}

}  // namespace

Ticks Clock::ticks(Units at) const {
  const int64_t per_whole = int64_t{4} * resolution;
  return {at / units * per_whole + ((at % units) * per_whole * 2 + units) / (2 * units)};
}

Voices::Voices(Score& score, const Layout& layout, Clock clock, Complaints& complaints)
    : score_(score),
      layout_(layout),
      clock_(clock),
      complaints_(complaints),
      voice_ends_(layout.roles.size()),
      ties_(layout.staves.size()),
      shifts_(layout.roles.size()),
      sung_on_(layout.staves.size()) {}

uint8_t Voices::voice_for(size_t track, size_t place, Units at, Units end) {
  std::vector<Units>& ends = voice_ends_[track];
  size_t voice = place;
  while (voice < ends.size() && ends[voice] > at) ++voice;
  if (voice >= kMostVoices) {
    throw Error(ErrorCode::kInvalidFile, "expected at most " + std::to_string(kMostVoices) +
                                             " voices on a staff, found more");
  }
  if (voice >= ends.size()) ends.resize(voice + 1, 0);
  ends[voice] = end;
  return static_cast<uint8_t>(voice);
}

Written Voices::written(size_t track, const Head& head, const Token& token) const {
  Written result;
  result.staff = layout_.roles[track].staff;
  result.marks = head.marks;
  constexpr Value kUsualGrace{3};
  show(result, token.recip ? token.recip->value : kUsualGrace);
  if (result.has(kRest)) return result;
  const Shift shift = shifts_[track];
  int pitch = head.pitch + shift.semitones;
  while (pitch < 0) pitch += 12;
  while (pitch > 127) pitch -= 12;
  result.pitch = static_cast<uint8_t>(pitch);
  int spelling = head.spelling + shift.fifths;
  constexpr int kFlattest = -15;
  constexpr int kSharpest = 19;
  while (spelling < kFlattest) spelling += 12;
  while (spelling > kSharpest) spelling -= 12;
  result.spelling = static_cast<LineOfFifths>(spelling);
  return result;
}

Sounding Voices::add(size_t track, size_t place, Units at, const Token& token, size_t line) {
  const Fraction length = token.recip->length;
  const Units end = at + length.num * (clock_.units / length.den);
  Sounding sounding{{}, at, end, voice_for(track, place, at, end)};
  Part& part = score_.parts[layout_.roles[track].part];
  for (const Head& from : token.heads) {
    Written head = written(track, from, token);
    head.at = clock_.ticks(at);
    head.duration = std::max(clock_.ticks(end) - head.at, Ticks{1});
    head.voice = sounding.voice;
    sounding.heads.push_back(part.written.size());
    if (!head.has(kRest)) sound(track, head, from, at, line);
    part.written.push_back(head);
    if (from.begins_tie && !head.has(kRest)) {
      ties_[layout_.roles[track].part].push_back(
          {track, sounding.heads.back(), head.note.value - 1, end, sounding.voice});
    }
  }
  return sounding;
}

/// Gives the head its note: a new one, or the one that is tied to it.
void Voices::sound(size_t track, Written& head, const Head& from, Units at, size_t line) {
  const Ticks end = head.at + head.duration;
  if (from.ends_tie && goes_on(track, head, at, end, line)) return;
  Part& part = score_.parts[layout_.roles[track].part];
  Note note;
  note.onset = head.at;
  note.duration = head.duration;
  note.pitch = head.pitch;
  note.voice = head.voice;
  note.spelling = head.spelling;
  part.notes.push_back(note);
  head.note = {static_cast<uint32_t>(part.notes.size())};
}

bool Voices::goes_on(size_t track, Written& head, Units at, Ticks end, size_t line) {
  const size_t index = layout_.roles[track].part;
  Part& part = score_.parts[index];
  std::vector<OpenTie>& ties = ties_[index];
  const auto fit = [&](const OpenTie& tie) {
    const Written& before = part.written[tie.head];
    if (tie.end != at || before.pitch != head.pitch) return 0;
    return 1 + (tie.track == track ? 2 : 0) + (tie.voice == head.voice ? 1 : 0);
  };
  const auto best = std::ranges::max_element(ties, {}, fit);
  if (best == ties.end() || fit(*best) == 0) {
    complaints_.add(line, "a tie from a note that is not there, which was left out");
    return false;
  }
  Note& note = part.notes[best->note];
  note.duration = std::max(end - note.onset, note.duration);
  if (note.spelling != head.spelling) {
    complaints_.add(line, "a tie to another name of the same pitch, which got that of the first");
  }
  head.spelling = note.spelling;
  head.note = {static_cast<uint32_t>(best->note) + 1};
  ties.erase(best);
  return true;
}

void Voices::add_gap(size_t track, size_t place, Units begin, Units end) {
  if (begin >= end) return;
  Written rest;
  rest.at = clock_.ticks(begin);
  rest.duration = clock_.ticks(end) - rest.at;
  rest.voice = voice_for(track, place, begin, end);
  rest.staff = layout_.roles[track].staff;
  rest.marks = kRest | kInvisible;
  show(rest, value_between(clock_, begin, end));
  if (rest.duration.value > 0) score_.parts[layout_.roles[track].part].written.push_back(rest);
}

void Voices::add_grace(size_t track, size_t place, Units at, const Token& token) {
  Part& part = score_.parts[layout_.roles[track].part];
  for (size_t i = 0; i < token.heads.size(); ++i) {
    Written head = written(track, token.heads[i], token);
    head.at = clock_.ticks(at);
    head.voice = static_cast<uint8_t>(std::min(place, kMostVoices - 1));
    if (i > 0) head.marks |= kChord;
    part.written.push_back(head);
  }
}

void Voices::add_lyric(size_t track, const Lyric& lyric) {
  const Role& role = layout_.roles[track];
  score_.parts[role.part].lyrics.push_back(lyric);
  sung_on_[role.part].push_back(role.staff);
}

bool Voices::joins_lyric(size_t track, const Lyric& lyric) {
  const Role& role = layout_.roles[track];
  std::vector<Lyric>& lyrics = score_.parts[role.part].lyrics;
  for (size_t i = lyrics.size(); i-- > 0 && lyrics[i].at == lyric.at;) {
    if (lyrics[i].verse != lyric.verse || sung_on_[role.part][i] != role.staff) continue;
    lyrics[i].text += " " + lyric.text;
    return true;
  }
  return false;
}

void Voices::cut(size_t track, const Sounding& sounding, Units end) {
  if (sounding.end <= end) return;
  const size_t index = layout_.roles[track].part;
  Part& part = score_.parts[index];
  voice_ends_[track][sounding.voice] = end;
  for (const size_t place : sounding.heads) {
    Written& head = part.written[place];
    head.duration = std::max(clock_.ticks(end) - head.at, Ticks{1});
    show(head, value_between(clock_, sounding.begin, end));
    if (head.has(kRest)) continue;
    Note& note = part.notes[head.note.value - 1];
    note.duration = head.at + head.duration - note.onset;
    std::erase_if(ties_[index], [&](OpenTie& tie) {
      if (tie.head != place) return false;
      tie.end = end;
      // What is cut where it begins keeps a tick, and nothing that begins there can go on with it.
      if (end <= sounding.begin) head.marks |= kTieOpen;
      return end <= sounding.begin;
    });
  }
}

void Voices::drop_ties(Units at) {
  for (size_t p = 0; p < ties_.size(); ++p) {
    std::erase_if(ties_[p], [&](const OpenTie& tie) {
      if (tie.end >= at) return false;
      score_.parts[p].written[tie.head].marks |= kTieOpen;
      return true;
    });
  }
}

void Voices::finish() {
  uint32_t next = 1;
  for (size_t p = 0; p < score_.parts.size(); ++p) {
    Part& part = score_.parts[p];
    std::vector<size_t> base(part.staves + 1U, 1);
    base[0] = 0;
    for (const Written& head : part.written) {
      base[head.staff + 1U] = std::max(base[head.staff + 1U], head.voice + size_t{1});
    }
    std::partial_sum(base.begin(), base.end(), base.begin());
    for (Written& head : part.written) {
      head.voice = static_cast<uint8_t>(head.voice + base[head.staff]);
      if (head.note.value != 0) part.notes[head.note.value - 1].voice = head.voice;
    }
    for (size_t i = 0; i < part.lyrics.size(); ++i) {
      Lyric& lyric = part.lyrics[i];
      lyric.voice = static_cast<uint8_t>(lyric.voice + base[sung_on_[p][i]]);
    }
    for (size_t i = 0; i < part.notes.size(); ++i)
      part.notes[i].id = {static_cast<uint32_t>(i + 1)};
  }
  sort_events(score_);
  for (Part& part : score_.parts) {
    std::vector<uint32_t> name_of(part.notes.size() + 1, 0);
    for (Note& note : part.notes) {
      name_of[note.id.value] = next;
      note.id = {next++};
    }
    for (Written& head : part.written) head.note = {name_of[head.note.value]};
  }
}

}  // namespace motet::kern
