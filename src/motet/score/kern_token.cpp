// SPDX-License-Identifier: Apache-2.0
#include "motet/score/kern_token.h"

#include <algorithm>
#include <cstdlib>

#include "motet/base/error.h"
#include "motet/score/notation.h"

namespace motet::kern {
namespace {

constexpr std::array<int, 7> kSemitones = {5, 0, 7, 2, 9, 4, 11};
constexpr int kFlattest = -15;  // Fbb
constexpr int kSharpest = 19;   // B##

struct Sign {
  char letter;
  uint32_t mark;
};

/// What one letter says of a note. Huron 1994, chapter 3, and humdrum.org for '|' and H h.
constexpr std::array<Sign, 23> kSigns = {{
    {'\'', kStaccato}, {'`', kStaccatissimo},   {'|', kStaccatissimo}, {'~', kTenuto},
    {';', kFermata},   {',', kBreath},          {':', kArpeggio},      {'T', kTrill},
    {'t', kTrill},     {'M', kMordent},         {'m', kMordent},       {'W', kInvertedMordent},
    {'S', kTurn},      {'w', kInvertedMordent}, {'$', kTurn},          {'u', kUpBow},
    {'v', kDownBow},   {'H', kGlissandoBegin},  {'h', kGlissandoEnd},  {'(', kSlurBegin},
    {')', kSlurEnd},   {'^', kAccent},          {'r', kRest},
}};

/// Dots are read with the digits. Beams, stems, placement, forced and hidden accidentals: how it
/// looks, not what it is.
constexpr std::string_view kLookSigns = "LJKk/\\<>Xxyn&.";

/// One head of a token, letter by letter.
class HeadReader {
 public:
  explicit HeadReader(std::string_view text) : text_(text) {}

  void read() {
    while (at_ < text_.size()) step();
    if (count_of('q') > 0) head.marks |= kGrace | (count_of('q') == 1 ? kSlashed : 0U);
    if (text_.find("yy") != std::string_view::npos) head.marks |= kInvisible;
    if (text_.find("^^") != std::string_view::npos) {
      head.marks = (head.marks & ~uint32_t{kAccent}) | kMarcato;
    }
    if ((head.marks & kRest) == 0 && letter_ != 0) name_pitch();
    has_pitch = letter_ != 0;
  }

  Head head;
  bool has_pitch = false;
  std::optional<Recip> recip;
  std::string complaint;

 private:
  size_t count_of(char c) const { return static_cast<size_t>(std::ranges::count(text_, c)); }

  void step() {
    const char c = text_[at_];
    if (c >= '0' && c <= '9') return read_length();
    if ((c >= 'a' && c <= 'g') || (c >= 'A' && c <= 'G')) return read_letter();
    ++at_;
    if (c == '#') return void(++sharps_);
    if (c == '-') return void(--sharps_);
    if (c == '@') return read_tremolo();
    if (c == 'q' || kLookSigns.find(c) != std::string_view::npos) return;
    if (c == '[' || c == '_') head.begins_tie = true;
    if (c == ']' || c == '_') head.ends_tie = true;
    if (c == '[' || c == ']' || c == '_') return;
    const auto sign = std::ranges::find(kSigns, c, &Sign::letter);
    if (sign != kSigns.end()) {
      head.marks |= sign->mark;
    } else {
      complain(c);
    }
  }

  /// "@16@": how fast; an '@' alone is a sign that the file defines for itself.
  void read_tremolo() {
    size_t end = at_;
    while (end < text_.size() && text_[end] == '@') ++end;
    const size_t digits = end;
    while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
    if (end == digits) return complain('@');
    head.marks |= kTremolo;
    while (end < text_.size() && text_[end] == '@') ++end;
    at_ = end;
  }

  void complain(char c) {
    if (!complaint.empty()) return;
    const bool is_plain = c > ' ' && c < 0x7F;
    complaint = std::string("a sign of a note that the score has no place for, ") +
                (is_plain ? std::string("\"") + c + "\"" : "not of ASCII");
  }

  void read_length() {
    const RecipReading reading = read_recip(text_.substr(at_));
    if (reading.is_absurd) {
      throw Error(ErrorCode::kInvalidFile,
                  "expected a duration of at most " + std::to_string(kLongest) +
                      " whole notes and no finer than 1/" + std::to_string(kFinest) + ", found \"" +
                      std::string(text_.substr(at_, 20)) + "\"");
    }
    if (recip) complaint = "a second duration in one note";
    if (!recip) recip = reading.recip;
    at_ += reading.recip->size;
  }

