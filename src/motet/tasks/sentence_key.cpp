// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/sentence_key.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace motet::tasks {
namespace {

constexpr std::array<int, 7> kLetterPitch = {9, 11, 0, 2, 4, 5, 7};  // A B C D E F G

constexpr std::array<std::pair<std::string_view, int>, 17> kGermanTonics = {{{"cis", 1},
                                                                             {"dis", 3},
                                                                             {"fis", 6},
                                                                             {"gis", 8},
                                                                             {"ais", 10},
                                                                             {"ces", 11},
                                                                             {"des", 1},
                                                                             {"es", 3},
                                                                             {"ges", 6},
                                                                             {"as", 8},
                                                                             {"b", 10},
                                                                             {"h", 11},
                                                                             {"c", 0},
                                                                             {"d", 2},
                                                                             {"e", 4},
                                                                             {"f", 5},
                                                                             {"g", 7}}};

struct Tonic {
  int pitch_class = 0;
  size_t words = 1;
  bool is_article = false;   ///< "a" or "A", which may be the article
  std::optional<Mode> mode;  ///< where it is written with the letter: "Am"
};

std::optional<Tonic> tonic_at(const Sentence& sentence, size_t i) {
  if (!sentence.is_free(i)) return std::nullopt;
  const std::string& lower = sentence.at(i).lower;
  const char letter = lower[0];
  if (letter < 'a' || letter > 'g') return std::nullopt;
  Tonic tonic{.pitch_class = kLetterPitch[static_cast<size_t>(letter - 'a')], .mode = {}};
  std::string_view rest = std::string_view(lower).substr(1);
  int shift = 0;
  if (rest.starts_with('#')) shift = 1;
  if (rest.starts_with('b')) shift = -1;
  if (shift != 0) rest.remove_prefix(1);
  if (rest == "m" || rest == "min") tonic.mode = Mode::kMinor;
  if (rest == "maj") tonic.mode = Mode::kMajor;
  if (!rest.empty() && !tonic.mode) return std::nullopt;
  tonic.is_article = lower == "a";
  const bool may_go_on =
      shift == 0 && !tonic.mode && i + 1 < sentence.size() && !sentence.at(i + 1).after_break;
  if (may_go_on && sentence.is(i + 1, {"sharp", "flat"})) {
    shift = sentence.is(i + 1, {"sharp"}) ? 1 : -1;
    tonic.words = 2;
    tonic.is_article = false;
  }
  tonic.pitch_class = (tonic.pitch_class + shift + 12) % 12;
  return tonic;
}

std::optional<Mode> mode_at(const Sentence& sentence, size_t i) {
  if (i < sentence.size() && sentence.at(i).after_break) return std::nullopt;
  if (sentence.is(i, {"major", "maj", "dur"})) return Mode::kMajor;
  if (sentence.is(i, {"minor", "min", "moll"})) return Mode::kMinor;
  if (sentence.is(i, {"ionian", "lydian", "mixolydian"})) return Mode::kMajor;
  if (sentence.is(i, {"aeolian", "dorian", "phrygian", "locrian"})) return Mode::kMinor;
  return std::nullopt;
}

/// Whether a noun phrase may be over before word i, so that "in D" or "a minor" stand alone.
bool ends_before(const Sentence& sentence, size_t i) {
  if (i >= sentence.size()) return true;
  const Word& word = sentence.at(i);
  if (word.after_break || word.is_claimed) return true;
  static constexpr std::string_view kGoOn[] = {
      "for",    "with",  "at",    "and",     "but",     "by",       "on",     "in",
      "that",   "which", "about", "around",  "lasting", "played",   "using",  "featuring",
      "please", "to",    "as",    "like",    "from",    "without",  "called", "titled",
      "named",  "piece", "tune",  "melody",  "theme",   "movement", "music",  "composition",
      "work",   "key",   "scale", "tonality"};
  return std::ranges::find(kGoOn, std::string_view(word.lower)) != std::end(kGoOn);
}

/// How many words before i say that a key comes: "in", "key of", "in the key of", "key".
struct Prefix {
  size_t words = 0;
  bool says_key = false;
};

Prefix prefix_of(const Sentence& sentence, size_t i) {
  const auto is = [&](size_t back, std::initializer_list<std::string_view> words) {
    return i >= back && sentence.is(i - back, words);
  };
  if (is(1, {"of"}) && is(2, {"key"})) {
    return {is(3, {"the"}) ? size_t{is(4, {"in"}) ? 4U : 3U} : size_t{2}, true};
  }
  if (is(1, {"key"})) return {1, true};
  return {is(1, {"in"}) ? size_t{1} : size_t{0}, false};
}

/// "clarinet in B flat" names the clarinet; the tonics are those that such instruments come in.
bool is_transposing(const Sentence& sentence, size_t in, int pitch_class) {
  if (in == 0 || !sentence.at(in - 1).is_claimed) return false;
  const std::string& name = sentence.at(in - 1).lower;
  const auto is_one_of = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::any_of(names, [&](std::string_view n) { return name.starts_with(n); });
  };
  if (is_one_of({"clarinet"})) return pitch_class == 10 || pitch_class == 9 || pitch_class == 3;
  if (is_one_of({"sax", "trumpet", "cornet"})) return pitch_class == 10 || pitch_class == 3;
  return is_one_of({"horn"}) && (pitch_class == 5 || pitch_class == 3);
}

