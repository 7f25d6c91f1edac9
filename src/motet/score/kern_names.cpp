// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdint>

#include "motet/score/kern_signs.h"
#include "motet/score/utf8.h"

namespace motet::kern {
namespace {

struct Code {
  std::string_view name;
  uint8_t program;  ///< General MIDI
};

/// The codes of humdrum.org's list of instruments and the nearest General MIDI program. The first
/// of a program is the one to write. Unpitched drums have no kit keys in `**kern`.
constexpr std::array<Code, 104> kCodes = {{
    {"piano", 0},   {"forte", 0},  {"klav", 0},    {"cemba", 6},   {"clavi", 7},   {"cenes", 8},
    {"celst", 8},   {"glock", 9},  {"vibra", 11},  {"marim", 12},  {"xylo", 13},   {"campn", 14},
    {"chime", 14},  {"cimba", 15}, {"hammd", 16},  {"organ", 19},  {"porta", 19},  {"harmn", 20},
    {"accor", 21},  {"armon", 22}, {"guitr", 24},  {"liuto", 24},  {"theor", 24},  {"vihue", 24},
    {"mandn", 25},  {"gtrel", 27}, {"bguit", 33},  {"violn", 40},  {"violt", 40},  {"vioin", 40},
    {"viola", 41},  {"viold", 41}, {"viole", 41},  {"cello", 42},  {"violb", 42},  {"gamba", 42},
    {"cbass", 43},  {"violo", 43}, {"arpa", 46},   {"timpa", 47},  {"strgs", 48},  {"vox", 52},
    {"soprn", 52},  {"mezzo", 52}, {"calto", 52},  {"alto", 52},   {"ctenr", 52},  {"tenor", 52},
    {"barit", 52},  {"bass", 52},  {"canto", 52},  {"quinto", 52}, {"sesto", 52},  {"coro", 52},
    {"male", 52},   {"feme", 52},  {"nfant", 52},  {"recit", 52},  {"colsp", 52},  {"drmsp", 52},
    {"lyrsp", 52},  {"castr", 52}, {"falst", 52},  {"tromp", 56},  {"clrno", 56},  {"cornt", 56},
    {"cor", 60},    {"corno", 60}, {"tromb", 57},  {"tromt", 57},  {"troma", 57},  {"tuba", 58},
    {"ophic", 58},  {"serp", 58},  {"eupho", 58},  {"flugh", 56},  {"brass", 61},  {"saxS", 64},
    {"saxA", 65},   {"saxT", 66},  {"saxR", 67},   {"oboe", 68},   {"oboeD", 68},  {"cangl", 69},
    {"fagot", 70},  {"fag_c", 70}, {"clars", 71},  {"clarb", 71},  {"clara", 71},  {"physh", 71},
    {"picco", 72},  {"flt", 73},   {"flt_a", 73},  {"recor", 74},  {"fltds", 74},  {"panpi", 75},
    {"banjo", 105}, {"koto", 107}, {"bagpi", 109}, {"drum", 117},  {"sdrum", 117}, {"bdrum", 116},
    {"piatt", 119}, {"gong", 119},
}};

constexpr std::array<Code, 8> kClasses = {{{"klav", 0},
                                           {"piano", 0},
                                           {"vox", 52},
                                           {"str", 48},
                                           {"ww", 73},
                                           {"bras", 61},
                                           {"brass", 61},
                                           {"idio", 117}}};

/// "clars&oboe": the first of those that play together.
std::string_view first_of(std::string_view names) {
  return names.substr(0, names.find_first_of("&|/ "));
}

struct Entity {
  std::string_view name;
  std::string_view text;
};
constexpr std::array<Entity, 46> kEntities = {{
    {"amp", "&"},     {"lt", "<"},        {"gt", ">"},     {"quot", "\""},  {"apos", "'"},
    {"colon", ":"},   {"nbsp", "\u00A0"}, {"deg", "°"},    {"sharp", "♯"},  {"flat", "♭"},
    {"natural", "♮"}, {"agrave", "à"},    {"aacute", "á"}, {"acirc", "â"},  {"atilde", "ã"},
    {"auml", "ä"},    {"aring", "å"},     {"aelig", "æ"},  {"ccedil", "ç"}, {"egrave", "è"},
    {"eacute", "é"},  {"ecirc", "ê"},     {"euml", "ë"},   {"igrave", "ì"}, {"iacute", "í"},
    {"icirc", "î"},   {"iuml", "ï"},      {"ntilde", "ñ"}, {"ograve", "ò"}, {"oacute", "ó"},
    {"ocirc", "ô"},   {"otilde", "õ"},    {"ouml", "ö"},   {"oslash", "ø"}, {"ugrave", "ù"},
    {"uacute", "ú"},  {"ucirc", "û"},     {"uuml", "ü"},   {"szlig", "ß"},  {"Auml", "Ä"},
    {"Ouml", "Ö"},    {"Uuml", "Ü"},      {"Eacute", "É"}, {"ndash", "–"},  {"mdash", "—"},
    {"rsquo", "’"},
}};

std::string utf8_of(uint32_t code) {
  std::string text;
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | code >> 12);
    tail(6), tail(0);
  } else {
    text += static_cast<char>(0xF0 | code >> 18);
    tail(12), tail(6), tail(0);
  }
  return text;
}

