// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_marks.h"

#include <algorithm>
#include <array>

namespace motet::musicxml {
namespace {

constexpr std::array kMarkNames = std::to_array<MarkName>({
    {"ornaments", "trill-mark", kTrill},
    {"ornaments", "turn", kTurn},
    {"ornaments", "inverted-mordent", kInvertedMordent},
    {"ornaments", "mordent", kMordent},
    {"ornaments", "tremolo", kTremolo},
    {"technical", "up-bow", kUpBow},
    {"technical", "down-bow", kDownBow},
    {"articulations", "accent", kAccent},
    {"articulations", "strong-accent", kMarcato},
    {"articulations", "staccato", kStaccato},
    {"articulations", "tenuto", kTenuto},
    {"articulations", "detached-legato", kStaccato | kTenuto},
    {"articulations", "staccatissimo", kStaccatissimo},
    {"articulations", "breath-mark", kBreath},
    {"", "fermata", kFermata},
    {"", "arpeggiate", kArpeggio},
});

class MarkReader {
 public:
  MarkReader(const std::string& place, Remarks& remarks) : place_(place), remarks_(remarks) {}

  uint32_t read(pugi::xml_node note) {
    for (pugi::xml_node list = note.child("notations"); list;
         list = list.next_sibling("notations")) {
      for (const pugi::xml_node node : list.children()) read_notation(node);
    }
    if (slurs_begun_ > 1 || slurs_ended_ > 1) {
      remarks_.add("one of several slurs that meet at a note was left out", place_);
    }
    if (brackets_ > 1) remarks_.add("a tuplet in a tuplet lost its bracket", place_);
    return marks_;
  }

 private:
  void read_notation(pugi::xml_node node) {
    const std::string_view name = node.name();
    const std::string_view type = node.attribute("type").value();
    if (name == "ornaments" || name == "technical" || name == "articulations") {
      for (const pugi::xml_node child : node.children()) read_named(name, child);
    } else if (name == "slur") {
      if (type == "start") {
        marks_ |= kSlurBegin;
        ++slurs_begun_;
      } else if (type == "stop") {
        marks_ |= kSlurEnd;
        ++slurs_ended_;
      }
    } else if (name == "tuplet") {
      marks_ |= type == "stop" ? kTupletEnd : kTupletBegin;
      if (type != "stop") ++brackets_;
    } else if (name == "glissando" || name == "slide") {
      marks_ |= type == "stop" ? kGlissandoEnd : kGlissandoBegin;
    } else if (name != "tied" && name != "dynamics") {
      read_named("", node);
    }
  }

  void read_named(std::string_view group, pugi::xml_node node) {
    const std::string_view name = node.name();
    const auto found = std::ranges::find_if(
        kMarkNames, [&](const MarkName& mark) { return mark.group == group && mark.name == name; });
    if (found == kMarkNames.end()) {
      if (!name.empty()) remarks_.add("<" + std::string(name) + "> was left out", place_);
      return;
    }
    marks_ |= found->marks;
    if (found->marks == kTremolo && std::string_view(node.child_value()) != "3") {
      remarks_.add("a tremolo kept neither its number of strokes nor its other note", place_);
    }
  }

  const std::string& place_;
  Remarks& remarks_;
  uint32_t marks_ = 0;
  int slurs_begun_ = 0;
  int slurs_ended_ = 0;
  int brackets_ = 0;
};

}  // namespace

std::span<const MarkName> mark_names() { return kMarkNames; }

uint32_t marks_of(pugi::xml_node note, const std::string& place, Remarks& remarks) {
  if (!note.child("notations")) return 0;
  return MarkReader(place, remarks).read(note);
}

}  // namespace motet::musicxml
