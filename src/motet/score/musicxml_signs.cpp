// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_signs.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "motet/score/musicxml_dynamics.h"
#include "motet/score/musicxml_harmony.h"

namespace motet::musicxml {
namespace {

void write_offset(Xml& xml, Ticks offset) {
  if (offset.value != 0) xml.leaf("offset", std::to_string(offset.value), {{"sound", "yes"}});
}

void write_degrees(Xml& xml, const Harmony& harmony) {
  for (const Degree& degree : harmony.degrees) {
    const bool is_added = degree.type == DegreeType::kAdd;
    const bool is_altered = degree.type == DegreeType::kAlter;
    xml.open("degree");
    xml.leaf("degree-value", degree.value);
    xml.leaf("degree-alter", degree.alter);
    xml.leaf("degree-type", is_added ? "add" : is_altered ? "alter" : "subtract");
    xml.close();
  }
}

/// Opens <direction><direction-type>, to be closed by close_type.
void open_type(Xml& xml, const char* placement) {
  xml.open("direction", {{"placement", placement}});
  xml.open("direction-type");
}

/// The element inside <direction-type>.
void write_direction_type(Xml& xml, const Direction& direction, const std::string& number) {
  using Kind = DirectionKind;
  const auto spanner = [&](std::string_view name, const std::string& type) {
    xml.empty(name, {{"type", type}, {"number", number}});
  };
  const auto shift = [&](const std::string& type) {
    const std::string size = direction.text.empty() ? "8" : direction.text;
    xml.empty("octave-shift", {{"type", type}, {"size", size}, {"number", number}});
  };
  switch (direction.kind) {
    case Kind::kDynamic:
      xml.open("dynamics");
      if (is_dynamic_name(direction.text)) {
        xml.empty(direction.text);
      } else {
        xml.leaf("other-dynamics", direction.text);
      }
      return xml.close();
    case Kind::kWords:
      return xml.leaf("words", direction.text);
    case Kind::kCrescendo:
      return spanner("wedge", "crescendo");
    case Kind::kDiminuendo:
      return spanner("wedge", "diminuendo");
    case Kind::kWedgeEnd:
      return spanner("wedge", "stop");
    case Kind::kPedalDown:
      return xml.empty("pedal", {{"type", "start"}});
    case Kind::kPedalUp:
      return xml.empty("pedal", {{"type", "stop"}});
    case Kind::kOctaveUp:
      return shift("down");
    case Kind::kOctaveDown:
      return shift("up");
    case Kind::kOctaveEnd:
      return shift("stop");
  }
}

/// One <barline>, as far as it can say what is in `lines`; what it says is taken out of them.
class BarlineElement {
 public:
  explicit BarlineElement(std::vector<Barline>& lines) {
    repeat_ = take(lines, {BarlineKind::kRepeatBegin, BarlineKind::kRepeatEnd});
    ending_ =
        take(lines, {BarlineKind::kEndingBegin, BarlineKind::kEndingEnd, BarlineKind::kEndingOpen});
    if (repeat_) return;
    style_ = take(lines, {BarlineKind::kDouble, BarlineKind::kFinal, BarlineKind::kDashed,
                          BarlineKind::kInvisible});
  }

  bool is_empty() const { return !repeat_ && !ending_ && !style_; }

  void write(Xml& xml, const std::string& location) const {
    xml.open("barline", {{"location", location}});
    if (repeat_ || style_) xml.leaf("bar-style", style());
    if (ending_) write_ending(xml);
    if (repeat_) write_repeat(xml);
    xml.close();
  }

 private:
  static std::optional<Barline> take(std::vector<Barline>& lines,
                                     std::initializer_list<BarlineKind> kinds) {
    const auto found = std::ranges::find_if(lines, [&](const Barline& line) {
      return std::ranges::find(kinds, line.kind) != kinds.end();
    });
    if (found == lines.end()) return std::nullopt;
    const Barline line = *found;
    lines.erase(found);
    return line;
  }

  std::string_view style() const {
    if (repeat_) return repeat_->kind == BarlineKind::kRepeatBegin ? "heavy-light" : "light-heavy";
    switch (style_->kind) {
      case BarlineKind::kDouble:
        return "light-light";
      case BarlineKind::kDashed:
        return "dashed";
      case BarlineKind::kInvisible:
        return "none";
      default:
        return "light-heavy";
    }
  }

  void write_ending(Xml& xml) const {
    const std::string type = ending_->kind == BarlineKind::kEndingBegin ? "start"
                             : ending_->kind == BarlineKind::kEndingEnd ? "stop"
                                                                        : "discontinue";
    xml.empty("ending", {{"number", ending_->text}, {"type", type}});
  }

  void write_repeat(Xml& xml) const {
    const bool is_begin = repeat_->kind == BarlineKind::kRepeatBegin;
    Xml::Attributes attributes = {{"direction", is_begin ? "forward" : "backward"}};
    if (!is_begin && repeat_->times != 2) {
      attributes.emplace_back("times", std::to_string(repeat_->times));
    }
    xml.empty("repeat", attributes);
  }

