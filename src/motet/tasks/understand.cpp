// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/understand.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "motet/base/error.h"
#include "motet/tasks/lexicon.h"
#include "motet/tasks/sentence.h"
#include "motet/tasks/sentence_key.h"
#include "motet/tasks/sentence_parts.h"

namespace motet::tasks {
namespace {

constexpr size_t kLongestPhrase = 4;  // words
constexpr int kSlowMark = 90;         // quarters a minute; below it "very" makes slower
constexpr int kUsualSpeed = 100;      // per cent
constexpr int kNotTooFast = 95;
constexpr int kNotTooSlow = 88;
constexpr int kSlowest = 40;  // quarters a minute that a word may lead to
constexpr int kFastest = 208;

/// A meaning and the words that carry it, with those that modify it.
struct Match {
  Meaning meaning;
  size_t first = 0;
  std::string words;
};

/// A whole number as text, without a point.
std::string text_of(double value) {
  return std::to_string(static_cast<int64_t>(std::llround(std::clamp(value, -1e9, 1e9))));
}

/// The rules, in the order of run(): what names a number comes first, then names, then adjectives;
/// the key comes last, when articles and adjectives around it are known for what they are.
class Reader {
 public:
  explicit Reader(std::string_view words) : sentence_(words) {}

  Understanding run() {
    read_title();
    read_bars();
    read_tempo();
    read_length();
    read_metre();
    std::vector<Match> matches = take_meanings(2);  // "drum groove" before "drum"
    read_parts();
    for (Match& match : take_meanings(1)) matches.push_back(std::move(match));
    std::ranges::stable_sort(matches, {}, &Match::first);
    apply(matches);
    read_key();
    note_unknown_styles();
    follow_length();
    follow_unwanted();
    return finish();
  }

 private:
  /// Sets a field that no rule before has set; what is out of range becomes a note.
  void set(const std::string& field, std::string_view text, const std::string& words) {
    try {
      Request changed = request_;
      set_field(changed, field, text, field);
      if (changed == request_) return;
      const auto known = found_.find(field);
      if (known != found_.end()) {
        note("\"" + words + "\" was passed over: " + field + " is already said by \"" +
             known->second + "\"");
        return;
      }
      request_ = changed;
      found_[field] = words;
    } catch (const Error& error) {
      note("\"" + words + "\" was passed over: " + error.what());
    }
  }

  void note(const std::string& text) { result_.notes.push_back(text); }

  std::string claim(size_t first, size_t count) {
    sentence_.claim(first, count);
    return sentence_.text_of(first, count);
  }

  void read_title() {
    for (size_t i = 1; i < sentence_.size(); ++i) {
      if (!sentence_.at(i).is_quoted) continue;
      if (!sentence_.is(i - 1, {"called", "titled", "entitled", "named", "title"})) continue;
      set("title", sentence_.at(i).text, claim(i - 1, 2));
    }
  }

  void read_bars() {
    for (size_t i = 1; i < sentence_.size(); ++i) {
      if (!sentence_.is(i, {"bar", "bars", "measure", "measures"})) continue;
      const auto number = sentence_.number_before(i);
      if (!number) continue;
      set("bars", text_of(number->value), claim(i - number->words, number->words + 1));
    }
  }

  void read_tempo() {
    for (size_t i = 0; i < sentence_.size(); ++i) {
      if (!sentence_.is_free(i)) continue;
      if (read_joined_tempo(i)) continue;
      const size_t unit = tempo_unit_at(i);
      const auto before = unit > 0 ? sentence_.number_before(i) : std::nullopt;
      if (before) {
        set_tempo(*before, i - before->words, before->words + unit);
        continue;
      }
      if (!sentence_.is(i, {"bpm", "tempo", "quarter", "q", "crotchet", "at", "mm"})) continue;
      const size_t at = i + (sentence_.is(i + 1, {"of", "is", "at", "around", "about"}) ? 2 : 1);
      const auto number = sentence_.number_at(at);
      if (!number) continue;
      const size_t end = at + number->words;
      const size_t after = tempo_unit_at(end);
      const bool only_at = sentence_.is(i, {"at"}) && after == 0;
      const bool ends = end == sentence_.size() || sentence_.at(end).after_break ||
                        sentence_.is(end, {"for", "in", "with", "and"});
      if (only_at && (!ends || number->value < 30 || number->value > 300)) continue;
      set_tempo(*number, i, end + after - i);
    }
  }

