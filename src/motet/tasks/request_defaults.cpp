// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "motet/base/random.h"
#include "motet/tasks/lexicon.h"
#include "motet/tasks/request.h"

namespace motet::tasks {
namespace {

constexpr int kDefaultBars = 16;
constexpr double kDefaultTemperature = 0.9;
constexpr int kDefaultTopK = 0;
constexpr double kDefaultTopP = 0.95;
constexpr double kDefaultMinP = 0.03;

/// What a style means where the request is silent. The metres and instruments are the commonest of
/// the training pieces of that style; the tempos are usual marks for it.
struct StyleDefaults {
  const char* style;
  tokens::Metre metre;
  double tempo;
  std::string_view instruments;
};

constexpr std::array kStyles = {
    StyleDefaults{"hymn", {4, 4}, 96, "4 choir"},
    StyleDefaults{"mass", {4, 2}, 160, "4 choir"},
    StyleDefaults{"sacred", {4, 4}, 96, "4 choir"},
    StyleDefaults{"vespers", {4, 4}, 96, "4 choir"},
    StyleDefaults{"requiem", {4, 4}, 72, "4 choir"},
    StyleDefaults{"opera", {4, 4}, 96, "choir, piano"},
    StyleDefaults{"song", {4, 4}, 88, "choir, piano"},
    StyleDefaults{"secular", {4, 4}, 100, "4 choir"},
    StyleDefaults{"prelude", {4, 4}, 84, "piano"},
    StyleDefaults{"etude", {4, 4}, 126, "piano"},
    StyleDefaults{"polonaise", {3, 4}, 96, "piano"},
    StyleDefaults{"mazurka", {3, 4}, 138, "piano"},
    StyleDefaults{"waltz", {3, 4}, 144, "piano"},
    StyleDefaults{"nocturne", {4, 4}, 66, "piano"},
    StyleDefaults{"sonata", {4, 4}, 120, "piano"},
    StyleDefaults{"march", {4, 4}, 112, "piano"},
    StyleDefaults{"variations", {4, 4}, 92, "piano"},
    StyleDefaults{"rondo", {2, 4}, 112, "piano"},
    StyleDefaults{"fugue", {4, 4}, 84, "piano"},
    StyleDefaults{"dance", {2, 4}, 112, "piano"},
    StyleDefaults{"piano-piece", {4, 4}, 96, "piano"},
    StyleDefaults{"string-quartet", {4, 4}, 108, "2 violins, viola, cello"},
    StyleDefaults{"orchestral", {4, 4}, 112, kOrchestra},
    StyleDefaults{"irish-dance", {4, 4}, 184, "violin"},
    StyleDefaults{"rock", {4, 4}, 132, "overdriven guitar, electric guitar, electric bass, drums"},
    StyleDefaults{"drums", {4, 4}, 108, "drums"},
};
constexpr StyleDefaults kNoStyle{"", {4, 4}, 100, "piano"};

const StyleDefaults& defaults_of(const Request& request) {
  if (!request.style) return kNoStyle;
  const auto found = std::ranges::find_if(
      kStyles, [&](const StyleDefaults& entry) { return *request.style == entry.style; });
  return found == kStyles.end() ? kNoStyle : *found;
}

/// Arousal is heard in the tempo first; see theory/features.h.
double tempo_factor(std::optional<Mood> mood) {
  if (!mood) return 1.0;
  switch (*mood) {
    case Mood::kCalm:
      return 0.8;
    case Mood::kHappy:
      return 1.1;
    case Mood::kSad:
      return 0.75;
    case Mood::kTense:
      return 1.15;
  }
  return 1.0;
}

/// A key as people choose it: by the mood's mode, among those with few accidentals; which one is
/// the seed's.
Key key_of(std::optional<Mood> mood, uint64_t seed) {
  constexpr std::array<int, 7> kMajorTonics = {0, 7, 2, 5, 10, 9, 3};  // C G D F Bb A Eb
  constexpr std::array<int, 5> kMinorTonics = {9, 4, 2, 7, 0};         // A E D G C
  constexpr double kMajorShare = 0.65;
  const Random random(seed, 1);
  const bool is_dark = mood == Mood::kSad || mood == Mood::kTense;
  const bool is_major = mood ? !is_dark : random.uniform(0) < kMajorShare;
  if (is_major) return {kMajorTonics[random.below(kMajorTonics.size(), 1)], Mode::kMajor};
  return {kMinorTonics[random.below(kMinorTonics.size(), 1)], Mode::kMinor};
}

/// "Waltz in A minor", "String quartet", "Piece in D major".
std::string title_of(const Request& request) {
  std::string title = request.style.value_or("piece");
  std::ranges::replace(title, '-', ' ');
  title[0] = static_cast<char>(title[0] - 'a' + 'A');
  return request.key ? title + " in " + name_of(*request.key) : title;
}

}  // namespace

Request resolve(const Request& request) {
  const StyleDefaults& style = defaults_of(request);
  Request full = request;
  if (!full.seed) full.seed = 0;
  if (!full.key) full.key = key_of(full.mood, *full.seed);
  if (!full.title) full.title = title_of(full);
  if (!full.metre) full.metre = style.metre;
  if (!full.tempo) full.tempo = std::round(style.tempo * tempo_factor(full.mood));
  if (!full.bars) full.bars = kDefaultBars;
  if (full.instruments.empty()) set_field(full, "instruments", style.instruments, "instruments");
  if (!full.temperature) full.temperature = kDefaultTemperature;
  if (!full.top_k) full.top_k = kDefaultTopK;
  if (!full.top_p) full.top_p = kDefaultTopP;
  if (!full.min_p) full.min_p = kDefaultMinP;
  return full;
}

}  // namespace motet::tasks
