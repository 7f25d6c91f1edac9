// SPDX-License-Identifier: Apache-2.0
// The names of keys: writing them, reading them, and guessing what a misspelt one meant.
#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>

#include "motet/theory/key.h"

namespace motet {
namespace {

constexpr std::array<std::string_view, 12> kMajorTonics = {
    "C", "D-flat", "D", "E-flat", "E", "F", "G-flat", "G", "A-flat", "A", "B-flat", "B"};
constexpr std::array<std::string_view, 12> kMinorTonics = {
    "C", "C-sharp", "D", "E-flat", "E", "F", "F-sharp", "G", "G-sharp", "A", "B-flat", "B"};

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

struct Accidental {
  std::string_view spelling;  // lower case
  int shift;
};

// Longest first, so that "-flat" is not read as Humdrum's "-" with a remainder.
constexpr std::array<Accidental, 9> kAccidentals = {{
    {"-sharp", 1},
    {" sharp", 1},
    {"sharp", 1},
    {"-flat", -1},
    {" flat", -1},
    {"flat", -1},
    {"\u266F", 1},
    {"\u266D", -1},
    {"#", 1},
}};

// Takes one accidental off the front of `rest`, and says by how much it moves the letter.
int take_accidental(std::string_view& rest) {
  const std::string text = lowered(rest);
  for (const Accidental& accidental : kAccidentals) {
    if (text.starts_with(accidental.spelling)) {
      rest.remove_prefix(accidental.spelling.size());
      return accidental.shift;
    }
  }
  // Humdrum's flat, "B-:", but not the hyphen of "A-minor".
  const bool is_hyphen = text.size() > 1 && std::isalpha(static_cast<unsigned char>(text[1])) != 0;
  if (rest.starts_with('b') || (rest.starts_with('-') && !is_hyphen)) {
    rest.remove_prefix(1);
    return -1;
  }
  return 0;
}

// What follows the tonic. Church modes other than Ionian and Aeolian are no key of ours.
std::optional<Mode> parse_mode(std::string_view text, bool lower_case_tonic) {
  if (text == "M") return Mode::kMajor;
  const std::string word = lowered(text);
  if (word.empty()) return lower_case_tonic ? Mode::kMinor : Mode::kMajor;
  for (const std::string_view name : {"maj", "major", "dur", "ion", "ionian"}) {
    if (word == name) return Mode::kMajor;
  }
  for (const std::string_view name : {"m", "min", "minor", "moll", "aeo", "aeolian"}) {
    if (word == name) return Mode::kMinor;
  }
  return std::nullopt;
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

// The spellings under which people look for a tonic, in lower case. German H is B.
constexpr std::array<std::array<std::string_view, 5>, 12> kTonicSpellings = {
    {{"c", "b#", "b-sharp", "", ""},
     {"db", "d-flat", "c#", "c-sharp", ""},
     {"d", "", "", "", ""},
     {"eb", "e-flat", "d#", "d-sharp", ""},
     {"e", "fb", "f-flat", "", ""},
     {"f", "e#", "", "", ""},
     {"gb", "g-flat", "f#", "f-sharp", ""},
     {"g", "", "", "", ""},
     {"ab", "a-flat", "g#", "g-sharp", ""},
     {"a", "", "", "", ""},
     {"bb", "b-flat", "a#", "a-sharp", ""},
     {"b", "cb", "c-flat", "h", ""}}};

size_t distance_to(std::string_view text, Key key) {
  const std::string mode = key.mode == Mode::kMajor ? " major" : " minor";
  size_t best = edit_distance(text, lowered(name_of(key)));
  for (const std::string_view tonic : kTonicSpellings[static_cast<size_t>(key.tonic)]) {
    if (!tonic.empty()) best = std::min(best, edit_distance(text, std::string(tonic) + mode));
  }
  return best;
}

}  // namespace

std::string name_of(Key key) {
  const bool major = key.mode == Mode::kMajor;
  const auto tonic = static_cast<size_t>(key.tonic);
  return std::string(major ? kMajorTonics[tonic] : kMinorTonics[tonic]) +
         (major ? " major" : " minor");
}

std::optional<Key> parse_key(std::string_view text) {
  std::string_view rest = trimmed(text);
  if (rest.empty()) return std::nullopt;
  const char letter = lower(rest.front());
  if (letter < 'a' || letter > 'g') return std::nullopt;
  const bool lower_case = rest.front() == letter;
  rest.remove_prefix(1);
  const int shift = take_accidental(rest);
  if (rest.starts_with(':')) rest.remove_prefix(1);
  if (rest.starts_with('-')) rest.remove_prefix(1);  // "A-minor"
  const auto mode = parse_mode(trimmed(rest), lower_case);
  if (!mode) return std::nullopt;
  const int natural = kLetterPitchClasses[static_cast<size_t>(letter - 'a')];
  return Key{.tonic = (natural + shift + 12) % 12, .mode = *mode};
}

std::vector<std::string> nearest_keys(std::string_view text, size_t count) {
  const std::string wanted = lowered(trimmed(text));
  std::vector<std::pair<size_t, std::string>> found;
  for (const Mode mode : {Mode::kMajor, Mode::kMinor}) {
    for (int tonic = 0; tonic < 12; ++tonic) {
      const Key key{.tonic = tonic, .mode = mode};
      found.emplace_back(distance_to(wanted, key), name_of(key));
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  found.resize(std::min(count, found.size()));
  std::vector<std::string> names;
  for (auto& [distance, name] : found) names.push_back(std::move(name));
  return names;
}

int fifths_of(Key key) {
  const int major_tonic = key.mode == Mode::kMajor ? key.tonic : (key.tonic + 3) % 12;
  const int fifths = major_tonic * 7 % 12;
  return fifths >= 6 ? fifths - 12 : fifths;
}

int semitones_to_home(Key key) {
  const int home = key.mode == Mode::kMajor ? 0 : 9;
  return (home - key.tonic + 18) % 12 - 6;
}

Key key_of_signature(int fifths, Mode mode) {
  const int major_tonic = ((fifths * 7) % 12 + 12) % 12;
  return {.tonic = mode == Mode::kMajor ? major_tonic : (major_tonic + 9) % 12, .mode = mode};
}

}  // namespace motet