  /// "120bpm"
  bool read_joined_tempo(size_t i) {
    const std::string& word = sentence_.at(i).lower;
    if (!word.ends_with("bpm") || word.size() == 3) return false;
    const std::string digits = word.substr(0, word.size() - 3);
    if (digits.find_first_not_of("0123456789.") != std::string::npos) return false;
    set("tempo", digits, claim(i, 1));
    return true;
  }

  size_t tempo_unit_at(size_t i) const {
    for (const char* unit : {"bpm", "qpm", "beats per minute", "beats a minute",
                             "quarters a minute", "quarter notes per minute"}) {
      if (const size_t words = sentence_.match(i, unit)) return words;
    }
    return 0;
  }

  void set_tempo(const Sentence::Number& number, size_t first, size_t count) {
    const bool is_whole = std::trunc(number.value) == number.value;
    set("tempo", is_whole ? text_of(number.value) : Json(number.value).dump(), claim(first, count));
  }

  /// "30 seconds", "two minutes": kept until metre and tempo are known.
  void read_length() {
    for (size_t i = 1; i < sentence_.size(); ++i) {
      const bool is_minutes = sentence_.is(i, {"minute", "minutes", "min"});
      if (!is_minutes && !sentence_.is(i, {"second", "seconds", "sec"})) continue;
      const auto number = sentence_.number_before(i);
      if (!number || number->value <= 0) continue;
      length_seconds_ = number->value * (is_minutes ? 60.0 : 1.0);
      length_words_ = claim(i - number->words, number->words + 1);
    }
  }

  void read_metre() {
    for (size_t i = 0; i < sentence_.size(); ++i) {
      if (!sentence_.is_free(i)) continue;
      const bool has_unit = sentence_.is(i + 1, {"time", "metre", "meter"});
      const std::string& word = sentence_.at(i).lower;
      const size_t slash = word.find('/');
      if (slash != std::string::npos && word.find('/', slash + 1) == std::string::npos &&
          word[0] >= '0' && word[0] <= '9') {
        const bool is_half = word == "1/2" || word == "1/4";  // more likely an amount
        if (!is_half || has_unit) set("metre", word, claim(i, has_unit ? 2 : 1));
        continue;
      }
      const auto upper = sentence_.number_at(i);
      const auto lower = upper ? sentence_.number_at(i + upper->words) : std::nullopt;
      if (!lower) continue;
      const size_t words = upper->words + lower->words;
      if (!sentence_.is(i + words, {"time", "metre", "meter"})) continue;
      set("metre", text_of(upper->value) + "/" + text_of(lower->value), claim(i, words + 1));
    }
  }

  void read_parts() {
    PartsInWords parts = take_parts(sentence_);
    std::string list;
    for (const Instrument instrument : parts.wanted) {
      if (!list.empty()) list += ",";
      list += name_of(instrument);
    }
    if (!list.empty()) set("instruments", list, parts.wanted_words);
    parts_ = std::move(parts);
  }

  /// Claims every phrase of the lexicon that has at least so many words.
  std::vector<Match> take_meanings(size_t least_words) {
    std::vector<Match> matches;
    for (size_t i = 0; i < sentence_.size(); ++i) {
      for (size_t words = kLongestPhrase; words >= least_words && words > 0; --words) {
        const auto phrase = sentence_.phrase(i, words);
        const Meaning* meaning = phrase ? find_meaning(*phrase) : nullptr;
        if (meaning == nullptr || means_something_else(i, words)) continue;
        if (auto match = modified(*meaning, i, words)) matches.push_back(std::move(*match));
        break;
      }
    }
    return matches;
  }

  static const Meaning* find_meaning(std::string_view phrase) {
    for (const std::string_view ending : {"", "s", "es"}) {
      if (!phrase.ends_with(ending)) continue;
      const auto found = std::ranges::find(
          meanings(), phrase.substr(0, phrase.size() - ending.size()), &Meaning::phrase);
      if (found != meanings().end()) return &*found;
    }
    return nullptr;
  }

