// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "motet/base/error.h"
#include "motet/score/instruments.h"
#include "motet/score/musicxml_notes.h"
#include "motet/score/musicxml_page.h"
#include "motet/score/musicxml_signs.h"
#include "motet/score/musicxml_zip.h"

namespace motet {
namespace {

using namespace musicxml;

std::string part_id(size_t index) { return "P" + std::to_string(index + 1); }

std::string printed_name(const Part& part) {
  if (!part.name.empty()) return part.name;
  std::string name(name_of({part.program, part.is_drums}));
  name[0] = static_cast<char>(name[0] >= 'a' && name[0] <= 'z' ? name[0] - 'a' + 'A' : name[0]);
  return name;
}

/// MIDI channels as write_midi counts them, from 1; the tenth is for drums.
int channel_of(size_t melodic_index) {
  constexpr size_t kMelodicChannels = 15;
  const auto channel = static_cast<int>(melodic_index % kMelodicChannels) + 1;
  return channel < 10 ? channel : channel + 1;
}

void write_drum_instruments(Xml& xml, const Part& part, const std::string& id) {
  constexpr int kDrums = 10;
  constexpr int kSnare = 38;
  std::set<int> keys;
  for (const Note& note : part.notes) keys.insert(note.pitch);
  if (keys.empty()) keys.insert(kSnare);  // a kit that rests is still a kit
  for (const int key : keys) {
    xml.open("score-instrument", {{"id", drum_id(id, key)}});
    xml.leaf("instrument-name", "Key " + std::to_string(key));
    xml.close();
  }
  for (const int key : keys) {
    xml.open("midi-instrument", {{"id", drum_id(id, key)}});
    xml.leaf("midi-channel", kDrums);
    xml.leaf("midi-program", 1);
    xml.leaf("midi-unpitched", key + 1);
    xml.close();
  }
}

void write_brace(Xml& xml, bool is_start) {
  xml.open("part-group", {{"type", is_start ? "start" : "stop"}, {"number", "1"}});
  if (is_start) xml.leaf("group-symbol", "brace");
  xml.close();
}

/// Where `hands` says of each part whether it is one hand of two, nothing is known of the page:
/// parts without a name get that of their instrument, and a brace joins the hands.
void write_part_list(Xml& xml, const Score& score, const std::vector<bool>& hands) {
  const bool are_names_known = hands.empty();
  size_t hands_so_far = 0;
  xml.open("part-list");
  size_t melodic = 0;
  for (size_t i = 0; i < score.parts.size(); ++i) {
    const Part& part = score.parts[i];
    const std::string id = part_id(i);
    const bool is_hand = !hands.empty() && hands[i];
    if (is_hand && hands_so_far++ % 2 == 0) write_brace(xml, true);
    xml.open("score-part", {{"id", id}});
    xml.leaf("part-name", are_names_known ? part.name : printed_name(part));
    if (!part.short_name.empty()) xml.leaf("part-abbreviation", part.short_name);
    if (part.is_drums) {
      write_drum_instruments(xml, part, id);
    } else {
      xml.open("score-instrument", {{"id", id + "-I1"}});
      xml.leaf("instrument-name", name_of({part.program, false}));
      xml.close();
      xml.open("midi-instrument", {{"id", id + "-I1"}});
      xml.leaf("midi-channel", channel_of(melodic++));
      xml.leaf("midi-program", part.program + 1);
      xml.close();
    }
    xml.close();
    if (is_hand && hands_so_far % 2 == 0) write_brace(xml, false);
  }
  xml.close();
}

int median_pitch(const Staff& staff) {
  constexpr int kMiddle = 64;
  std::vector<int> pitches;
  for (const Layer& layer : staff) {
    for (const Chord& chord : layer) {
      for (const Note* note : chord.notes) pitches.push_back(note->pitch);
    }
  }
  if (pitches.empty()) return kMiddle;
  const auto middle = pitches.begin() + static_cast<std::ptrdiff_t>(pitches.size() / 2);
  std::nth_element(pitches.begin(), middle, pitches.end());
  return *middle;
}

/// By where the music lies: the clef that needs the fewest ledger lines.
Clef clef_of(const Part& part, const Staff& staff) {
  constexpr uint8_t kViola = 41;
  constexpr uint8_t kFirstGuitar = 24;
  constexpr uint8_t kLastGuitar = 31;
  const int median = median_pitch(staff);
  Clef clef;
  if (part.is_drums) {
    clef.sign = 'P';
  } else if (part.program == kViola) {
    clef.sign = 'C';
    clef.line = 3;
  } else if (part.program >= kFirstGuitar && part.program <= kLastGuitar) {
    clef.octave = -1;
  } else if (median < 58) {
    clef.sign = 'F';
    clef.line = 4;
    clef.octave = median < 38 ? -1 : 0;
  } else if (median > 90) {
    clef.octave = 1;
  }
  return clef;
}

void write_clefs(Xml& xml, const Part& part, const NoteWriter& notes) {
  if (notes.staves() == 2) {
    write_clef(xml, {Ticks{}, 0, 'G', 2, 0}, true);
    write_clef(xml, {Ticks{}, 1, 'F', 4, 0}, true);
  } else {
    write_clef(xml, clef_of(part, notes.staff(0)), false);
  }
}

/// The value in force at `at`, of a sorted list of changes.
template <typename Change>
const Change* in_force(const std::vector<Change>& changes, Ticks at) {
  const auto next = std::upper_bound(changes.begin(), changes.end(), at,
                                     [](Ticks t, const Change& change) { return t < change.at; });
  return next == changes.begin() ? nullptr : &*std::prev(next);
}

/// Writes what is not a note into the bars of one part.
class BarWriter {
 public:
  BarWriter(Xml& xml, const Score& score, const Part& part, bool is_first_part)
      : xml_(xml), score_(score), part_(part), is_first_part_(is_first_part) {}

