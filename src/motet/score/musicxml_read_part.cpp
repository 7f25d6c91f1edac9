// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_read_part.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "motet/score/musicxml_tree.h"

namespace motet::musicxml {
namespace {

constexpr int kMostStaves = 4;
constexpr uint8_t kSnare = 38;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

/// The steps of the staff that `semitones` is most simply: -2 is a second down.
int steps_of(int semitones) {
  int best = 0;
  for (int steps = semitones - 12; steps <= semitones + 12; ++steps) {
    const auto fifths = [&](int d) { return std::abs(7 * semitones - 12 * d); };
    if (fifths(steps) < fifths(best)) best = steps;
  }
  return best;
}

/// Sorts by place; of several at one place the last one said is the one that is drawn.
template <typename Event, typename PlaceOf>
void keep_last(std::vector<Event>& events, const PlaceOf& place_of) {
  std::reverse(events.begin(), events.end());
  std::ranges::stable_sort(events, {}, place_of);
  const auto is_same = [&](const Event& a, const Event& b) { return place_of(a) == place_of(b); };
  events.erase(std::unique(events.begin(), events.end(), is_same), events.end());
}

}  // namespace

int fifths_of(const Transposition& transposition) {
  return 7 * transposition.chromatic - 12 * transposition.diatonic;
}

uint8_t drum_key_named(std::string_view name) {
  struct Named {
    std::string_view word;
    uint8_t key;
  };
  static constexpr auto kNamed = std::to_array<Named>({
      {"bass drum", 36}, {"kick", 36},       {"snare", 38},   {"hi-hat", 42},
      {"hi hat", 42},    {"ride", 51},       {"crash", 49},   {"cymbal", 49},
      {"triangle", 81},  {"tambourine", 54}, {"cowbell", 56}, {"wood block", 76},
      {"woodblock", 76}, {"tom", 45},        {"bongo", 60},   {"conga", 63},
      {"maraca", 70},    {"clave", 75},      {"whistle", 72}, {"clap", 39},
  });
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const auto found = std::ranges::find_if(
      kNamed, [&](const Named& named) { return lower.find(named.word) != std::string::npos; });
  return found == kNamed.end() ? kSnare : found->key;
}

Instruments instruments_of(pugi::xml_node listed) {
  Instruments instruments;
  for (const pugi::xml_node node : listed.children("score-instrument")) {
    instruments.keys[node.attribute("id").value()] =
        drum_key_named(node.child("instrument-name").child_value());
  }
  bool is_first = true;
  for (const pugi::xml_node node : listed.children("midi-instrument")) {
    const auto program = integer_of(node.child("midi-program"));
    const bool is_program = program && *program >= 1 && *program <= 128;
    if (is_first && is_program) instruments.program = static_cast<uint8_t>(*program - 1);
    if (is_program) {
      instruments.programs[node.attribute("id").value()] = static_cast<uint8_t>(*program - 1);
    }
    is_first = false;
    constexpr int kDrumChannel = 10;
    if (integer_of(node.child("midi-channel")) == kDrumChannel) {
      instruments.is_on_drum_channel = true;
    }
    const auto key = integer_of(node.child("midi-unpitched"));
    if (key && *key >= 1 && *key <= 128) {
      instruments.keys[node.attribute("id").value()] = static_cast<uint8_t>(*key - 1);
    }
  }
  return instruments;
}

PartReader::PartReader(const PartNodes& nodes, const Timeline& timeline, Score& score, Part& part,
                       Remarks& remarks)
    : nodes_(nodes),
      timeline_(timeline),
      score_(score),
      part_(part),
      remarks_(remarks),
      instruments_(instruments_of(nodes.listed)) {}

/// A part is drums when its channel says so, or when most of its notes have no pitch.
void PartReader::read_listed() {
  size_t pitched = 0;
  size_t unpitched = 0;
  for (const pugi::xml_node measure : nodes_.measures) {
    for (const pugi::xml_node note : measure.children("note")) {
      if (note.child("pitch")) ++pitched;
      if (note.child("unpitched")) ++unpitched;
    }
  }
  part_.is_drums = unpitched > pitched || instruments_.is_on_drum_channel;
  part_.program = part_.is_drums ? 0 : instruments_.program;
  part_.name = text_of(nodes_.listed.child("part-name"));
  part_.short_name = text_of(nodes_.listed.child("part-abbreviation"));
}

void PartReader::read() {
  read_listed();
  for (size_t i = 0; i < nodes_.measures.size(); ++i) read_measure(i);
  keep_last(keys_, [](const KeyChange& key) { return key.at; });
  const auto is_repeated = [](const KeyChange& a, const KeyChange& b) {
    return a.fifths == b.fifths && a.mode == b.mode;
  };
  keys_.erase(std::unique(keys_.begin(), keys_.end(), is_repeated), keys_.end());
  keep_last(part_.clefs, [](const Clef& clef) { return std::make_pair(clef.at, clef.staff); });
  std::stable_sort(part_.lyrics.begin(), part_.lyrics.end(), [](const Lyric& a, const Lyric& b) {
    return std::tie(a.at, a.voice) < std::tie(b.at, b.voice);
  });
  link_heads(std::move(heads_), std::move(levels_), part_, remarks_);
}

void PartReader::read_measure(size_t index) {
  measure_ = index;
  begin_ = timeline_.begin(index);
  end_ = begin_ + timeline_.length(index);
  place_ = place_of(nodes_, index);
  clock_.restart();
  for (const pugi::xml_node child : nodes_.measures[index].children()) read_child(child);
}

void PartReader::read_child(pugi::xml_node child) {
  const std::string_view name = child.name();
  if (name == "backup" || name == "forward") {
    if (!clock_.has_sound_duration(child)) {
      remark("a step back or forward without a length that can be was left out");
    } else if (name == "backup" &&
               *number_of(child.child("duration")) / clock_.divisions() > clock_.at() + 1e-6) {
      remark("a step back beyond the bar line was cut short");
    }
  }
  clock_.pass(child);
  if (name == "note") {
    read_note(child);
  } else if (name == "attributes") {
    read_attributes(child);
  } else if (name == "direction") {
    read_direction(child);
  } else if (name == "harmony") {
    read_harmony(child);
  } else if (name == "barline") {
    read_barline(child);
  } else if (name == "sound") {
    read_sound(child, now_with_offset(child));
  } else if (child.type() == pugi::node_element &&
             !is_one_of(name, {"backup", "forward", "print", "link", "bookmark", "listening",
                               "grouping"})) {
    remark("<" + std::string(name) + "> was left out");
  }
}

Ticks PartReader::now_with_offset(pugi::xml_node node) {
  const auto offset = number_of(node.child("offset"));
  if (!offset) return now();
  const Ticks at = begin_ + timeline_.ticks(clock_.at() + *offset / clock_.divisions());
  return std::clamp(at, Ticks{}, timeline_.begins.back());
}

uint8_t PartReader::staff_of(pugi::xml_node node) {
  const auto staff = integer_of(node.child("staff"));
  if (!staff) return 0;
  if (*staff < 1 || *staff > kMostStaves) remark("a staff beyond the fourth became the fourth");
  const int kept = std::clamp(*staff, 1, kMostStaves);
  part_.staves = std::max(part_.staves, static_cast<uint8_t>(kept));
  return static_cast<uint8_t>(kept - 1);
}

void PartReader::read_attributes(pugi::xml_node node) {
  for (const pugi::xml_node child : node.children("transpose")) read_transposition(child);
  for (const pugi::xml_node child : node.children()) {
    const std::string_view name = child.name();
    if (name == "divisions") {
      if (number_of(child).value_or(0) <= 0)
        remark("<divisions> that divide nothing were left out");
    } else if (name == "key") {
      read_key(child);
    } else if (name == "clef") {
      read_clef(child);
    } else if (name == "staves") {
      const int staves = integer_of(child).value_or(1);
      if (staves > kMostStaves) remark("of more than four staves, four were kept");
      part_.staves =
          std::max(part_.staves, static_cast<uint8_t>(std::clamp(staves, 1, kMostStaves)));
    } else if (name == "measure-style") {
      if (!child.child("multiple-rest"))
        remark("a sign for a repeated bar or slashes was left out");
    } else if (child.type() == pugi::node_element &&
               !is_one_of(name, {"time", "transpose", "part-symbol", "instruments", "footnote",
                                 "level"})) {
      remark("<" + std::string(name) + "> was left out");
    }
  }
}

void PartReader::read_clef(pugi::xml_node node) {
  const std::string sign = node.child("sign").child_value();
  Clef clef;
  clef.at = now();
  const int staff = integer_of(node.attribute("number").value()).value_or(1);
  if (staff < 1 || staff > kMostStaves) remark("a clef beyond the fourth staff moved to it");
  clef.staff = static_cast<uint8_t>(std::clamp(staff, 1, kMostStaves) - 1);
  part_.staves = std::max(part_.staves, static_cast<uint8_t>(clef.staff + 1));
  if (sign == "percussion") {
    clef.sign = 'P';
  } else if (sign == "TAB") {
    clef.sign = 'T';
  } else if (sign == "G" || sign == "F" || sign == "C") {
    clef.sign = sign[0];
  } else {
    return remark("the clef \"" + sign.substr(0, 20) + "\" was left out");
  }
  const int usual = clef.sign == 'F' ? 4 : clef.sign == 'C' ? 3 : clef.sign == 'T' ? 5 : 2;
  clef.line = static_cast<int8_t>(std::clamp(integer_of(node.child("line")).value_or(usual), 1, 5));
  if (clef.sign == 'P') clef.line = 2;
  const int octave = integer_of(node.child("clef-octave-change")).value_or(0);
  clef.octave = static_cast<int8_t>(std::clamp(octave, -2, 2));
  part_.clefs.push_back(clef);
}

void PartReader::read_key(pugi::xml_node node) {
  if (integer_of(node.attribute("number").value()).value_or(1) != 1) {
    return remark("a key signature of another staff than the first was left out");
  }
  const auto written = integer_of(node.child("fifths"));
  if (!written || std::abs(*written) > 21)
    return remark("a key signature that is none was left out");
  KeyChange key;
  key.at = now();
  key.fifths = *written + fifths_of(transposition_);
  while (key.fifths > 7) key.fifths -= 12;
  while (key.fifths < -7) key.fifths += 12;
  const std::string_view mode = node.child("mode").child_value();
  if (is_one_of(mode, {"minor", "aeolian"})) {
    key.mode = Mode::kMinor;
  } else if (!is_one_of(mode, {"", "major", "ionian", "none"})) {
    remark("the mode " + std::string(mode.substr(0, 20)) + " was kept as its signature");
    if (is_one_of(mode, {"dorian", "phrygian", "locrian"})) key.mode = Mode::kMinor;
  }
  keys_.push_back(key);
}

void PartReader::read_transposition(pugi::xml_node node) {
  constexpr int kMost = 48;
  const int octaves = integer_of(node.child("octave-change")).value_or(0);
  const int chromatic = integer_of(node.child("chromatic")).value_or(0);
  const int diatonic = integer_of(node.child("diatonic")).value_or(steps_of(chromatic));
  const int semitones = chromatic + 12 * octaves;
  const int steps = diatonic + 7 * octaves;
  if (std::abs(octaves) > 4 || std::abs(semitones) > kMost ||
      std::abs(7 * semitones - 12 * steps) > 12) {
    return remark("a transposition that is none was left out");
  }
  if (node.child("double")) remark("an instrument that doubles at the octave lost its other voice");
  if (part_.is_drums) return;
  transposition_ = {static_cast<int8_t>(semitones), static_cast<int8_t>(steps)};
  const bool is_first = heads_.empty();
  if (is_first) {
    part_.transposition = transposition_;
  } else if (transposition_ != part_.transposition) {
    remark("a change of transposition changed the sound, but the page keeps the first one");
  }
}

}  // namespace motet::musicxml