  std::optional<Barline> repeat_;
  std::optional<Barline> ending_;
  std::optional<Barline> style_;
};

}  // namespace

void write_time(Xml& xml, int numerator, int denominator, bool is_hidden) {
  xml.open("time", is_hidden ? Xml::Attributes{{"print-object", "no"}} : Xml::Attributes{});
  xml.leaf("beats", numerator);
  xml.leaf("beat-type", denominator);
  xml.close();
}

void write_key(Xml& xml, int fifths, const Mode* mode) {
  xml.open("key");
  xml.leaf("fifths", fifths);
  if (mode != nullptr) xml.leaf("mode", *mode == Mode::kMinor ? "minor" : "major");
  xml.close();
}

void write_clef(Xml& xml, const Clef& clef, bool is_numbered) {
  xml.open("clef", is_numbered ? Xml::Attributes{{"number", std::to_string(clef.staff + 1)}}
                               : Xml::Attributes{});
  const std::string sign = clef.sign == 'P'   ? "percussion"
                           : clef.sign == 'T' ? "TAB"
                                              : std::string(1, clef.sign);
  xml.leaf("sign", sign);
  if (clef.sign != 'P') xml.leaf("line", clef.line);
  if (clef.octave != 0) xml.leaf("clef-octave-change", clef.octave);
  xml.close();
}

void write_metronome(Xml& xml, double quarters_per_minute, bool is_dotted, Ticks offset) {
  const double beats = is_dotted ? quarters_per_minute / 1.5 : quarters_per_minute;
  open_type(xml, "above");
  xml.open("metronome");
  xml.leaf("beat-unit", "quarter");
  if (is_dotted) xml.empty("beat-unit-dot");
  xml.leaf("per-minute", static_cast<int64_t>(std::llround(beats)));
  xml.close();
  xml.close();
  write_offset(xml, offset);
  xml.empty("sound", {{"tempo", exact_text(quarters_per_minute)}});
  xml.close();
}

void write_tempo(Xml& xml, double quarters_per_minute, Ticks offset) {
  const Xml::Attributes attributes = {{"tempo", exact_text(quarters_per_minute)}};
  if (offset.value == 0) return xml.empty("sound", attributes);
  xml.open("sound", attributes);
  write_offset(xml, offset);
  xml.close();
}

void write_words(Xml& xml, const std::string& text, Ticks offset) {
  open_type(xml, "above");
  xml.leaf("words", text);
  xml.close();
  write_offset(xml, offset);
  xml.close();
}

void write_rehearsal(Xml& xml, const std::string& text, Ticks offset) {
  open_type(xml, "above");
  xml.leaf("rehearsal", text);
  xml.close();
  write_offset(xml, offset);
  xml.close();
}

void write_chord_symbol(Xml& xml, const std::string& text, Ticks offset) {
  const auto harmony = parse_harmony(text);
  if (!harmony) return write_words(xml, text, offset);
  const bool is_none = harmony->kind == "none";
  xml.open("harmony");
  xml.open("root");
  xml.leaf("root-step", std::string(1, harmony->root),
           is_none ? Xml::Attributes{{"text", ""}} : Xml::Attributes{});
  if (harmony->root_alter != 0) xml.leaf("root-alter", harmony->root_alter);
  xml.close();
  xml.leaf("kind", harmony->kind, {{"text", harmony->text}});
  if (harmony->bass) {
    xml.open("bass");
    xml.leaf("bass-step", std::string(1, *harmony->bass));
    if (harmony->bass_alter != 0) xml.leaf("bass-alter", harmony->bass_alter);
    xml.close();
  }
  write_degrees(xml, *harmony);
  if (offset.value != 0) xml.leaf("offset", offset.value);
  xml.close();
}

void write_direction(Xml& xml, const Direction& direction, Ticks offset, int staff_number) {
  const bool is_above =
      direction.kind == DirectionKind::kWords || direction.kind == DirectionKind::kOctaveUp;
  open_type(xml, is_above ? "above" : "below");
  write_direction_type(xml, direction, std::to_string(direction.staff + 1));
  xml.close();
  write_offset(xml, offset);
  if (staff_number != 0) xml.leaf("staff", staff_number);
  xml.close();
}

bool is_jump(BarlineKind kind) {
  return kind == BarlineKind::kFine || kind == BarlineKind::kDaCapo ||
         kind == BarlineKind::kDalSegno || kind == BarlineKind::kToCoda;
}

void write_jump(Xml& xml, const Barline& jump) {
  open_type(xml, "above");
  if (is_jump(jump.kind)) {
    xml.leaf("words", jump.text);
  } else {
    xml.empty(jump.kind == BarlineKind::kCoda ? "coda" : "segno");
  }
  xml.close();
  switch (jump.kind) {
    case BarlineKind::kFine:
      xml.empty("sound", {{"fine", "yes"}});
      break;
    case BarlineKind::kDaCapo:
      xml.empty("sound", {{"dacapo", "yes"}});
      break;
    case BarlineKind::kDalSegno:
      xml.empty("sound", {{"dalsegno", "segno"}});
      break;
    case BarlineKind::kToCoda:
      xml.empty("sound", {{"tocoda", "coda"}});
      break;
    case BarlineKind::kCoda:
      xml.empty("sound", {{"coda", "coda"}});
      break;
    default:
      xml.empty("sound", {{"segno", "segno"}});
  }
  xml.close();
}

void write_barlines(Xml& xml, std::vector<Barline> lines, const std::string& location) {
  while (!lines.empty()) {
    const BarlineElement element(lines);
    if (element.is_empty()) return;
    element.write(xml, location);
  }
}

}  // namespace motet::musicxml
