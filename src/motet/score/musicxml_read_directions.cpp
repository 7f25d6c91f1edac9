// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "motet/score/musicxml_dynamics.h"
#include "motet/score/musicxml_read_part.h"
#include "motet/score/musicxml_tree.h"

namespace motet::musicxml {
namespace {

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\n") == std::string_view::npos;
}

bool says_yes(pugi::xml_node node, const char* attribute) {
  const std::string_view value = node.attribute(attribute).value();
  return !value.empty() && value != "no";
}

/// The first number in a text such as "c. 96" or "120-132".
std::optional<double> first_number(std::string_view text) {
  const size_t begin = text.find_first_of("0123456789");
  if (begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin);
  return number_of(text.substr(0, text.find_first_not_of("0123456789.")));
}

/// The numbers of an ending as Score has them: "1, 2" is "1,2".
std::string ending_numbers(std::string_view text) {
  std::string numbers;
  for (const char c : text) {
    const bool is_gap = c == ' ' || c == ',' || c == '\t' || c == '\n';
    if (!is_gap) numbers += c;
    if (is_gap && !numbers.empty() && numbers.back() != ',') numbers += ',';
  }
  while (numbers.ends_with(',')) numbers.pop_back();
  return numbers;
}

std::string words_of(pugi::xml_node direction) {
  std::string words;
  for (const pugi::xml_node type : direction.children("direction-type")) {
    for (const pugi::xml_node node : type.children("words")) words += text_of(node);
  }
  return words;
}

}  // namespace

void PartReader::add_direction(Ticks at, DirectionKind kind, const std::string& text,
                               uint8_t staff) {
  part_.directions.push_back({at, kind, text, staff});
}

/// The first part to say a tempo is believed, and there the last tempo said.
void PartReader::add_tempo(Ticks at, double quarters_per_minute) {
  constexpr double kSlowest = 1;
  constexpr double kFastest = 2000;
  if (!(quarters_per_minute >= kSlowest && quarters_per_minute <= kFastest)) {
    return remark("a tempo that cannot be was left out");
  }
  score_.tempos.push_back({at, quarters_per_minute});
}

void PartReader::read_direction(pugi::xml_node node) {
  const Ticks at = now_with_offset(node);
  const uint8_t staff = staff_of(node);
  const pugi::xml_node sound = node.child("sound");
  const bool is_jump = sound && read_jump(sound, words_of(node));
  const bool has_tempo = number_of(sound.attribute("tempo").value()).has_value();
  for (const pugi::xml_node type : node.children("direction-type")) {
    if (is_jump && type.child("words")) continue;
    const pugi::xml_node metronome = type.child("metronome");
    if (metronome && !has_tempo) read_metronome(metronome, at);
    if (metronome && has_tempo && !metronome.child("per-minute")) {
      remark("a mark that one note value becomes another was left out; its tempo was kept");
    }
    read_direction_type(type, at, staff);
  }
  if (sound) read_sound(sound, at);
}

void PartReader::read_direction_type(pugi::xml_node type, Ticks at, uint8_t staff) {
  std::string words;
  for (const pugi::xml_node node : type.children()) {
    const std::string_view name = node.name();
    if (name == "words") {
      words += text_of(node);
    } else if (name == "rehearsal") {
      const std::string text = text_of(node);
      if (!is_blank(text)) score_.markers.push_back({at, text});
    } else if (name == "dynamics") {
      read_dynamics(node, at, staff);
    } else if (name == "segno" || name == "coda") {
      score_.barlines.push_back(
          {at, name == "coda" ? BarlineKind::kCoda : BarlineKind::kSegno, "", 2});
    } else if (name != "metronome" && !read_spanner(node, at, staff) && !name.empty()) {
      remark("<" + std::string(name) + "> was left out");
    }
  }
  if (!is_blank(words)) add_direction(at, DirectionKind::kWords, words, staff);
}

/// Signs that begin in one place and end in another.
bool PartReader::read_spanner(pugi::xml_node node, Ticks at, uint8_t staff) {
  using Kind = DirectionKind;
  const std::string_view name = node.name();
  const std::string_view type = node.attribute("type").value();
  const auto add = [&](Kind kind, const std::string& text = "") {
    add_direction(at, kind, text, staff);
    return true;
  };
  if (name == "wedge") {
    if (type == "crescendo") return add(Kind::kCrescendo);
    if (type == "diminuendo") return add(Kind::kDiminuendo);
    if (type == "stop") return add(Kind::kWedgeEnd);
  } else if (name == "pedal") {
    if (type == "start") return add(Kind::kPedalDown);
    if (type == "stop") return add(Kind::kPedalUp);
    if (type == "change") return add(Kind::kPedalUp) && add(Kind::kPedalDown);
  } else if (name == "octave-shift") {
    // MusicXML names the way the notes are moved on the page: "down" is 8va.
    const std::string_view size = node.attribute("size").value();
    const std::string text = size == "15" || size == "22" ? std::string(size) : "";
    if (type == "down") return add(Kind::kOctaveUp, text);
    if (type == "up") return add(Kind::kOctaveDown, text);
    if (type == "stop") return add(Kind::kOctaveEnd);
  }
  return false;
}