  void read_letter() {
    const char c = text_[at_];
    int count = 0;
    while (at_ < text_.size() && text_[at_] == c) ++count, ++at_;
    if (letter_ != 0) {
      complaint = "a second pitch in one note";
      return;
    }
    letter_ = c;
    letters_ = count;
  }

  void name_pitch() {
    const bool is_lower = letter_ >= 'a';
    const char name = static_cast<char>(is_lower ? letter_ - 'a' + 'A' : letter_);
    const size_t place = kLettersByFifths.find(name);
    constexpr int kMiddleOctave = 60;
    constexpr int kMostLetters = 11;
    const int letters = std::min(letters_, kMostLetters);
    const int octave = is_lower ? letters - 1 : -letters;
    const int accidental = std::clamp(sharps_, -2, 2);
    int pitch = kMiddleOctave + 12 * octave + kSemitones[place] + accidental;
    if (pitch < 0 || pitch > 127 || accidental != sharps_) {
      complaint = "a pitch out of range, which was moved into it";
    }
    while (pitch < 0) pitch += 12;
    while (pitch > 127) pitch -= 12;
    head.pitch = static_cast<uint8_t>(pitch);
    head.spelling = static_cast<LineOfFifths>(static_cast<int>(place) - 1 + 7 * accidental);
  }

  std::string_view text_;
  size_t at_ = 0;
  char letter_ = 0;
  int letters_ = 0;
  int sharps_ = 0;
};

void keep(Token& token, const HeadReader& reader) {
  const bool is_rest = (reader.head.marks & kRest) != 0;
  if (!is_rest && !reader.has_pitch) {
    token.complaint = "a note without a pitch";
    return;
  }
  if (!token.heads.empty() && (is_rest || (token.heads[0].marks & kRest) != 0)) {
    token.complaint = "a rest within a chord";
    if (is_rest) return;
    token.heads.clear();
  }
  token.heads.push_back(reader.head);
}

}  // namespace

Token read_token(std::string_view text) {
  Token token;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty() || part == ".") continue;
    HeadReader reader(part);
    reader.read();
    const bool is_grace = (reader.head.marks & kGrace) != 0;
    if (token.heads.empty() && !token.recip) {
      token.recip = reader.recip;
      token.is_grace = is_grace;
    } else if (is_grace != token.is_grace ||
               (reader.recip && token.recip && !(reader.recip->length == token.recip->length))) {
      token.complaint = "notes of different lengths in a chord, which all got that of the first";
      reader.head.marks &= ~uint32_t{kGrace | kSlashed};
      if (token.is_grace) reader.head.marks |= kGrace;
    }
    if (!reader.complaint.empty()) token.complaint = reader.complaint;
    keep(token, reader);
  }
  return token;
}

std::string write_pitch(uint8_t pitch, LineOfFifths spelling) {
  const int accidental = (spelling + 1 + 7 * 4) / 7 - 4;  // floor
  const auto place = static_cast<size_t>(spelling + 1 - 7 * accidental);
  const int natural = pitch - accidental;
  const int octave = (natural + 12 * 2) / 12 - 2 - 5;  // 0: the octave of middle C
  const auto lower = static_cast<char>(kLettersByFifths[place] - 'A' + 'a');
  std::string name = octave >= 0
                         ? std::string(static_cast<size_t>(octave) + 1, lower)
                         : std::string(static_cast<size_t>(-octave), kLettersByFifths[place]);
  return name + std::string(static_cast<size_t>(std::abs(accidental)), accidental > 0 ? '#' : '-');
}

std::string write_marks(uint32_t marks) {
  std::string text;
  if ((marks & kMarcato) != 0) {
    text += "^^";
    marks &= ~uint32_t{kAccent};
  }
  for (const Sign& sign : kSigns) {
    constexpr uint32_t kElsewhere = kRest | kSlurBegin | kSlurEnd;
    if ((marks & sign.mark & ~kElsewhere) == 0) continue;
    marks &= ~sign.mark;
    text += sign.letter;
  }
  if ((marks & kTremolo) != 0) text += "@16@";
  return text;
}

LineOfFifths spelling_in(uint8_t pitch, int key_fifths) {
  int best = key_fifths;
  const int wanted = pitch * 7 % 12;  // its place on the line of fifths, up to twelve
  // From the flat seventh step's side to the sharp fourth's: Ab to C# in C.
  for (int place = key_fifths - 4; place <= key_fifths + 7; ++place) {
    if (((place - wanted) % 12 + 12) % 12 == 0) best = place;
  }
  return static_cast<LineOfFifths>(std::clamp(best, kFlattest, kSharpest));
}

}  // namespace motet::kern