  bool before(size_t i, std::initializer_list<std::string_view> words) const {
    return i > 0 && sentence_.is(i - 1, words);
  }

  /// The month of March, a mass of notes, a grave in the churchyard, as long as it takes.
  bool means_something_else(size_t i, size_t words) const {
    const Word& word = sentence_.at(i);
    const bool is_month = word.text == "March" && before(i, {"in", "of", "last", "next", "this"});
    const bool is_mass_of = sentence_.is(i, {"mass"}) && sentence_.is(i + 1, {"of"});
    const bool is_grave = sentence_.is(i, {"grave"}) &&
                          before(i, {"the", "a", "my", "his", "her", "our", "their", "to"});
    const bool is_length = sentence_.is(i, {"long", "short", "brief"}) &&
                           (before(i, {"as", "so", "how", "in", "not"}) ||
                            sentence_.is(i + 1, {"as", "ago", "notes", "note", "phrases"}));
    const bool is_adverb = sentence_.is(i, {"moderately", "moderate"}) &&
                           sentence_.is(i + 1, {"fast", "slow", "quick"});
    const bool is_move = sentence_.is(i, {"dance", "song"}) && before(i, {"to", "swan"});
    return words == 1 && (is_month || is_mass_of || is_grave || is_length || is_adverb || is_move);
  }

  /// Claims the phrase with "very", "not too" and the like before it, and bends its meaning.
  std::optional<Match> modified(Meaning meaning, size_t i, size_t words) {
    const size_t end = i + words;
    const bool is_too = before(i, {"too", "very", "so", "particularly", "overly"}) && i > 1 &&
                        sentence_.is(i - 2, {"not", "never", "nothing"});
    const bool is_article = before(i, {"a", "an", "the"}) && i > 1 && sentence_.is(i - 2, {"not"});
    const bool is_denied = is_too || is_article || before(i, {"not", "never", "without", "no"});
    if (is_denied) {
      const size_t first = i - (is_too || is_article ? 2 : 1);
      const std::string said = claim(first, end - first);
      if (meaning.speed < 0) {
        note("\"" + said + "\" was passed over: what should not be cannot be asked for");
        return std::nullopt;
      }
      meaning.speed = meaning.speed < kUsualSpeed ? kNotTooSlow : kNotTooFast;
      meaning.mood = {};
      return Match{meaning, first, said};
    }
    size_t first = i;
    if (before(i, {"very", "extremely", "really", "super", "molto"})) {
      first = i - 1;
      strengthen(meaning);
    } else if (before(i, {"moderately", "fairly", "quite", "rather", "somewhat", "slightly"})) {
      first = i - 1;
      soften(meaning);
    }
    return Match{meaning, first, claim(first, end - first)};
  }

  /// Slower is slower, faster is faster: `factor` is in per cent of the distance to 100.
  static void stretch(Meaning& meaning, int factor) {
    if (meaning.speed > 0) {
      meaning.speed = kUsualSpeed + (meaning.speed - kUsualSpeed) * factor / 100;
    } else if (meaning.tempo > 0 && meaning.style.empty()) {
      const int change = meaning.tempo * (factor - 100) / 400;
      meaning.tempo += meaning.tempo < kSlowMark ? -change : change;
    }
  }

  static void strengthen(Meaning& meaning) {
    stretch(meaning, 150);
    if (meaning.density >= 0) meaning.density = meaning.density < 4 ? 0 : 7;
    if (meaning.bars > 0) meaning.bars = meaning.bars < 16 ? 4 : 64;
  }

  static void soften(Meaning& meaning) {
    stretch(meaning, 60);
    if (meaning.density >= 0) meaning.density = meaning.density < 4 ? 2 : 5;
  }

  /// What is said on its own goes before what a style implies; of styles the heaviest counts.
  void apply(const std::vector<Match>& matches) {
    const Match* style = nullptr;
    for (const Match& match : matches) {
      if (match.meaning.style.empty()) continue;
      if (style == nullptr || match.meaning.weight > style->meaning.weight) style = &match;
    }
    if (!parts_.style.empty() && (style == nullptr || style->meaning.weight < 2)) {
      set("style", parts_.style, parts_.style_words);
    } else if (style != nullptr) {
      set("style", style->meaning.style, style->words);
    }
    const int usual = usual_tempo(style);
    for (const Match& match : matches) {
      if (match.meaning.style.empty()) set_meaning(match.meaning, match.words, usual);
    }
    for (const Match& match : matches) {
      if (!match.meaning.style.empty()) set_implied(match, &match == style);
    }
  }