std::optional<KeyInWords> german_at(const Sentence& sentence, size_t i) {
  if (!sentence.is_free(i) || !sentence.is(i + 1, {"moll", "dur"})) return std::nullopt;
  const auto found = std::ranges::find_if(
      kGermanTonics, [&](const auto& entry) { return entry.first == sentence.at(i).lower; });
  if (found == kGermanTonics.end()) return std::nullopt;
  return KeyInWords{{found->second, *mode_at(sentence, i + 1)}, i, 2};
}

std::optional<KeyInWords> key_at(const Sentence& sentence, size_t i) {
  if (const auto german = german_at(sentence, i)) return german;
  const auto tonic = tonic_at(sentence, i);
  if (!tonic) return std::nullopt;
  const Prefix prefix = prefix_of(sentence, i);
  const size_t first = i - prefix.words;
  if (first > 0 && sentence.is(first - 1, {"not"})) return std::nullopt;
  const size_t after = i + tonic->words;
  const auto spelt = tonic->mode ? std::nullopt : mode_at(sentence, after);
  const size_t end = after + (spelt ? 1 : 0);
  const KeyInWords found{
      {tonic->pitch_class, spelt.value_or(tonic->mode.value_or(Mode::kMajor))}, first, end - first};
  if (spelt) {
    // At the start of a sentence, and in lower case, "a minor" may be an article and an adjective.
    const bool surely =
        !tonic->is_article || prefix.says_key || (sentence.at(i).text == "A" && i > 0);
    if (surely || ends_before(sentence, end)) return found;
    return std::nullopt;
  }
  const bool capital = sentence.at(i).text[0] <= 'G';
  if (tonic->mode) {
    const bool is_am = sentence.at(i).lower == "am";  // also a verb
    return capital && (!is_am || prefix.words > 0) ? std::optional(found) : std::nullopt;
  }
  if (prefix.words == 0 || !ends_before(sentence, end)) return std::nullopt;
  if (tonic->is_article && !prefix.says_key && end < sentence.size()) {
    const bool is_adjective_next = sentence.at(end).is_claimed && !sentence.at(end).after_break;
    if (!capital || is_adjective_next) return std::nullopt;
  }
  if (!prefix.says_key && is_transposing(sentence, first, tonic->pitch_class)) return std::nullopt;
  return found;
}

/// "in a minor key", "in a major key": the mode alone; "a" was read as a tonic by key_at before.
std::optional<KeyInWords> bare_mode_at(const Sentence& sentence, size_t i) {
  const auto mode = mode_at(sentence, i);
  if (!mode || !sentence.is(i + 1, {"key", "mode"})) return std::nullopt;
  return KeyInWords{{*mode == Mode::kMinor ? 9 : 0, *mode}, i, 2};
}

}  // namespace

std::optional<KeyInWords> find_key(const Sentence& sentence) {
  for (size_t i = 0; i < sentence.size(); ++i) {
    if (sentence.is(i, {"a"}) && i + 1 < sentence.size()) {
      if (const auto mode = bare_mode_at(sentence, i + 1)) return mode;
    }
    if (const auto key = key_at(sentence, i)) return key;
    if (const auto mode = bare_mode_at(sentence, i)) return mode;
  }
  return std::nullopt;
}

}  // namespace motet::tasks
