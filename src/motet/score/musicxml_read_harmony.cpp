// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <string_view>

#include "motet/score/musicxml_harmony.h"
#include "motet/score/musicxml_read_part.h"
#include "motet/score/musicxml_tree.h"

namespace motet::musicxml {
namespace {

/// A step and its alteration; nothing where there is no such note.
struct Name {
  char step = 'C';
  int alter = 0;
};

std::optional<Name> name_in(pugi::xml_node node, const char* step, const char* alter) {
  const std::string_view letter = node.child(step).child_value();
  if (letter.size() != 1 || letter[0] < 'A' || letter[0] > 'G') return std::nullopt;
  const double exact = number_of(node.child(alter)).value_or(0);
  return Name{letter[0], static_cast<int>(std::round(std::clamp(exact, -2.0, 2.0)))};
}

/// The text of an attribute in one line.
std::string line_of(pugi::xml_attribute attribute) {
  std::string_view text = attribute.value();
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return std::string(text);
}

class ChordReader {
 public:
  ChordReader(const std::string& place, Remarks& remarks) : place_(place), remarks_(remarks) {}

  std::vector<std::string> read(pugi::xml_node node) {
    for (const pugi::xml_node child : node.children()) read_child(child);
    finish();
    if (!was_begun_) read_rootless(node);
    return std::move(texts_);
  }

 private:
  /// Some programs leave out the root where there is no chord.
  void read_rootless(pugi::xml_node node) {
    if (std::string_view(node.child("kind").child_value()) == "none") {
      texts_.emplace_back("N.C.");
    } else {
      remarks_.add("a chord symbol without a root was left out", place_);
    }
  }

  void read_child(pugi::xml_node node) {
    const std::string_view name = node.name();
    if (name == "root" || name == "numeral" || name == "function") {
      finish();
      begin(node);
    } else if (name == "kind") {
      harmony_.kind = node.child_value();
      harmony_.text = line_of(node.attribute("text"));
      if (harmony_.text.empty()) harmony_.text = harmony_.kind;
    } else if (name == "bass") {
      if (const auto bass = name_in(node, "bass-step", "bass-alter")) {
        harmony_.bass = bass->step;
        harmony_.bass_alter = bass->alter;
      }
    } else if (name == "degree") {
      read_degree(node);
    } else if (name == "inversion") {
      remarks_.add("the number of a chord's inversion was left out", place_);
    } else if (name == "frame") {
      remarks_.add("the frets of a chord were left out", place_);
    }
  }

  void begin(pugi::xml_node node) {
    was_begun_ = true;
    harmony_ = Harmony();
    harmony_.kind = "major";
    const auto root = name_in(node, "root-step", "root-alter");
    has_root_ = root.has_value();
    if (!root) return remarks_.add("a chord symbol without a root was left out", place_);
    harmony_.root = root->step;
    harmony_.root_alter = root->alter;
  }

  void read_degree(pugi::xml_node node) {
    Degree degree;
    degree.value = integer_of(node.child("degree-value")).value_or(0);
    degree.alter = std::clamp(integer_of(node.child("degree-alter")).value_or(0), -2, 2);
    const std::string_view type = node.child("degree-type").child_value();
    if (degree.value < 1 || degree.value > 13) {
      return remarks_.add("a degree of a chord beyond the 13th was left out", place_);
    }
    if (type == "subtract") {
      degree.type = DegreeType::kSubtract;
    } else if (type == "alter" && has_degree(harmony_.kind, degree.value)) {
      degree.type = DegreeType::kAlter;
      if (degree.alter == 0) return;  // changes nothing
    }
    harmony_.degrees.push_back(degree);
  }

  void finish() {
    if (has_root_) texts_.push_back(chord_text(harmony_));
    has_root_ = false;
  }

  const std::string& place_;
  Remarks& remarks_;
  Harmony harmony_;
  bool has_root_ = false;
  bool was_begun_ = false;
  std::vector<std::string> texts_;
};

}  // namespace

std::vector<std::string> chords_of(pugi::xml_node harmony, const std::string& place,
                                   Remarks& remarks) {
  return ChordReader(place, remarks).read(harmony);
}

}  // namespace motet::musicxml
