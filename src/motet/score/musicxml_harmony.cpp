// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_harmony.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

namespace motet::musicxml {
namespace {

constexpr std::string_view kSteps = "CDEFGAB";
constexpr std::string_view kNoChord = "N.C.";

/// A name for a kind, or for a kind with degrees. The first of several names is the one written.
struct Kind {
  std::string_view suffix;
  std::string_view name;
  std::string_view degrees = "";
};

constexpr Kind kKinds[] = {
    {"", "major"},
    {"maj", "major"},
    {"M", "major"},
    {"m", "minor"},
    {"min", "minor"},
    {"-", "minor"},
    {"aug", "augmented"},
    {"+", "augmented"},
    {"dim", "diminished"},
    {"o", "diminished"},
    {"7", "dominant"},
    {"dom7", "dominant"},
    {"maj7", "major-seventh"},
    {"M7", "major-seventh"},
    {"Maj7", "major-seventh"},
    {"m7", "minor-seventh"},
    {"min7", "minor-seventh"},
    {"-7", "minor-seventh"},
    {"dim7", "diminished-seventh"},
    {"o7", "diminished-seventh"},
    {"aug7", "augmented-seventh"},
    {"+7", "augmented-seventh"},
    {"m7b5", "half-diminished"},
    {"hdim7", "half-diminished"},
    {"hdim", "half-diminished"},
    {"m7(b5)", "half-diminished"},
    {"mmaj7", "major-minor"},
    {"mM7", "major-minor"},
    {"minmaj7", "major-minor"},
    {"6", "major-sixth"},
    {"maj6", "major-sixth"},
    {"m6", "minor-sixth"},
    {"min6", "minor-sixth"},
    {"9", "dominant-ninth"},
    {"maj9", "major-ninth"},
    {"M9", "major-ninth"},
    {"m9", "minor-ninth"},
    {"min9", "minor-ninth"},
    {"11", "dominant-11th"},
    {"maj11", "major-11th"},
    {"m11", "minor-11th"},
    {"13", "dominant-13th"},
    {"maj13", "major-13th"},
    {"m13", "minor-13th"},
    {"sus2", "suspended-second"},
    {"sus4", "suspended-fourth"},
    {"sus", "suspended-fourth"},
    {"5", "power"},
    {"7sus4", "suspended-fourth", "(add7)"},
    {"7sus", "suspended-fourth", "(add7)"},
    {"9sus4", "suspended-fourth", "(add7,add9)"},
    {"69", "major-sixth", "(add9)"},
    {"6/9", "major-sixth", "(add9)"},
    {"m69", "minor-sixth", "(add9)"},
    {"Neapolitan", "Neapolitan"},
    {"Italian", "Italian"},
    {"French", "French"},
    {"German", "German"},
    {"pedal", "pedal"},
    {"Tristan", "Tristan"},
};

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

int take_alter(std::string_view& text) {
  int alter = 0;
  while (!text.empty() && (text[0] == '#' || text[0] == 'b') && std::abs(alter) < 2) {
    alter += text[0] == '#' ? 1 : -1;
    text.remove_prefix(1);
  }
  return alter;
}

/// Takes a note name such as "F#" from the front of `text`.
bool take_name(std::string_view& text, char& step, int& alter) {
  if (text.empty() || kSteps.find(text[0]) == std::string_view::npos) return false;
  step = text[0];
  text.remove_prefix(1);
  alter = take_alter(text);
  return true;
}

std::optional<int> take_value(std::string_view& text) {
  for (const int value : {10, 11, 12, 13, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
    if (take(text, std::to_string(value))) return value;
  }
  return std::nullopt;
}

/// "b9", "add9", "no3": a number alone is no degree, since "69" or "11" say something else.
std::optional<Degree> take_degree(std::string_view& text, std::string_view kind) {
  const bool is_added = take(text, "add");
  const bool is_taken = !is_added && (take(text, "no") || take(text, "omit"));
  Degree degree;
  degree.alter = take_alter(text);
  const auto value = take_value(text);
  if (!value || (!is_added && !is_taken && degree.alter == 0)) return std::nullopt;
  degree.value = *value;
  if (is_taken) {
    degree.type = DegreeType::kSubtract;
  } else if (!is_added && has_degree(kind, *value)) {
    degree.type = DegreeType::kAlter;
  }
  return degree;
}

/// All of `text` as degrees, in brackets or without; nothing where something is left over.
std::optional<std::vector<Degree>> parse_degrees(std::string_view text, std::string_view kind) {
  std::vector<Degree> degrees;
  while (!text.empty()) {
    if (take(text, "(") || take(text, ")") || take(text, ",")) continue;
    const auto degree = take_degree(text, kind);
    if (!degree) return std::nullopt;
    degrees.push_back(*degree);
  }
  return degrees;
}

std::string alter_text(int alter) {
  return std::string(static_cast<size_t>(std::abs(alter)), alter > 0 ? '#' : 'b');
}

std::string degrees_text(const Harmony& harmony) {
  std::string text;
  for (const Degree& degree : harmony.degrees) {
    text += text.empty() ? "(" : ",";
    const bool is_clear = degree.alter != 0 && !has_degree(harmony.kind, degree.value);
    if (degree.type == DegreeType::kSubtract) text += "no";
    if (degree.type == DegreeType::kAdd && !is_clear) text += "add";
    text += alter_text(degree.alter) + std::to_string(degree.value);
  }
  return text.empty() ? text : text + ")";
}

/// The suffix of a kind without degrees.
std::string_view plain_suffix(std::string_view name) {
  const auto* const found = std::ranges::find_if(
      kKinds, [&](const Kind& kind) { return kind.name == name && kind.degrees.empty(); });
  return found == std::ranges::end(kKinds) ? std::string_view() : found->suffix;
}

/// The kind and degrees that a suffix such as "7(b9)" means.
void read_suffix(std::string_view suffix, Harmony& harmony) {
  const Kind* best = nullptr;
  std::vector<Degree> best_degrees;
  for (const Kind& kind : kKinds) {
    if (!suffix.starts_with(kind.suffix)) continue;
    if (best != nullptr && best->suffix.size() >= kind.suffix.size()) continue;
    const auto more = parse_degrees(suffix.substr(kind.suffix.size()), kind.name);
    if (!more) continue;
    best = &kind;
    best_degrees = *parse_degrees(kind.degrees, kind.name);
    best_degrees.insert(best_degrees.end(), more->begin(), more->end());
  }
  if (best == nullptr) {
    harmony.kind = "other";
    harmony.text = suffix;
    return;
  }
  harmony.kind = best->name;
  harmony.text = best->degrees.empty() ? best->suffix : plain_suffix(best->name);
  harmony.degrees = std::move(best_degrees);
}

std::string suffix_of(const Harmony& harmony) {
  const std::string degrees = degrees_text(harmony);
  for (const Kind& kind : kKinds) {
    if (kind.name == harmony.kind && kind.degrees == degrees) return std::string(kind.suffix);
  }
  const auto is_meant = [&](const Kind& kind) { return kind.name == harmony.kind; };
  if (std::ranges::any_of(kKinds, is_meant)) {
    return std::string(plain_suffix(harmony.kind)) + degrees;
  }
  const bool looks_like_alter = harmony.text.starts_with('#') || harmony.text.starts_with('b');
  return (looks_like_alter ? "(" + harmony.text + ")" : harmony.text) + degrees;
}

}  // namespace

bool has_degree(std::string_view kind, int value) {
  const auto says = [&](std::string_view word) {
    return kind.find(word) != std::string_view::npos;
  };
  const bool is_13th = says("13th");
  const bool is_11th = is_13th || says("11th");
  const bool is_9th = is_11th || says("ninth");
  switch (value) {
    case 1:
    case 5:
      return true;
    case 2:
      return says("suspended-second");
    case 3:
      return !says("suspended") && kind != "power";
    case 4:
      return says("suspended-fourth");
    case 6:
      return says("sixth");
    case 7:
      return is_9th || says("seventh") || kind == "dominant" || kind == "half-diminished" ||
             kind == "major-minor";
    case 9:
      return is_9th;
    case 11:
      return is_11th;
    case 13:
      return is_13th;
    default:
      return false;
  }
}

std::optional<Harmony> parse_harmony(std::string_view text) {
  Harmony harmony;
  if (text == kNoChord) {
    harmony.kind = "none";
    harmony.text = kNoChord;
    return harmony;
  }
  if (!take_name(text, harmony.root, harmony.root_alter)) return std::nullopt;
  const size_t slash = text.rfind('/');
  if (slash != std::string_view::npos) {
    std::string_view bass = text.substr(slash + 1);
    char step = 'C';
    if (take_name(bass, step, harmony.bass_alter) && bass.empty()) {
      harmony.bass = step;
      text = text.substr(0, slash);
    } else {
      harmony.bass_alter = 0;
    }
  }
  read_suffix(text, harmony);
  return harmony;
}

std::string chord_text(const Harmony& harmony) {
  if (harmony.kind == "none") return std::string(kNoChord);
  const auto spelled = [](const Harmony& chord) {
    std::string name = chord.root + alter_text(chord.root_alter) + suffix_of(chord);
    if (chord.bass) name += std::string("/") + *chord.bass + alter_text(chord.bass_alter);
    return name;
  };
  const std::string name = spelled(harmony);
  const auto again = parse_harmony(name);  // "m7(b5)" is "m7b5"
  return again ? spelled(*again) : name;
}

}  // namespace motet::musicxml
