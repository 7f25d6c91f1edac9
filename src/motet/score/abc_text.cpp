// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_text.h"

#include <algorithm>
#include <cctype>

#include "motet/score/utf8.h"

namespace motet::abc {
namespace {

/// An accent of a mnemonic, its name in an entity, and letters with what they become.
struct Accent {
  char sign;
  std::string_view entity;
  std::string_view letters;
  std::u32string_view accented;
};

constexpr Accent kAccents[] = {
    {'`', "grave", "AEIOUaeiou", U"ÀÈÌÒÙàèìòù"}, {'\'', "acute", "AEIOUYaeiouy", U"ÁÉÍÓÚÝáéíóúý"},
    {'^', "circ", "AEIOUaeiou", U"ÂÊÎÔÛâêîôû"},  {'~', "tilde", "ANOano", U"ÃÑÕãñõ"},
    {'"', "uml", "AEIOUaeiouy", U"ÄËÏÖÜäëïöüÿ"}, {'c', "cedil", "Cc", U"Çç"},
};

struct Pair {
  std::string_view mnemonic;
  std::string_view entity;
  char32_t letter;
};

constexpr Pair kPairs[] = {{"AA", "Aring", U'Å'}, {"aa", "aring", U'å'},  {"AE", "AElig", U'Æ'},
                           {"ae", "aelig", U'æ'}, {"/O", "Oslash", U'Ø'}, {"/o", "oslash", U'ø'},
                           {"ss", "szlig", U'ß'}, {"", "amp", U'&'},      {"", "lt", U'<'},
                           {"", "gt", U'>'},      {"", "quot", U'"'}};

void append(std::string& out, char32_t letter) {
  if (letter < 0x80) {
    out += static_cast<char>(letter);
  } else if (letter < 0x800) {
    out += static_cast<char>(0xC0 | letter >> 6);
    out += static_cast<char>(0x80 | (letter & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | letter >> 12);
    out += static_cast<char>(0x80 | (letter >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (letter & 0x3F));
  }
}

/// The letter that an accent makes of `letter`; 0 for none.
char32_t accented(const Accent& accent, char letter) {
  const size_t at = accent.letters.find(letter);
  return at == std::string_view::npos ? U'\0' : accent.accented[at];
}

/// "\u00e9" after its backslash; 0 for none.
char32_t escaped(std::string_view text) {
  constexpr size_t kDigits = 4;
  if (text.size() < kDigits + 1 || text[0] != 'u') return U'\0';
  char32_t letter = 0;
  for (const char c : text.substr(1, kDigits)) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return U'\0';
    const int low = std::tolower(static_cast<unsigned char>(c));
    letter = letter << 4 | static_cast<char32_t>(low <= '9' ? low - '0' : low - 'a' + 10);
  }
  const bool is_surrogate = letter >= 0xD800 && letter < 0xE000;
  return is_surrogate || letter < 0x20 ? U'\0' : letter;
}

/// What begins with a backslash at the beginning of `text`: the letter, and how long it was.
size_t mnemonic(std::string_view text, char32_t& letter) {
  letter = escaped(text.substr(1));
  if (letter != 0) return 6;
  if (text.size() < 3) return 0;
  for (const Pair& pair : kPairs) {
    if (pair.mnemonic == text.substr(1, 2)) {
      letter = pair.letter;
      return 3;
    }
  }
  for (const Accent& accent : kAccents) {
    if (accent.sign != text[1]) continue;
    letter = accented(accent, text[2]);
    if (letter != 0) return 3;
  }
  return 0;
}

/// "&eacute;" at the beginning of `text`.
size_t entity(std::string_view text, char32_t& letter) {
  constexpr size_t kLongestEntity = 10;
  const size_t end = text.substr(0, kLongestEntity).find(';');
  if (end == std::string_view::npos || end < 3) return 0;
  const std::string_view name = text.substr(1, end - 1);
  letter = 0;
  for (const Pair& pair : kPairs) {
    if (pair.entity == name) letter = pair.letter;
  }
  for (const Accent& accent : kAccents) {
    if (accent.entity == name.substr(1)) letter = accented(accent, name[0]);
  }
  return letter == 0 ? 0 : end + 1;
}

}  // namespace

std::string decoded(std::string_view text) {
  std::string utf8 = to_utf8({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  if (utf8.find_first_of("\\&") == std::string::npos) return utf8;
  std::string out;
  for (std::string_view rest = utf8; !rest.empty();) {
    char32_t letter = 0;
    size_t length = 0;
    if (rest[0] == '\\') length = mnemonic(rest, letter);
    if (rest[0] == '&') length = entity(rest, letter);
    if (length == 0) {
      const bool is_escape = rest.starts_with("\\\\") || rest.starts_with("\\%");
      if (is_escape) rest.remove_prefix(1);
      out += rest[0];
      rest.remove_prefix(1);
      continue;
    }
    append(out, letter);
    rest.remove_prefix(std::min(length, rest.size()));
  }
  return out;
}

}  // namespace motet::abc
