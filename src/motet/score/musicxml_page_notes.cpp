// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "motet/score/musicxml_beams.h"
#include "motet/score/musicxml_marks.h"
#include "motet/score/musicxml_notes.h"
#include "motet/score/musicxml_page.h"
#include "motet/score/musicxml_read_part.h"
#include "motet/score/musicxml_spelling.h"
#include "motet/score/notation.h"

namespace motet::musicxml {
namespace {

constexpr std::string_view kTypes[] = {"maxima",  "long",   "breve", "whole", "half",
                                       "quarter", "eighth", "16th",  "32nd",  "64th",
                                       "128th",   "256th",  "512th", "1024th"};
constexpr int kFirstType = -3;

std::string_view type_of(int value) {
  constexpr int kLast = static_cast<int>(std::size(kTypes)) - 1;
  return kTypes[std::clamp(value - kFirstType, 0, kLast)];
}

/// The name on the page of what sounds.
Spelled page_name(const Written& written, const Transposition& transposition, int fifths) {
  const int pitch = written.pitch - transposition.chromatic;
  if (written.spelling == kUnspelled) return spell(pitch, fifths);
  constexpr int kOctaves = 10;  // keeps divisions above 0
  const int place = written.spelling - fifths_of(transposition) + 1 + 7 * kOctaves;
  Spelled spelled;
  spelled.step = kLettersByFifths[static_cast<size_t>(place % 7)];
  spelled.alter = place / 7 - kOctaves;
  spelled.octave = (pitch - spelled.alter + 12 * kOctaves) / 12 - kOctaves - 1;
  return spelled;
}

/// The beats of the bar in ticks.
Pulse pulse_in_ticks(const PageBar& bar, int ticks_per_quarter) {
  const int64_t grid = int64_t{kWhole} * bar.metre.numerator / bar.metre.denominator;
  const Bar on_grid{Ticks{}, Ticks{grid}, bar.metre.numerator, bar.metre.denominator};
  Pulse pulse = pulse_of(on_grid);
  pulse.beat = std::max(1, static_cast<int>(int64_t{pulse.beat} * ticks_per_quarter / kDivisions));
  pulse.length = static_cast<int>(bar.length.value);
  return pulse;
}

}  // namespace

/// The signature on the page, for notes at `at`.
int PageWriter::key_at(Ticks at) const {
  int fifths = 0;
  for (const KeyChange& key : score_.keys) {
    if (key.at <= at) fifths = key.fifths;
  }
  fifths -= fifths_of(part_.transposition);
  if (fifths > 7) fifths -= 12;
  if (fifths < -7) fifths += 12;
  return fifths;
}

/// An accidental holds to the end of the bar for its line of the staff, whichever voice it is in.
void PageWriter::set_accidentals(const std::vector<Stream>& streams) {
  accidentals_.clear();
  if (part_.is_drums) return;
  std::vector<const PageHead*> heads;
  for (const Stream& stream : streams) {
    for (const Group& group : stream) {
      for (const PageHead* head : group) {
        if (!head->written.has(kRest)) heads.push_back(head);
      }
    }
  }
  std::ranges::stable_sort(heads, {}, [](const PageHead* head) {
    return std::make_pair(head->written.at, !head->written.has(kGrace));
  });
  std::map<std::tuple<int, char, int>, int> in_force;
  for (const PageHead* head : heads) {
    const int fifths = key_at(head->written.at);
    const Spelled name = page_name(head->written, part_.transposition, fifths);
    const auto [line, is_new] = in_force.try_emplace({head->written.staff, name.step, name.octave},
                                                     alter_in_key(name.step, fifths));
    if (head->ties_back || line->second == name.alter) continue;
    line->second = name.alter;
    accidentals_[head] = accidental_name(name.alter);
  }
}

/// Notes with flags are beamed within a beat. An upbeat ends with its bar line.
void PageWriter::set_beams(const Stream& stream, const PageBar& bar) {
  const Pulse pulse = pulse_in_ticks(bar, score_.ticks_per_quarter);
  const int64_t whole = int64_t{4} * score_.ticks_per_quarter;
  const int64_t nominal = whole * bar.metre.numerator / bar.metre.denominator;
  const Ticks origin =
      is_first_bar_ && bar.length.value < nominal ? bar.end() - Ticks{nominal} : bar.begin;
  std::vector<NotePiece> pieces;
  std::vector<const PageHead*> owners;
  Ticks at = bar.begin;
  for (const Group& group : stream) {
    const Written& first = group.front()->written;
    if (first.has(kGrace)) continue;
    NotePiece piece;
    piece.begin = static_cast<int>((first.at - origin).value);
    piece.length = static_cast<int>(first.duration.value);
    piece.chord = first.has(kRest) ? -1 : 0;
    piece.flags = first.has(kUntypedValue) || first.at != at ? 0 : std::max(0, first.value - 2);
    pieces.push_back(piece);
    owners.push_back(group.front());
    at = first.at + first.duration;
  }
  const auto beams = beams_of(pieces, pulse);
  for (size_t i = 0; i < owners.size(); ++i) beams_[owners[i]] = beams[i];
}

void PageWriter::write_pitch(const Written& written) {
  if (written.has(kRest)) {
    xml_.empty("rest",
               written.has(kWholeBar) ? Xml::Attributes{{"measure", "yes"}} : Xml::Attributes{});
    return;
  }
  if (part_.is_drums) {
    const DrumPlace place = drum_place(written.pitch);
    xml_.open("unpitched");
    xml_.leaf("display-step", std::string(1, place.step));
    xml_.leaf("display-octave", place.octave);
    xml_.close();
    return;
  }
  const Spelled name = page_name(written, part_.transposition, key_at(written.at));
  xml_.open("pitch");
  xml_.leaf("step", std::string(1, name.step));
  if (name.alter != 0) xml_.leaf("alter", name.alter);
  xml_.leaf("octave", name.octave);
  xml_.close();
}

void PageWriter::write_value(const Written& written) {
  const bool has_value = !written.has(kUntypedValue) && !written.has(kWholeBar);
  xml_.leaf("voice", written.voice + 1);
  if (has_value) {
    xml_.leaf("type", type_of(written.value));
    for (int i = 0; i < written.dots; ++i) xml_.empty("dot");
  }
}

void PageWriter::write_slurs(const Written& written) {
  constexpr size_t kMostSlurs = 16;  // as many as MusicXML can number
  if (written.has(kSlurEnd)) {
    size_t slot = slurs_.size();
    for (size_t i = slurs_.size(); i-- > 0;) {
      if (slurs_[i] == written.voice) {
        slot = i;
        break;
      }
      if (slurs_[i] >= 0 && slot == slurs_.size()) slot = i;
    }
    if (slot < slurs_.size()) slurs_[slot] = -1;
    const size_t number = slot < slurs_.size() ? slot + 1 : 1;
    xml_.empty("slur", {{"type", "stop"}, {"number", std::to_string(number)}});
  }
  if (written.has(kSlurBegin)) {
    auto slot = std::ranges::find(slurs_, -1);
    if (slot == slurs_.end() && slurs_.size() < kMostSlurs) slot = slurs_.insert(slot, -1);
    if (slot == slurs_.end()) slot = std::prev(slurs_.end());
    *slot = written.voice;
    const auto number = slot - slurs_.begin() + 1;
    xml_.empty("slur", {{"type", "start"}, {"number", std::to_string(number)}});
  }
}

void PageWriter::write_notations(const PageHead& head) {
  const Written& written = head.written;
  constexpr uint32_t kOthers =
      kRest | kGrace | kSlashed | kChord | kCue | kInvisible | kWholeBar | kUntypedValue;
  if ((written.marks & ~kOthers) == 0 && !head.ties_on && !head.ties_back) return;
  xml_.open("notations");
  if (head.ties_back) xml_.empty("tied", {{"type", "stop"}});
  if (head.ties_on) xml_.empty("tied", {{"type", "start"}});
  if (written.has(kTieOpen)) xml_.empty("tied", {{"type", "let-ring"}});
  write_slurs(written);
  if (written.has(kTupletBegin)) {
    xml_.empty("tuplet", {{"type", "start"}, {"number", "1"}, {"bracket", "yes"}});
  }
  if (written.has(kTupletEnd)) xml_.empty("tuplet", {{"type", "stop"}, {"number", "1"}});
  if (written.has(kGlissandoEnd)) xml_.empty("glissando", {{"type", "stop"}, {"number", "1"}});
  if (written.has(kGlissandoBegin)) xml_.empty("glissando", {{"type", "start"}, {"number", "1"}});
  std::string_view group;
  for (const MarkName& mark : mark_names()) {
    const bool is_one_mark = (mark.marks & (mark.marks - 1)) == 0;
    if (!is_one_mark || (written.marks & mark.marks) == 0) continue;
    if (mark.group != group && !group.empty()) xml_.close();
    if (mark.group != group && !mark.group.empty()) xml_.open(mark.group);
    group = mark.group;
    if (mark.marks == kTremolo) {
      xml_.leaf(mark.name, "3", {{"type", "single"}});
    } else {
      xml_.empty(mark.name);
    }
  }
  if (!group.empty()) xml_.close();
  xml_.close();
}

void PageWriter::write_lyrics(const PageHead& head) {
  const auto found = lyrics_.find(&head);
  if (found == lyrics_.end()) return;
  for (const Lyric* lyric : found->second) {
    const bool comes_from =
        lyric->syllabic == Syllabic::kMiddle || lyric->syllabic == Syllabic::kEnd;
    const bool goes_on =
        lyric->syllabic == Syllabic::kBegin || lyric->syllabic == Syllabic::kMiddle;
    xml_.open("lyric", {{"number", std::to_string(lyric->verse)}});
    std::string_view rest = lyric->text;
    for (bool is_first = true; true; is_first = false) {
      const size_t elision = rest.find(kElision);
      const bool is_last = elision == std::string_view::npos;
      const bool from = is_first && comes_from;
      const bool on = is_last && goes_on;
      if (!is_first) xml_.leaf("elision", kElision);
      xml_.leaf("syllabic", from ? (on ? "middle" : "end") : (on ? "begin" : "single"));
      xml_.leaf("text", rest.substr(0, elision));
      if (is_last) break;
      rest.remove_prefix(elision + kElision.size());
    }
    if (lyric->is_extended) xml_.empty("extend");
    xml_.close();
  }
}

void PageWriter::write_head(const PageHead& head, bool is_in_chord) {
  const Written& written = head.written;
  const bool is_grace = written.has(kGrace);
  Xml::Attributes attributes;
  const auto note = notes_.find(written.note.value);
  if (written.note.value != 0 && note != notes_.end()) {
    std::string id = "note-" + std::to_string(written.note.value);
    if (head.piece > 0) id += "-" + std::to_string(head.piece + 1);
    attributes = {{"id", id}, {"dynamics", number_text(note->second->velocity / kFullVelocity)}};
  }
  if (written.has(kInvisible)) attributes.emplace_back("print-object", "no");
  xml_.open("note", attributes);
  if (is_grace) {
    xml_.empty("grace",
               written.has(kSlashed) ? Xml::Attributes{{"slash", "yes"}} : Xml::Attributes{});
  }
  if (written.has(kCue)) xml_.empty("cue");
  if (is_in_chord) xml_.empty("chord");
  write_pitch(written);
  if (!is_grace) xml_.leaf("duration", written.duration.value);
  if (head.ties_back) xml_.empty("tie", {{"type", "stop"}});
  if (head.ties_on) xml_.empty("tie", {{"type", "start"}});
  const bool is_stroke = part_.is_drums && !written.has(kRest);
  if (is_stroke) xml_.empty("instrument", {{"id", drum_id(id_, written.pitch)}});
  write_value(written);
  const auto accidental = accidentals_.find(&head);
  if (accidental != accidentals_.end() && !accidental->second.empty()) {
    xml_.leaf("accidental", accidental->second);
  }
  if (written.actual != 1 || written.normal != 1) {
    xml_.open("time-modification");
    xml_.leaf("actual-notes", written.actual);
    xml_.leaf("normal-notes", written.normal);
    xml_.close();
  }
  if (is_stroke && drum_place(written.pitch).is_cymbal) xml_.leaf("notehead", "x");
  if (part_.staves > 1) xml_.leaf("staff", written.staff + 1);
  if (const auto beams = beams_.find(&head); beams != beams_.end())
    write_beams(xml_, beams->second);
  write_notations(head);
  write_lyrics(head);
  xml_.close();
}

}  // namespace motet::musicxml
