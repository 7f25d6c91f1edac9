// SPDX-License-Identifier: Apache-2.0
#include "motet/data/work.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

namespace motet::data {
namespace {

/// U+00C0 .. U+017F without their accents; ASCII.
constexpr std::string_view kPlain =
    "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllll"
    "nnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
constexpr uint32_t kFirstAccented = 0xC0;

/// Kinds of pieces: with a number they are a name ("Symphony No. 5"), alone they are none.
constexpr std::array<std::string_view, 78> kForms = {
    "air",        "allemande", "aria",      "ballade",    "bourree",   "canon",     "canzona",
    "chaconne",   "chorale",   "concerto",  "courante",   "dance",     "danse",     "divertimento",
    "duet",       "duo",       "ecossaise", "elegy",      "etude",     "exercise",  "fantaisie",
    "fantasia",   "fantasie",  "fantasy",   "fuga",       "fugue",     "galop",     "gavotte",
    "gigue",      "hymn",      "impromptu", "intermezzo", "invention", "jig",       "krakowiak",
    "lied",       "marche",    "march",     "marsz",      "mazur",     "mazurek",   "mazurka",
    "menuet",     "minuet",    "mass",      "missa",      "motet",     "msza",      "nocturne",
    "overture",   "oberek",    "partita",   "piano",      "polka",     "polonaise", "polonez",
    "praeludium", "prelude",   "preludium", "quartet",    "quintet",   "reel",      "requiem",
    "rondo",      "sarabande", "scherzo",   "serenade",   "sinfonia",  "sonata",    "sonate",
    "sonatina",   "song",      "suite",     "symphony",   "toccata",   "trio",      "valse",
    "waltz"};

/// Words that name nothing, whatever number stands beside them: tempi, keys, parts of a mass, the
/// names of movements, "untitled" and the small words between.
constexpr std::array<std::string_view, 116> kFillers = {
    "a",       "adagio",       "agnus",     "al",         "alla",       "allegretto",
    "allegro", "andante",      "andantino", "anonymous",  "arr",        "assai",
    "b",       "band",         "bez",       "big",        "c",          "cantabile",
    "cello",   "con",          "credo",     "d",          "dei",        "des",
    "di",      "dur",          "e",         "espressivo", "et",         "f",
    "fine",    "finale",       "flat",      "for",        "forte",      "g",
    "gloria",  "grave",        "h",         "i",          "ii",         "iii",
    "in",      "instrumental", "is",        "iv",         "ix",         "keyboard",
    "kyrie",   "larghetto",    "largo",     "lento",      "ma",         "maestoso",
    "major",   "minor",        "mit",       "moderato",   "moll",       "molto",
    "mosso",   "moto",         "movement",  "mvt",        "n",          "name",
    "no",      "non",          "nr",        "number",     "of",         "op",
    "opus",    "organ",        "orchestra", "part",       "piece",      "poco",
    "piu",     "presto",       "quasi",     "sanctus",    "benedictus", "score",
    "sharp",   "solo",         "sostenuto", "string",     "strings",    "stuck",
    "tempo",   "the",          "theme",     "thema",      "title",      "track",
    "troppo",  "tytulu",       "unknown",   "untitled",   "utwor",      "v",
    "vi",      "vii",          "viii",      "violin",     "vivace",     "vivo",
    "voice",   "walc",         "valc",      "walzer",     "with",       "without",
    "x",       "und"};

constexpr std::array<std::string_view, 11> kCatalogues = {"op", "opus", "bwv", "buxwv", "hwv", "kv",
                                                          "rv", "twv",  "wwv", "woo",   "hob"};

constexpr std::array<std::string_view, 11> kNobody = {
    "anon",     "anonim", "anonimo",     "anonymous", "anonymus", "composer",
    "nieznany", "trad",   "traditional", "unknown",   "various"};

template <typename List>
bool has(const List& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

bool is_number(std::string_view word) { return word[0] >= '0' && word[0] <= '9'; }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// "op 28" of "24 Preludes, Op. 28 No. 4".
std::optional<std::string> catalogue_number(const std::vector<std::string>& words) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (!has(kCatalogues, words[i]) || !is_number(words[i + 1])) continue;
    return (words[i] == "opus" ? "op" : words[i]) + " " + words[i + 1];
  }
  return std::nullopt;
}

/// Whether the words say more than what kind of piece it is.
bool is_telling(const std::vector<std::string>& words, const std::vector<std::string>& genre) {
  bool form = false;
  bool number = false;
  for (const std::string& word : words) {
    if (is_number(word)) {
      number = true;
    } else if (has(kForms, word)) {
      form = true;
    } else if (!has(kFillers, word) && !has(genre, word)) {
      return true;
    }
  }
  return form && number;
}

/// The composer's words in one order, so that "Chopin, Fryderyk" is "Fryderyk Chopin"; empty where
/// it is nobody.
std::string composer_of(const CorpusItem& item) {
  std::vector<std::string> words = words_of(item.composer);
  std::erase_if(words, [](const std::string& word) { return is_number(word); });
  if (std::ranges::any_of(words, [](const std::string& word) { return has(kNobody, word); })) {
    return "";
  }
  std::ranges::sort(words);
  return joined(words);
}

/// Appends a character beyond ASCII: without its accent, or as it stands.
void append_letter(std::string& word, std::string_view bytes) {
  const auto byte = [&](size_t at) {
    return static_cast<uint32_t>(static_cast<uint8_t>(bytes[at]));
  };
  const uint32_t code = bytes.size() == 2 ? (byte(0) & 31U) << 6U | (byte(1) & 63U) : 0;
  const bool is_combining = code >= 0x300 && code < 0x370;
  if (is_combining) return;
  if (code < kFirstAccented || code - kFirstAccented >= kPlain.size()) {
    word += bytes;
  } else if (kPlain[code - kFirstAccented] != ' ') {
    word += kPlain[code - kFirstAccented];
  }
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<uint8_t>(c) >= 0x80U) {
      size_t size = 1;
      while (i + size < text.size() && (static_cast<uint8_t>(text[i + size]) & 0xC0U) == 0x80U) {
        ++size;
      }
      append_letter(word, text.substr(i, size));
      i += size - 1;
      continue;
    }
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c == '\'') continue;
    if (!digit && !letter) {
      end_word();
      continue;
    }
    if (!word.empty() && is_number(word) != digit) end_word();
    word += letter && c < 'a' ? static_cast<char>(c + 32) : c;
  }
  end_word();
  return words;
}

std::string work_of(const CorpusItem& item) {
  const std::string composer = composer_of(item);
  const std::string owner = composer.empty() ? item.source : composer;
  const std::vector<std::string> genre = words_of(item.genre);
  for (const std::string* name : {&item.work, &item.title}) {
    const std::vector<std::string> words = words_of(*name);
    if (!composer.empty()) {
      if (const auto number = catalogue_number(words)) return owner + "/" + *number;
    }
    if (is_telling(words, genre)) return owner + "/" + joined(words);
  }
  return item.source + "//" + std::filesystem::path(item.file).replace_extension().generic_string();
}

}  // namespace motet::data