  /// The key that holds for spelling in the bar.
  int fifths() const { return fifths_; }

  void write_attributes(const Bar& bar, const NoteWriter& notes) {
    const KeyChange* key = in_force(score_.keys, bar.begin);
    const bool new_key = key != nullptr && (key->fifths != fifths_ || key->mode != mode_);
    const bool new_metre =
        is_first_bar_ || bar.numerator != metre_.numerator || bar.denominator != metre_.denominator;
    if (key != nullptr) {
      fifths_ = key->fifths;
      mode_ = key->mode;
    }
    metre_ = {bar.begin, bar.numerator, bar.denominator};
    if (!is_first_bar_ && !new_key && !new_metre) return;
    xml_.open("attributes");
    if (is_first_bar_) xml_.leaf("divisions", kDivisions);
    if (!part_.is_drums && (is_first_bar_ || new_key)) {
      write_key(xml_, fifths_, key != nullptr ? &mode_ : nullptr);
    }
    if (new_metre) write_time(xml_, metre_.numerator, metre_.denominator, false);
    if (is_first_bar_ && notes.staves() > 1) {
      xml_.leaf("staves", static_cast<int64_t>(notes.staves()));
    }
    if (is_first_bar_) write_clefs(xml_, part_, notes);
    xml_.close();
    is_first_bar_ = false;
  }

  /// Tempo, words and chord symbols stand in the first part, for all of them.
  void write_directions(const Bar& bar) {
    if (!is_first_part_) return;
    bool is_first_tempo = true;
    const Ticks end = bar.begin + bar.length;
    for (; tempo_ < score_.tempos.size() && score_.tempos[tempo_].at < end; ++tempo_) {
      write_tempo_mark(score_.tempos[tempo_], bar, is_first_tempo);
      is_first_tempo = false;
    }
    for (; marker_ < score_.markers.size() && score_.markers[marker_].at < end; ++marker_) {
      const TextEvent& marker = score_.markers[marker_];
      write_rehearsal(xml_, marker.text, marker.at - bar.begin);
    }
    for (; chord_ < score_.chords.size() && score_.chords[chord_].at < end; ++chord_) {
      const ChordSymbol& chord = score_.chords[chord_];
      write_chord_symbol(xml_, chord.text, chord.at - bar.begin);
    }
  }

 private:
  /// One mark a bar is printed at most; a slide of tempo is heard, not read.
  void write_tempo_mark(const TempoChange& tempo, const Bar& bar, bool is_first_in_bar) {
    const Ticks offset = tempo.at - bar.begin;
    const bool is_dotted = pulse_of(bar).is_compound && bar.denominator == 8;
    const double beats = is_dotted ? tempo.quarters_per_minute / 1.5 : tempo.quarters_per_minute;
    const auto shown = static_cast<int64_t>(std::llround(beats));
    if (!is_first_in_bar || shown == shown_tempo_) {
      return write_tempo(xml_, tempo.quarters_per_minute, offset);
    }
    shown_tempo_ = shown;
    write_metronome(xml_, tempo.quarters_per_minute, is_dotted, offset);
  }