/// The character of "#233" or "#xE9"; empty where it is none that text may hold.
std::string numbered(std::string_view digits) {
  const int base = digits.starts_with('x') ? 16 : 10;
  if (base == 16) digits.remove_prefix(1);
  constexpr size_t kMostDigits = 7;
  if (digits.empty() || digits.size() > kMostDigits) return {};
  uint32_t code = 0;
  for (const char c : digits) {
    const int lower = c | 0x20;
    const int digit = c >= '0' && c <= '9'           ? c - '0'
                      : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                     : 99;
    if (digit >= base) return {};
    code = code * static_cast<uint32_t>(base) + static_cast<uint32_t>(digit);
  }
  const bool is_surrogate = code >= 0xD800 && code < 0xE000;
  if (code < ' ' || code == 0x7F || is_surrogate || code > 0x10FFFF) return {};
  return utf8_of(code);
}

std::string meaning_of(std::string_view name) {
  if (name.starts_with('#')) return numbered(name.substr(1));
  const auto found = std::ranges::find(kEntities, name, &Entity::name);
  return found == kEntities.end() ? std::string() : std::string(found->text);
}

}  // namespace

std::optional<InstrumentCode> read_instrument(std::string_view field) {
  if (!field.starts_with("*I")) return std::nullopt;
  if (field.starts_with("*IC")) {
    const auto found = std::ranges::find(kClasses, first_of(field.substr(3)), &Code::name);
    if (found == kClasses.end()) return std::nullopt;
    return InstrumentCode{{found->program, false}, true};
  }
  const std::string_view name = first_of(field.substr(2));
  const auto found = std::ranges::find(kCodes, name, &Code::name);
  if (found != kCodes.end()) return InstrumentCode{{found->program, false}, false};
  const bool is_word = !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  const auto known = is_word && name[0] > '9' ? find_instrument(name) : std::nullopt;
  return known ? std::optional(InstrumentCode{*known, false}) : std::nullopt;
}

std::string write_instrument(Instrument instrument) {
  if (!instrument.is_drums) {
    const auto found = std::ranges::find(kCodes, instrument.program, &Code::program);
    if (found != kCodes.end()) return "*I" + std::string(found->name);
  }
  std::string name(name_of(instrument));
  std::ranges::replace(name, ' ', '_');
  return "*I" + name;
}

std::string without_entities(std::string_view text) {
  std::string result;
  constexpr size_t kLongestName = 10;
  while (!text.empty()) {
    const size_t end =
        text[0] == '&' ? text.substr(0, kLongestName + 2).find(';') : std::string_view::npos;
    const std::string meaning =
        end == std::string_view::npos ? std::string() : meaning_of(text.substr(1, end - 1));
    result += meaning.empty() ? std::string(1, text[0]) : meaning;
    text.remove_prefix(meaning.empty() ? 1 : end + 1);
  }
  return result;
}

std::string with_entities(std::string_view text, std::string_view also) {
  std::string result;
  for (const char c : text) {
    const bool is_control = static_cast<unsigned char>(c) < ' ' || c == 0x7F;
    if (is_control) {
      result += ' ';
    } else if (c == '&' || also.find(c) != std::string_view::npos) {
      result += "&#" + std::to_string(static_cast<int>(c)) + ";";
    } else {
      result += c;
    }
  }
  return result;
}

std::string syllable_with_entities(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_edge = i == 0 || i + 1 == text.size();
    const bool is_control = static_cast<unsigned char>(text[i]) < ' ' || text[i] == 0x7F;
    const char c = is_control ? ' ' : text[i];
    result += with_entities({&c, 1}, is_edge ? " -_|" : "");
  }
  return result;
}

std::string lead_sheet_chord(std::string_view mxhm) {
  struct Kind {
    std::string_view name;
    std::string_view suffix;
  };
  // The kinds of MusicXML 4.0, as lead sheets abbreviate them.
  constexpr std::array<Kind, 26> kKinds = {{{"major", ""},
                                            {"minor", "m"},
                                            {"augmented", "aug"},
                                            {"diminished", "dim"},
                                            {"dominant", "7"},
                                            {"major-seventh", "maj7"},
                                            {"minor-seventh", "m7"},
                                            {"diminished-seventh", "dim7"},
                                            {"augmented-seventh", "aug7"},
                                            {"half-diminished", "m7b5"},
                                            {"major-minor", "m(maj7)"},
                                            {"major-sixth", "6"},
                                            {"minor-sixth", "m6"},
                                            {"dominant-ninth", "9"},
                                            {"major-ninth", "maj9"},
                                            {"minor-ninth", "m9"},
                                            {"dominant-11th", "11"},
                                            {"major-11th", "maj11"},
                                            {"minor-11th", "m11"},
                                            {"dominant-13th", "13"},
                                            {"major-13th", "maj13"},
                                            {"minor-13th", "m13"},
                                            {"suspended-second", "sus2"},
                                            {"suspended-fourth", "sus4"},
                                            {"power", "5"},
                                            {"none", "N.C."}}};
  const size_t blank = mxhm.find(' ');
  if (blank == std::string_view::npos) return std::string(mxhm);
  const std::string_view rest = mxhm.substr(blank + 1);
  const size_t slash = std::min(rest.find('/'), rest.size());
  const auto kind = std::ranges::find(kKinds, rest.substr(0, slash), &Kind::name);
  if (kind == kKinds.end()) return std::string(mxhm);
  const auto name_of_note = [](std::string_view name) {
    std::string text(name);
    std::ranges::replace(text, '-', 'b');
    return text;
  };
  return name_of_note(mxhm.substr(0, blank)) + std::string(kind->suffix) +
         name_of_note(rest.substr(slash));
}

}  // namespace motet::kern
