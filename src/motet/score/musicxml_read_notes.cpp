// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "motet/score/musicxml_marks.h"
#include "motet/score/musicxml_notes.h"
#include "motet/score/musicxml_read_part.h"
#include "motet/score/musicxml_spelling.h"
#include "motet/score/musicxml_tree.h"
#include "motet/score/notation.h"

namespace motet::musicxml {
namespace {

bool is_no(pugi::xml_attribute attribute) { return std::string_view(attribute.value()) == "no"; }

/// The number of "note-12"; 0 for other ids.
uint32_t id_of(pugi::xml_node node) {
  constexpr std::string_view kPrefix = "note-";
  std::string_view id = node.attribute("id").value();
  if (!id.starts_with(kPrefix)) return 0;
  id.remove_prefix(kPrefix.size());
  if (id.find_first_not_of("0123456789") != std::string_view::npos) return 0;
  return static_cast<uint32_t>(std::max(0, integer_of(id).value_or(0)));
}

/// A note value with dots.
struct DottedValue {
  int value = 2;
  int dots = 0;
};

/// The longest value that is not longer than `quarters`.
DottedValue nearest_value(double quarters) {
  constexpr double kTolerance = 1e-6;
  for (int value = -3; value <= 10; ++value) {
    const double plain = 4 * std::pow(2.0, -value);
    if (plain > quarters + kTolerance) continue;
    int dots = 0;
    while (dots < 3 && plain * (2 - std::pow(0.5, dots + 1)) <= quarters + kTolerance) ++dots;
    return {value, dots};
  }
  return {10, 0};
}

}  // namespace

void PartReader::read_note(pugi::xml_node node) {
  Head head;
  head.place = place_;
  Written& written = head.written;
  const bool is_grace = node.child("grace");
  if (is_grace) {
    written.marks |= kGrace;
    if (std::string_view(node.child("grace").attribute("slash").value()) == "yes") {
      written.marks |= kSlashed;
    }
    if (node.child("chord")) written.marks |= kChord;
  }
  if (!read_times(node, head)) return;
  if (node.child("cue")) written.marks |= kCue;
  if (is_no(node.attribute("print-object"))) written.marks |= kInvisible;
  written.voice = voice_of(node);
  written.staff = staff_of(node);
  const pugi::xml_node rest = node.child("rest");
  if (rest) {
    written.marks |= kRest;
  } else if (node.child("unpitched") || part_.is_drums) {
    read_drum_key(node, head);
  } else {
    read_pitch(node, head);
    const auto program =
        instruments_.programs.find(node.child("instrument").attribute("id").value());
    if (program != instruments_.programs.end() && program->second != part_.program) {
      remark("a note of another instrument of the part got that of the first");
    }
  }
  read_value(node, written);
  written.marks |= marks_of(node, place_, remarks_);
  head.is_played = !rest && !is_grace && !written.has(kCue);
  if (!rest) read_ties(node, head);
  head.id = id_of(node);
  if (const auto dynamics = number_of(node.attribute("dynamics").value())) {
    head.velocity = static_cast<uint8_t>(std::clamp(std::round(*dynamics * 0.9), 1.0, 127.0));
  }
  const std::string_view notehead = node.child("notehead").child_value();
  if (node.child("notehead") && notehead != "normal" && !part_.is_drums) {
    remark("the shape of a note head was left out");
  }
  for (const pugi::xml_node list : node.children("notations")) {
    for (const pugi::xml_node dynamics : list.children("dynamics")) {
      read_dynamics(dynamics, written.at, written.staff);
    }
  }
  read_lyrics(node, written);
  heads_.push_back(std::move(head));
}

/// False where the note cannot be kept.
bool PartReader::read_times(pugi::xml_node node, Head& head) {
  Written& written = head.written;
  const double onset = clock_.last_onset();
  const double length = clock_.length_of(node);
  written.at = begin_ + timeline_.ticks(onset);
  written.duration = begin_ + timeline_.ticks(onset + length) - written.at;
  const Ticks beyond = written.at + written.duration - end_;
  if (beyond.value > 0 && beyond <= timeline_.rounding() && beyond < written.duration) {
    written.duration -= beyond;  // a tuplet that was rounded up
  }
  if (written.has(kGrace)) return true;
  if (!clock_.has_sound_duration(node) && length > 0) {
    remark("a note without a length that can be got that of its note value");
  }
  if (written.duration.value <= 0) {
    remark("a note without a length was left out");
    return false;
  }
  constexpr double kTolerance = 1e-4;
  const double exact = onset * timeline_.ticks_per_quarter;
  const double exact_end = (onset + length) * timeline_.ticks_per_quarter;
  if (std::abs(exact - std::round(exact)) > kTolerance ||
      std::abs(exact_end - std::round(exact_end)) > kTolerance) {
    remark("a note between two ticks was moved to the nearer one");
  }
  return true;
}

void PartReader::read_pitch(pugi::xml_node node, Head& head) {
  const pugi::xml_node pitch = node.child("pitch");
  const std::string_view step = pitch.child("step").child_value();
  const size_t letter = step.size() == 1 ? kLettersByFifths.find(step[0]) : std::string_view::npos;
  const auto octave = integer_of(pitch.child("octave"));
  if (letter == std::string_view::npos || !octave || *octave < -2 || *octave > 12) {
    head.written.marks |= kRest;
    return remark("a note without a pitch that can be became a rest");
  }
  const double exact_alter = number_of(pitch.child("alter")).value_or(0);
  int alter = static_cast<int>(std::round(std::clamp(exact_alter, -9.0, 9.0)));
  if (exact_alter != std::floor(exact_alter)) remark("a quarter tone became the nearest semitone");
  if (std::abs(alter) > 4) {
    remark("more than four accidentals at a note were left out");
    alter = 0;
  }
  constexpr int kSemitones[] = {5, 0, 7, 2, 9, 4, 11};
  int key = 12 * (*octave + 1) + kSemitones[letter] + alter + transposition_.chromatic;
  if (key < 0 || key > 127) remark("a pitch outside MIDI was moved by octaves");
  while (key < 0) key += 12;
  while (key > 127) key -= 12;
  int name = static_cast<int>(letter) - 1 + 7 * alter + fifths_of(transposition_);
  constexpr int kFlattest = -15;
  constexpr int kSharpest = 19;
  if (name < kFlattest || name > kSharpest) remark("a triple sharp or flat was spelt otherwise");
  while (name < kFlattest) name += 12;
  while (name > kSharpest) name -= 12;
  head.written.pitch = static_cast<uint8_t>(key);
  head.written.spelling = static_cast<LineOfFifths>(name);
}

/// Percussion: the key of its instrument; where a drum has a pitch, that is its key.
void PartReader::read_drum_key(pugi::xml_node node, Head& head) {
  if (!node.child("unpitched")) {
    read_pitch(node, head);
    head.written.spelling = kUnspelled;
    return;
  }
  const auto found = instruments_.keys.find(node.child("instrument").attribute("id").value());
  uint8_t key = drum_key_named(part_.name);
  if (found != instruments_.keys.end()) {
    key = found->second;
  } else if (!instruments_.keys.empty()) {
    key = instruments_.keys.begin()->second;
  } else {
    remark("a drum stroke whose instrument is not said was given one by the name of its part");
  }
  head.written.pitch = key;
  if (!part_.is_drums) {
    remark("a drum stroke in a part with pitches became a pitch");
    const Spelled name = spell(key, 0);
    const auto letter = static_cast<int>(kLettersByFifths.find(name.step));
    head.written.spelling = static_cast<LineOfFifths>(letter - 1 + 7 * name.alter);
  }
  const DrumPlace place = drum_place(key);
  const std::string_view step = node.child("unpitched").child("display-step").child_value();
  const auto octave = integer_of(node.child("unpitched").child("display-octave"));
  if (part_.is_drums && !step.empty() && (step[0] != place.step || octave != place.octave)) {
    remark("the line of the staff for a drum was left out");
  }
}

void PartReader::read_value(pugi::xml_node node, Written& written) {
  const double quarters = static_cast<double>(written.duration.value) / timeline_.ticks_per_quarter;
  const auto type = value_of_type(node.child("type").child_value());
  const bool fills_bar = written.at == begin_ && written.duration == end_ - begin_;
  const bool says_bar = std::string_view(node.child("rest").attribute("measure").value()) == "yes";
  if (written.has(kRest) && !written.has(kGrace) && (says_bar || (!type && fills_bar))) {
    written.marks |= kWholeBar;
    written.value = 0;
    return;
  }
  const auto dots = std::distance(node.children("dot").begin(), node.children("dot").end());
  if (dots > 4) remark("more than four dots at a note were left out");
  if (type) {
    written.value = static_cast<int8_t>(*type);
    written.dots = static_cast<uint8_t>(std::min<std::ptrdiff_t>(dots, 4));
  } else {
    const DottedValue guess = written.has(kGrace) ? DottedValue{3, 0} : nearest_value(quarters);
    written.value = static_cast<int8_t>(guess.value);
    written.dots = static_cast<uint8_t>(guess.dots);
    written.marks |= kUntypedValue;
  }
  const pugi::xml_node tuplet = node.child("time-modification");
  if (!tuplet) return;
  const int actual = integer_of(tuplet.child("actual-notes")).value_or(0);
  const int normal = integer_of(tuplet.child("normal-notes")).value_or(0);
  if (actual < 1 || actual > 255 || normal < 1 || normal > 255) {
    return remark("a tuplet that is none was left out");
  }
  written.actual = static_cast<uint8_t>(actual);
  written.normal = static_cast<uint8_t>(normal);
}

/// <tie> is what sounds and <tied> what is drawn; files may have only one of them.
void PartReader::read_ties(pugi::xml_node node, Head& head) {
  const auto read = [&](pugi::xml_node tie) {
    const std::string_view type = tie.attribute("type").value();
    if (type == "start" || type == "continue") head.ties_on = true;
    if (type == "stop" || type == "continue") head.ties_back = true;
    if (type == "let-ring") head.written.marks |= kTieOpen;
  };
  for (const pugi::xml_node tie : node.children("tie")) read(tie);
  for (const pugi::xml_node list : node.children("notations")) {
    for (const pugi::xml_node tied : list.children("tied")) read(tied);
  }
}

uint8_t PartReader::voice_of(pugi::xml_node node) {
  const std::string_view name = node.child("voice").child_value();
  if (name.empty()) return 0;
  const auto number = integer_of(name);
  if (number && *number >= 1 && *number <= 256) return static_cast<uint8_t>(*number - 1);
  constexpr size_t kFirstNamed = 128;
  const auto found = voices_.find(name);
  if (found != voices_.end()) return found->second;
  const auto voice = static_cast<uint8_t>(kFirstNamed + voices_.size() % kFirstNamed);
  voices_.emplace(name, voice);
  return voice;
}

void PartReader::read_lyrics(pugi::xml_node node, const Written& written) {
  for (const pugi::xml_node lyric : node.children("lyric")) read_lyric(lyric, written);
}

/// Several texts under one note are one syllable with an elision between: "te\u203Fe".
void PartReader::read_lyric(pugi::xml_node node, const Written& written) {
  Lyric lyric;
  lyric.at = written.at;
  lyric.voice = written.voice;
  const std::string_view number = node.attribute("number").value();
  const size_t digits = number.find_last_not_of("0123456789");
  const auto verse = integer_of(number.substr(digits == std::string_view::npos ? 0 : digits + 1));
  lyric.verse = static_cast<uint8_t>(std::clamp(verse.value_or(1), 1, 255));
  bool comes_from = false;
  bool goes_on = false;
  bool is_first = true;
  for (const pugi::xml_node child : node.children()) {
    const std::string_view name = child.name();
    const std::string_view text = child.child_value();
    if (name == "syllabic") {
      if (is_first && (text == "middle" || text == "end")) comes_from = true;
      goes_on = text == "begin" || text == "middle";
    } else if (name == "text") {
      if (!is_first && !lyric.text.ends_with(kElision)) lyric.text += kElision;
      lyric.text += text_of(child);
      is_first = false;
    } else if (name == "elision") {
      lyric.text += kElision;
    } else if (name == "extend") {
      const std::string_view type = child.attribute("type").value();
      lyric.is_extended = type.empty() || type == "start";
    } else if (name == "laughing" || name == "humming") {
      remark("<" + std::string(name) + "> was left out");
    }
  }
  if (lyric.text.empty()) {
    if (lyric.is_extended) remark("a line under the notes without a syllable was left out");
    return;
  }
  lyric.syllabic = comes_from ? (goes_on ? Syllabic::kMiddle : Syllabic::kEnd)
                              : (goes_on ? Syllabic::kBegin : Syllabic::kSingle);
  part_.lyrics.push_back(std::move(lyric));
}

}  // namespace motet::musicxml
