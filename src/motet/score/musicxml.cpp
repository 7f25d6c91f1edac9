// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "motet/base/error.h"
#include "motet/score/instruments.h"
#include "motet/score/musicxml_harmony.h"
#include "motet/score/musicxml_notes.h"
#include "motet/score/musicxml_spelling.h"

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
  std::set<int> keys;
  for (const Note& note : part.notes) keys.insert(note.pitch);
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

void write_part_list(Xml& xml, const Score& score) {
  xml.open("part-list");
  size_t melodic = 0;
  for (size_t i = 0; i < score.parts.size(); ++i) {
    const Part& part = score.parts[i];
    const std::string id = part_id(i);
    xml.open("score-part", {{"id", id}});
    xml.leaf("part-name", printed_name(part));
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
  }
  xml.close();
}

void write_clef(Xml& xml, const std::string& sign, int line, int octave_change,
                const std::string& number) {
  xml.open("clef", number.empty() ? Xml::Attributes{} : Xml::Attributes{{"number", number}});
  xml.leaf("sign", sign);
  if (sign != "percussion") xml.leaf("line", line);
  if (octave_change != 0) xml.leaf("clef-octave-change", octave_change);
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
void write_clefs(Xml& xml, const Part& part, const NoteWriter& notes) {
  constexpr uint8_t kViola = 41;
  constexpr uint8_t kFirstGuitar = 24;
  constexpr uint8_t kLastGuitar = 31;
  if (notes.staves() == 2) {
    write_clef(xml, "G", 2, 0, "1");
    write_clef(xml, "F", 4, 0, "2");
    return;
  }
  const int median = median_pitch(notes.staff(0));
  if (part.is_drums) return write_clef(xml, "percussion", 2, 0, "");
  if (part.program == kViola) return write_clef(xml, "C", 3, 0, "");
  if (part.program >= kFirstGuitar && part.program <= kLastGuitar) {
    return write_clef(xml, "G", 2, -1, "");
  }
  if (median < 38) return write_clef(xml, "F", 4, -1, "");
  if (median < 58) return write_clef(xml, "F", 4, 0, "");
  write_clef(xml, "G", 2, median > 90 ? 1 : 0, "");
}

/// The value in force at `at`, of a sorted list of changes.
template <typename Change>
const Change* in_force(const std::vector<Change>& changes, Ticks at) {
  const Change* found = nullptr;
  for (const Change& change : changes) {
    if (change.at > at) break;
    found = &change;
  }
  return found;
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
    if (!part_.is_drums && (is_first_bar_ || new_key)) write_key(key != nullptr);
    if (new_metre) write_metre();
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
      write_tempo(score_.tempos[tempo_], bar, is_first_tempo);
      is_first_tempo = false;
    }
    for (; marker_ < score_.markers.size() && score_.markers[marker_].at < end; ++marker_) {
      write_words(score_.markers[marker_].text, score_.markers[marker_].at - bar.begin);
    }
    for (; chord_ < score_.chords.size() && score_.chords[chord_].at < end; ++chord_) {
      write_chord_symbol(score_.chords[chord_], bar);
    }
  }

 private:
  void write_key(bool is_known) {
    xml_.open("key");
    xml_.leaf("fifths", fifths_);
    if (is_known) xml_.leaf("mode", mode_ == Mode::kMinor ? "minor" : "major");
    xml_.close();
  }

  void write_metre() {
    xml_.open("time");
    xml_.leaf("beats", metre_.numerator);
    xml_.leaf("beat-type", metre_.denominator);
    xml_.close();
  }

  void write_offset(Ticks offset) {
    if (offset.value != 0) xml_.leaf("offset", std::to_string(offset.value), {{"sound", "yes"}});
  }

  /// One mark a bar is printed at most; a slide of tempo is heard, not read.
  void write_tempo(const TempoChange& tempo, const Bar& bar, bool is_first_in_bar) {
    const Ticks offset = tempo.at - bar.begin;
    const bool is_dotted = pulse_of(bar).is_compound && bar.denominator == 8;
    const double beats = is_dotted ? tempo.quarters_per_minute / 1.5 : tempo.quarters_per_minute;
    const auto shown = static_cast<int64_t>(std::llround(beats));
    const Xml::Attributes sound = {{"tempo", number_text(tempo.quarters_per_minute)}};
    if (!is_first_in_bar || shown == shown_tempo_) {
      xml_.open("sound", sound);
      write_offset(offset);
      xml_.close();
      return;
    }
    shown_tempo_ = shown;
    xml_.open("direction", {{"placement", "above"}});
    xml_.open("direction-type");
    xml_.open("metronome");
    xml_.leaf("beat-unit", "quarter");
    if (is_dotted) xml_.empty("beat-unit-dot");
    xml_.leaf("per-minute", shown);
    xml_.close();
    xml_.close();
    write_offset(offset);
    xml_.empty("sound", sound);
    xml_.close();
  }

  void write_words(const std::string& text, Ticks offset) {
    xml_.open("direction", {{"placement", "above"}});
    xml_.open("direction-type");
    xml_.leaf("words", text);
    xml_.close();
    write_offset(offset);
    xml_.close();
  }

  void write_degrees(const Harmony& harmony) {
    for (const Degree& degree : harmony.degrees) {
      const bool is_added = degree.type == DegreeType::kAdd;
      const bool is_altered = degree.type == DegreeType::kAlter;
      xml_.open("degree");
      xml_.leaf("degree-value", degree.value);
      xml_.leaf("degree-alter", degree.alter);
      xml_.leaf("degree-type", is_added ? "add" : is_altered ? "alter" : "subtract");
      xml_.close();
    }
  }

  void write_chord_symbol(const ChordSymbol& chord, const Bar& bar) {
    const auto harmony = parse_harmony(chord.text);
    if (!harmony) return write_words(chord.text, chord.at - bar.begin);
    xml_.open("harmony");
    const bool is_none = harmony->kind == "none";
    xml_.open("root");
    xml_.leaf("root-step", std::string(1, harmony->root),
              is_none ? Xml::Attributes{{"text", ""}} : Xml::Attributes{});
    if (harmony->root_alter != 0) xml_.leaf("root-alter", harmony->root_alter);
    xml_.close();
    xml_.leaf("kind", harmony->kind, {{"text", harmony->text}});
    if (harmony->bass) {
      xml_.open("bass");
      xml_.leaf("bass-step", std::string(1, *harmony->bass));
      if (harmony->bass_alter != 0) xml_.leaf("bass-alter", harmony->bass_alter);
      xml_.close();
    }
    write_degrees(*harmony);
    const Ticks offset = chord.at - bar.begin;
    if (offset.value != 0) xml_.leaf("offset", offset.value);
    xml_.close();
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

void write_part(Xml& xml, const Score& score, size_t index, const std::vector<Bar>& bars) {
  const Part& part = score.parts[index];
  NoteWriter notes(part, part_id(index));
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

void write_heading(Xml& xml, const Score& score) {
  if (!score.title.empty()) {
    xml.open("work");
    xml.leaf("work-title", score.title);
    xml.close();
  }
  xml.open("identification");
  if (!score.composer.empty()) xml.leaf("creator", score.composer, {{"type", "composer"}});
  xml.open("encoding");
  xml.leaf("software", "Motet");
  xml.close();
  xml.close();
}

}  // namespace

std::string write_musicxml(const Score& score) {
  if (score.parts.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "MusicXML: expected a part, found none");
  }
  Score grid = with_resolution(score, kDivisions);
  name_notes(grid);
  std::vector<Bar> bars = bars_of(grid);
  if (bars.empty()) {
    const MetreChange* metre = in_force(grid.metres, Ticks{});
    const MetreChange first = metre != nullptr ? *metre : MetreChange{};
    const int64_t length = std::max(1, kWhole * first.numerator / first.denominator);
    bars.push_back({Ticks{}, Ticks{length}, first.numerator, first.denominator});
  }
  Xml xml;
  xml.line(R"(<?xml version="1.0" encoding="UTF-8" standalone="no"?>)");
  xml.line(R"(<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN")"
           R"( "http://www.musicxml.org/dtds/partwise.dtd">)");
  xml.open("score-partwise", {{"version", "4.0"}});
  write_heading(xml, grid);
  write_part_list(xml, grid);
  for (size_t i = 0; i < grid.parts.size(); ++i) write_part(xml, grid, i, bars);
  xml.close();
  return xml.text();
}

}  // namespace motet