  Xml& xml_;
  const Score& score_;
  const Part& part_;
  bool is_first_part_;
  bool is_first_bar_ = true;
  int fifths_ = 0;
  Mode mode_ = Mode::kMajor;
  MetreChange metre_;
  int64_t shown_tempo_ = 0;
  size_t tempo_ = 0;
  size_t marker_ = 0;
  size_t chord_ = 0;
};

/// A bar that its metre does not explain, such as an upbeat, is counted but not numbered in print.
bool is_irregular(const Bar& bar) {
  return bar.length.value * bar.denominator != int64_t{kWhole} * bar.numerator;
}

void write_part(Xml& xml, const Score& score, size_t index, const std::vector<Bar>& bars,
                bool is_one_hand) {
  const Part& part = score.parts[index];
  NoteWriter notes(part, part_id(index), is_one_hand);
  BarWriter others(xml, score, part, index == 0);
  xml.open("part", {{"id", part_id(index)}});
  for (size_t i = 0; i < bars.size(); ++i) {
    Xml::Attributes attributes = {{"number", std::to_string(i + 1)}};
    if (is_irregular(bars[i])) attributes.emplace_back("implicit", "yes");
    xml.open("measure", attributes);
    others.write_attributes(bars[i], notes);
    others.write_directions(bars[i]);
    notes.write_bar(xml, bars[i], others.fifths());
    if (i + 1 == bars.size()) {
      xml.open("barline", {{"location", "right"}});
      xml.leaf("bar-style", "light-heavy");
      xml.close();
    }
    xml.close();
  }
  xml.close();
}

void write_creator(Xml& xml, const std::string& type, const std::string& name) {
  if (!name.empty()) xml.leaf("creator", name, {{"type", type}});
}

void write_heading(Xml& xml, const Score& score) {
  xml.line(R"(<?xml version="1.0" encoding="UTF-8" standalone="no"?>)");
  xml.line(R"(<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN")"
           R"( "http://www.musicxml.org/dtds/partwise.dtd">)");
  xml.open("score-partwise", {{"version", "4.0"}});
  if (!score.title.empty()) {
    xml.open("work");
    xml.leaf("work-title", score.title);
    xml.close();
  }
  xml.open("identification");
  write_creator(xml, "composer", score.composer);
  write_creator(xml, "lyricist", score.lyricist);
  if (!score.rights.empty()) xml.leaf("rights", score.rights);
  xml.open("encoding");
  xml.leaf("software", "Motet");
  xml.close();
  xml.close();
}

/// Finds notation for the sound: bars, voices, values, ties and spelling.
void write_as_heard(Xml& xml, const Score& score) {
  Score grid = with_resolution(score, kDivisions);
  name_notes(grid);
  std::vector<Bar> bars = bars_of(grid);
  if (bars.empty()) {
    const MetreChange* metre = in_force(grid.metres, Ticks{});
    const MetreChange first = metre != nullptr ? *metre : MetreChange{};
    const int64_t length = std::max(1, kWhole * first.numerator / first.denominator);
    bars.push_back({Ticks{}, Ticks{length}, first.numerator, first.denominator});
  }
  const std::vector<bool> hands = single_hands(grid);
  write_heading(xml, grid);
  write_part_list(xml, grid, hands);
  for (size_t i = 0; i < grid.parts.size(); ++i) write_part(xml, grid, i, bars, hands[i]);
  xml.close();
}

/// The score with a head for every note of the parts that say nothing of their page.
Score with_heads(const Score& score) {
  Score result = score;
  name_notes(result);
  for (Part& part : result.parts) {
    if (!part.written.empty()) continue;
    for (const Note& note : part.notes) {
      Written& head = part.written.emplace_back();
      head.at = note.onset;
      head.duration = note.duration;
      head.note = note.id;
      head.pitch = note.pitch;
      head.spelling = note.spelling;
      head.voice = note.voice;
      head.marks = kUntypedValue;
    }
  }
  sort_events(result);
  return result;
}

void write_as_written(Xml& xml, const Score& given) {
  const Score score = with_heads(given);
  const std::vector<PageBar> bars = page_bars(score);
  write_heading(xml, score);
  write_part_list(xml, score, {});
  for (size_t i = 0; i < score.parts.size(); ++i) {
    PageWriter(xml, score, i, part_id(i)).write(bars);
  }
  xml.close();
}

}  // namespace

void write_musicxml(const Score& score, const std::function<void(std::string_view)>& sink) {
  if (score.parts.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "MusicXML: expected a part, found none");
  }
  Xml xml(sink);
  has_page(score) ? write_as_written(xml, score) : write_as_heard(xml, score);
  xml.finish();
}

std::string write_musicxml(const Score& score) {
  std::string text;
  write_musicxml(score, [&](std::string_view piece) { text += piece; });
  return text;
}

Bytes write_mxl(const Score& score) { return zip_score(write_musicxml(score)); }

}  // namespace motet
