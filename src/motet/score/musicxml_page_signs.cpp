// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <set>

#include "motet/score/at_time.h"
#include "motet/score/musicxml_page.h"
#include "motet/score/musicxml_read_part.h"
#include "motet/score/musicxml_signs.h"

namespace motet::musicxml {
namespace {

/// A sign of the road that stands between the notes; the others are bar lines.
bool is_road_sign(BarlineKind kind) {
  return is_jump(kind) || kind == BarlineKind::kSegno || kind == BarlineKind::kCoda;
}

bool is_left(BarlineKind kind) {
  return kind == BarlineKind::kRepeatBegin || kind == BarlineKind::kEndingBegin;
}

/// The events of a sorted list in [begin, end), or to the very end in the last bar.
template <typename Event, typename Visit>
void each_in(const std::vector<Event>& events, const PageBar& bar, const Visit& visit) {
  const auto first = std::lower_bound(events.begin(), events.end(), bar.begin,
                                      [](const Event& event, Ticks at) { return event.at < at; });
  for (auto event = first; event != events.end(); ++event) {
    if (event->at >= bar.end() && !bar.is_last) return;
    visit(*event, static_cast<size_t>(event - events.begin()));
  }
}

}  // namespace

/// In order of time; at one time by kind, and within a kind as the lists have them.
std::vector<PageWriter::Sign> PageWriter::signs_of(const PageBar& bar) {
  std::vector<Sign> signs;
  const auto add_all = [&](const auto& events, Sign::Kind kind) {
    each_in(events, bar, [&](const auto& event, size_t i) {
      signs.push_back({event.at, kind, i});
    });
  };
  std::set<Ticks> changes;
  const auto note_change = [&](const auto& event, size_t) {
    if (event.at > bar.begin) changes.insert(event.at);
  };
  each_in(part_.clefs, bar, note_change);
  if (!part_.is_drums) each_in(score_.keys, bar, note_change);
  for (const Ticks at : changes) signs.push_back({at, Sign::Kind::kAttributes, 0});
  add_all(part_.directions, Sign::Kind::kDirection);
  if (is_first_) {
    add_all(score_.tempos, Sign::Kind::kTempo);
    add_all(score_.markers, Sign::Kind::kMarker);
    add_all(score_.chords, Sign::Kind::kChord);
    const auto first = std::ranges::lower_bound(score_.barlines, bar.begin, {}, &Barline::at);
    for (auto i = static_cast<size_t>(first - score_.barlines.begin());
         i < score_.barlines.size() && score_.barlines[i].at <= bar.end(); ++i) {
      const Barline& line = score_.barlines[i];
      if (barlines_done_[i]) continue;
      const bool is_here = is_jump(line.kind) ? true : line.at < bar.end() || bar.is_last;
      if (!is_road_sign(line.kind) || !is_here) continue;
      if (is_jump(line.kind) && line.at == bar.begin && !is_first_bar_) continue;
      signs.push_back({line.at, Sign::Kind::kJump, i});
      barlines_done_[i] = true;
    }
  }
  each_in(score_.barlines, bar, [&](const Barline& line, size_t i) {
    const bool is_inside = line.at > bar.begin && line.at < bar.end();
    if (is_inside && !is_road_sign(line.kind)) signs.push_back({line.at, Sign::Kind::kBarline, i});
  });
  std::ranges::stable_sort(signs, {}, &Sign::at);
  return signs;
}

bool PageWriter::takes_offset(const Sign& sign) {
  return sign.kind != Sign::Kind::kAttributes && sign.kind != Sign::Kind::kBarline &&
         sign.kind != Sign::Kind::kJump;
}

/// Words such as "Allegro" stand for their tempo, which then is only heard.
bool PageWriter::is_said_by_words(Ticks at) const {
  return std::ranges::any_of(at_time(part_.directions, at), [](const Direction& direction) {
    return direction.kind == DirectionKind::kWords;
  });
}

void PageWriter::write_sign(const Sign& sign, Ticks offset) {
  switch (sign.kind) {
    case Sign::Kind::kTempo: {
      const double tempo = score_.tempos[sign.index].quarters_per_minute;
      if (is_said_by_words(sign.at)) return write_tempo(xml_, tempo, offset);
      return write_metronome(xml_, tempo, false, offset);
    }
    case Sign::Kind::kMarker:
      return write_rehearsal(xml_, score_.markers[sign.index].text, offset);
    case Sign::Kind::kChord:
      return write_chord_symbol(xml_, score_.chords[sign.index].text, offset);
    case Sign::Kind::kDirection: {
      const Direction& direction = part_.directions[sign.index];
      return write_direction(xml_, direction, offset, part_.staves > 1 ? direction.staff + 1 : 0);
    }
    case Sign::Kind::kJump:
      return write_jump(xml_, score_.barlines[sign.index]);
    case Sign::Kind::kAttributes:
      return write_attributes({}, sign.at);
    case Sign::Kind::kBarline:
      return write_barlines(xml_, {score_.barlines[sign.index]}, "middle");
  }
}

void PageWriter::write_page_key(Ticks at) {
  const std::span<const KeyChange> keys = at_time(score_.keys, at);
  if (keys.empty() || part_.is_drums) return;
  int fifths = keys.back().fifths - fifths_of(part_.transposition);
  if (fifths > 7) fifths -= 12;
  if (fifths < -7) fifths += 12;
  write_key(xml_, fifths, &keys.back().mode);
}

void PageWriter::write_transposition() {
  if (part_.transposition == Transposition()) return;
  const int octaves = part_.transposition.diatonic / 7;
  xml_.open("transpose");
  xml_.leaf("diatonic", part_.transposition.diatonic - 7 * octaves);
  xml_.leaf("chromatic", part_.transposition.chromatic - 12 * octaves);
  if (octaves != 0) xml_.leaf("octave-change", octaves);
  xml_.close();
}

/// What begins at `at`: at the beginning of a bar its time signature too.
void PageWriter::write_attributes(const PageBar& bar, Ticks at) {
  const std::span<const Clef> clefs = at_time(part_.clefs, at);
  const bool has_key = !part_.is_drums && !at_time(score_.keys, at).empty();
  const bool is_start = is_first_bar_ && at == Ticks{};
  if (!is_start && !bar.sign && !has_key && clefs.empty()) return;
  xml_.open("attributes");
  if (is_start) xml_.leaf("divisions", score_.ticks_per_quarter);
  if (has_key) write_page_key(at);
  if (bar.sign) {
    write_time(xml_, bar.sign->numerator, bar.sign->denominator, bar.sign->is_hidden);
  }
  if (is_start && part_.staves > 1) xml_.leaf("staves", part_.staves);
  for (const Clef& clef : clefs) write_clef(xml_, clef, part_.staves > 1);
  if (is_start) write_transposition();
  xml_.close();
}

/// Repeats and endings that begin; in the first bar, whatever stands before all music.
void PageWriter::write_left(const PageBar& bar) {
  std::vector<Barline> lines;
  each_in(score_.barlines, bar, [&](const Barline& line, size_t) {
    const bool is_here = line.at == bar.begin && (is_left(line.kind) || bar.begin == Ticks{});
    if (is_here && !is_road_sign(line.kind)) lines.push_back(line);
  });
  write_barlines(xml_, lines, "left");
}

void PageWriter::write_right(const PageBar& bar) {
  std::vector<Barline> lines;
  for (const Barline& line : at_time(score_.barlines, bar.end())) {
    const bool is_here = !is_left(line.kind) || bar.is_last;
    if (is_here && !is_road_sign(line.kind)) lines.push_back(line);
  }
  write_barlines(xml_, lines, "right");
}

}  // namespace motet::musicxml