  int usual_tempo(const Match* style) const {
    if (style != nullptr && style->meaning.tempo > 0) return style->meaning.tempo;
    Request only_style;
    only_style.style = request_.style;
    return static_cast<int>(*resolve(only_style).tempo);
  }

  void set_meaning(const Meaning& meaning, const std::string& words, int usual) {
    int tempo = meaning.tempo;
    if (meaning.speed > 0) tempo = std::clamp(usual * meaning.speed / 100, kSlowest, kFastest);
    if (!meaning.metre.empty()) set("metre", meaning.metre, words);
    if (tempo > 0) set("tempo", std::to_string(tempo), words);
    if (!meaning.mood.empty()) set("mood", meaning.mood, words);
    if (meaning.density >= 0) set("density", std::to_string(meaning.density), words);
    const bool is_length_known = length_seconds_ > 0.0 || found_.contains("bars");
    if (meaning.bars > 0 && !is_length_known) set("bars", std::to_string(meaning.bars), words);
  }

  /// What a style brings with it gives way, without a note, to what was said. A style that lost
  /// against a heavier one does not decide the metre.
  void set_implied(const Match& match, bool is_chosen) {
    Meaning meaning = match.meaning;
    if (!is_chosen || found_.contains("metre")) meaning.metre = {};
    if (found_.contains("tempo")) meaning.tempo = -1;
    if (found_.contains("mood")) meaning.mood = {};
    set_meaning(meaning, match.words, 0);
  }

  void read_key() {
    const auto key = find_key(sentence_);
    if (!key) return;
    const std::string words = claim(key->first, key->count);
    set("key", motet::name_of(key->key), words);
    const std::string_view mode = sentence_.at(key->first + key->count - 1).lower;
    if (mode.ends_with("ian")) {
      note("\"" + words + "\": the model knows major and minor; " + motet::name_of(key->key) +
           " is the nearest");
    }
  }

  void note_unknown_styles() {
    for (size_t i = 0; i < sentence_.size(); ++i) {
      for (const std::string_view style : unknown_styles()) {
        if (sentence_.match(i, style) == 0) continue;
        note("\"" + std::string(style) + "\" was passed over: the training music has none");
      }
    }
  }

  void follow_length() {
    if (length_seconds_ == 0.0 || found_.contains("bars")) return;
    const Request full = resolve(request_);
    const double quarters = 4.0 * full.metre->numerator / full.metre->denominator;
    const double bars = length_seconds_ / 60.0 * *full.tempo / quarters;
    set("bars", text_of(std::max(1.0, bars)), length_words_);
  }

  void follow_unwanted() {
    if (parts_.unwanted.empty()) return;
    std::vector<Instrument> kept = resolve(request_).instruments;
    const size_t erased = std::erase_if(kept, [&](Instrument instrument) {
      return std::ranges::count(parts_.unwanted, instrument) > 0;
    });
    if (erased == 0) return;
    if (kept.empty()) {
      note("\"" + parts_.unwanted_words + "\" was passed over: nobody would be left to play");
      return;
    }
    request_.instruments = kept;
    std::string& words = found_["instruments"];
    words += (words.empty() ? "" : ", ") + parts_.unwanted_words;
  }

  Understanding finish() {
    const Json json = to_json(request_);
    for (const auto& [field, value] : json.items()) {
      std::string text = value.is_string() ? value.get<std::string>() : value.dump();
      if (value.is_array()) {
        text.clear();
        for (const Json& each : value) text += (text.empty() ? "" : ", ") + each.get<std::string>();
      }
      result_.understood.push_back({field, text, found_[field]});
    }
    result_.request = request_;
    return std::move(result_);
  }

  Sentence sentence_;
  Request request_;
  Understanding result_;
  std::map<std::string, std::string> found_;  // field to the words that said it
  PartsInWords parts_;
  double length_seconds_ = 0.0;
  std::string length_words_;
};

}  // namespace

Understanding understand(std::string_view words) { return Reader(words).run(); }

}  // namespace motet::tasks