void PartReader::read_dynamics(pugi::xml_node node, Ticks at, uint8_t staff) {
  for (const pugi::xml_node child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    const bool is_other = std::string_view(child.name()) == "other-dynamics";
    const std::string text = is_other ? text_of(child) : child.name();
    if (is_blank(text)) continue;
    add_direction(at, DirectionKind::kDynamic, text, staff);
    if (const auto velocity = velocity_of_dynamic(text)) levels_.push_back({at, *velocity});
  }
}

void PartReader::read_metronome(pugi::xml_node node, Ticks at) {
  const auto value = value_of_type(node.child("beat-unit").child_value());
  const auto per_minute = first_number(node.child("per-minute").child_value());
  if (!value || !per_minute) return remark("a metronome mark without a number was left out");
  double quarters = 4 * std::pow(2.0, -*value);
  double dot = quarters / 2;
  for (const pugi::xml_node unused : node.children("beat-unit-dot")) {
    (void)unused;
    quarters += dot;
    dot /= 2;
  }
  if (!number_of(node.child("per-minute"))) remark("a metronome mark kept only its first number");
  add_tempo(at, *per_minute * quarters);
}

void PartReader::read_sound(pugi::xml_node node, Ticks at) {
  for (const pugi::xml_attribute attribute : node.attributes()) {
    const std::string_view name = attribute.name();
    if (name == "tempo") {
      if (const auto tempo = number_of(attribute.value())) add_tempo(at, *tempo);
    } else if (name == "dynamics") {
      const double percent = number_of(attribute.value()).value_or(100);
      const double velocity = std::clamp(std::round(percent * 0.9), 1.0, 127.0);
      levels_.push_back({at, static_cast<uint8_t>(velocity)});
    } else if (name == "pizzicato" || name == "pan" || name == "elevation" ||
               name == "forward-repeat" || name.ends_with("-pedal")) {
      remark("the sound of \"" + std::string(name) + "\" was left out");
    }
  }
  for (const pugi::xml_node child : node.children()) {
    const std::string_view name = child.name();
    if (name == "offset" || name == "swing" || child.type() != pugi::node_element) {
      if (name == "swing") remark("swing was left out");
      continue;
    }
    remark("the sound of <" + std::string(name) + "> was left out");
  }
  const std::string_view parent = node.parent().name();
  if (parent != "direction") read_jump(node, "");
}

/// Jumps happen at the end of their bar, wherever in it they are printed. Whether `words` are part
/// of one.
bool PartReader::read_jump(pugi::xml_node sound, const std::string& words) {
  struct Jump {
    const char* attribute;
    BarlineKind kind;
    const char* usual;
  };
  constexpr Jump kJumps[] = {{"dacapo", BarlineKind::kDaCapo, "D.C."},
                             {"dalsegno", BarlineKind::kDalSegno, "D.S."},
                             {"tocoda", BarlineKind::kToCoda, "To Coda"},
                             {"fine", BarlineKind::kFine, "Fine"}};
  for (const Jump& jump : kJumps) {
    if (!says_yes(sound, jump.attribute)) continue;
    score_.barlines.push_back({end_, jump.kind, is_blank(words) ? jump.usual : words, 2});
    return true;
  }
  return false;
}

void PartReader::read_harmony(pugi::xml_node node) {
  const Ticks at = now_with_offset(node);
  for (std::string& text : chords_of(node, place_, remarks_)) {
    score_.chords.push_back({at, std::move(text)});
  }
}

void PartReader::read_barline(pugi::xml_node node) {
  const std::string_view location = node.attribute("location").value();
  const Ticks at = location == "left" ? begin_ : location == "middle" ? now() : end_;
  const auto add = [&](BarlineKind kind, const std::string& text = "", uint8_t times = 2) {
    score_.barlines.push_back({at, kind, text, times});
  };
  const pugi::xml_node repeat = node.child("repeat");
  if (repeat) {
    const bool is_forward = std::string_view(repeat.attribute("direction").value()) == "forward";
    const int times = integer_of(repeat.attribute("times").value()).value_or(2);
    add(is_forward ? BarlineKind::kRepeatBegin : BarlineKind::kRepeatEnd, "",
        is_forward ? uint8_t{2} : static_cast<uint8_t>(std::clamp(times, 1, 255)));
  }
  const pugi::xml_node ending = node.child("ending");
  if (ending) {
    const std::string_view type = ending.attribute("type").value();
    add(type == "start"  ? BarlineKind::kEndingBegin
        : type == "stop" ? BarlineKind::kEndingEnd
                         : BarlineKind::kEndingOpen,
        ending_numbers(ending.attribute("number").value()));
  }
  if (node.child("segno")) add(BarlineKind::kSegno);
  if (node.child("coda")) add(BarlineKind::kCoda);
  if (node.child("fermata")) remark("a fermata on a bar line was left out");
  const std::string_view style = node.child("bar-style").child_value();
  if (repeat || style.empty() || style == "regular") return;
  if (style == "light-light") return add(BarlineKind::kDouble);
  if (style == "light-heavy") return add(BarlineKind::kFinal);
  if (style == "dashed") return add(BarlineKind::kDashed);
  if (style == "none") return add(BarlineKind::kInvisible);
  remark("a bar line of style " + std::string(style.substr(0, 20)) + " became a plain one");
}

}  // namespace motet::musicxml
