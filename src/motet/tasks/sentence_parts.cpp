// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/sentence_parts.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "motet/tasks/lexicon.h"
#include "motet/tasks/request.h"

namespace motet::tasks {
namespace {

constexpr size_t kLongestName = 4;  // words: "electric guitar jazz ..."
constexpr int kMostOfOne = 16;

/// General MIDI's pads and effects have the names of ordinary words ("rain", "atmosphere"), which a
/// sentence uses for other things.
bool is_effect(Instrument instrument) {
  return !instrument.is_drums &&
         ((instrument.program >= 80 && instrument.program <= 103) || instrument.program >= 118);
}

std::vector<Instrument> instruments_in(std::string_view list) {
  Request request;
  set_field(request, "instruments", list, "instruments");
  return request.instruments;
}

struct Found {
  std::vector<Instrument> instruments;
  std::string_view style;
  size_t words = 0;
};

const Ensemble* find_phrase(std::span<const Ensemble> table, std::string_view phrase) {
  const auto found = std::ranges::find(table, phrase, &Ensemble::phrase);
  return found == table.end() ? nullptr : &*found;
}

bool speaks_of_voices(const Sentence& sentence) {
  for (size_t i = 0; i < sentence.size(); ++i) {
    const std::string& word = sentence.at(i).lower;
    const bool is_voice = word.starts_with("soprano") || word == "tenor" || word == "tenors" ||
                          word == "alto" || word == "altos";
    const bool is_sax = i + 1 < sentence.size() && sentence.at(i + 1).lower.starts_with("sax");
    if (is_voice && !is_sax) return true;
  }
  return false;
}

/// The longest name of an instrument or an ensemble that begins at word i.
std::optional<Found> find_at(const Sentence& sentence, size_t i) {
  for (size_t words = kLongestName; words > 0; --words) {
    const auto phrase = sentence.phrase(i, words);
    if (!phrase) continue;
    if (const Ensemble* ensemble = find_phrase(ensembles(), *phrase)) {
      return Found{instruments_in(ensemble->instruments), ensemble->style, words};
    }
    const bool is_singer = (*phrase == "bass" || *phrase == "basses") && speaks_of_voices(sentence);
    if (is_singer) return Found{instruments_in("choir"), {}, words};
    if (const Ensemble* name = find_phrase(instrument_phrases(), *phrase)) {
      return Found{instruments_in(name->instruments), {}, words};
    }
    const bool has_letters = phrase->find_first_not_of("0123456789 ./") != std::string::npos;
    const auto instrument = has_letters ? find_instrument(*phrase) : std::nullopt;
    if (instrument && (words > 1 || !is_effect(*instrument))) {
      return Found{{*instrument}, {}, words};
    }
  }
  return std::nullopt;
}

/// "two", "2 x", "a pair of" before word i: how many, and how many words say so.
struct Count {
  int times = 0;  ///< 0 when nothing is said
  size_t words = 0;
};

Count count_before(const Sentence& sentence, size_t i) {
  const auto is = [&](size_t back, std::initializer_list<std::string_view> words) {
    return i >= back && sentence.is(i - back, words);
  };
  if (i < sentence.size() && sentence.at(i).after_break) return {};
  if (is(1, {"of"}) && is(2, {"pair", "couple"})) return {2, 2};
  const size_t between = is(1, {"x", "part", "voice"}) ? 1 : 0;
  const auto number = sentence.number_before(i - between);
  if (!number || number->value < 1 || number->value > kMostOfOne) return {};
  if (number->value != static_cast<int>(number->value)) return {};
  return {static_cast<int>(number->value), number->words + between};
}

bool all_equal(const std::vector<Instrument>& list) {
  return std::ranges::all_of(list, [&](Instrument each) { return each == list.front(); });
}

void append_words(std::string& words, const std::string& more) {
  if (!words.empty()) words += ", ";
  words += more;
}

/// Follows "without drums, bass or guitar": which of the words so far exclude what comes.
class Negation {
 public:
  void look_at(const Sentence& sentence, size_t i) {
    if (sentence.at(i).after_break && !holds_over_commas_) excludes_ = false;
    if (sentence.is(i, {"without", "excluding", "except"})) {
      excludes_ = holds_over_commas_ = true;
    } else if (sentence.is(i, {"no", "not", "minus"})) {
      excludes_ = true;
      holds_over_commas_ = false;
    } else if (!sentence.is(i, {"and", "or", "any", "the", "a", "an", "nor", "for", "too"}) ||
               (sentence.is(i, {"for"}) && !(i > 0 && sentence.is(i - 1, {"not"})))) {
      excludes_ = false;
    }
  }
  bool excludes() const { return excludes_; }

 private:
  bool excludes_ = false;
  bool holds_over_commas_ = false;
};

void add(PartsInWords& parts, const Found& found, const Count& count, const std::string& words) {
  std::vector<Instrument> players = found.instruments;
  if (count.times > 0 && all_equal(players)) {
    players.assign(static_cast<size_t>(count.times), players.front());
  }
  // "a piano waltz for piano" has one piano, an "SATB choir" four voices.
  const bool is_repeated =
      count.times == 0 && !players.empty() && all_equal(players) &&
      std::ranges::count(parts.wanted, players.front()) >=
          static_cast<std::ptrdiff_t>(players.size()) &&
      !(words == "bass" || words == "alto" || words == "tenor" || words == "soprano");
  append_words(parts.wanted_words, words);
  if (!is_repeated) parts.wanted.insert(parts.wanted.end(), players.begin(), players.end());
}

}  // namespace

PartsInWords take_parts(Sentence& sentence) {
  PartsInWords parts;
  Negation negation;
  for (size_t i = 0; i < sentence.size();) {
    const auto found = find_at(sentence, i);
    if (!found) {
      negation.look_at(sentence, i);
      ++i;
      continue;
    }
    const Count count = count_before(sentence, i);
    const size_t first = i - count.words;
    const std::string words = sentence.text_of(first, count.words + found->words);
    if (negation.excludes()) {
      parts.unwanted.insert(parts.unwanted.end(), found->instruments.begin(),
                            found->instruments.end());
      append_words(parts.unwanted_words, "without " + words);
    } else {
      add(parts, *found, count, words);
      if (parts.style.empty() && !found->style.empty()) {
        parts.style = found->style;
        parts.style_words = sentence.text_of(i, found->words);
      }
    }
    sentence.claim(first, count.words + found->words);
    i += found->words;
  }
  return parts;
}

}  // namespace motet::tasks
