// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_voice.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "motet/base/error.h"

namespace motet::abc {
namespace {

constexpr std::string_view kLetters = "CDEFGAB";
constexpr std::array<int, 7> kSemitones = {0, 2, 4, 5, 7, 9, 11};
constexpr int64_t kLongestNote = 100 * kWhole;
constexpr int kLastEnding = 62;

Error failure(const std::string& place, const std::string& expected) {
  return {ErrorCode::kInvalidFile, place + ": expected " + expected};
}

bool is_note_letter(char c) { return (c >= 'A' && c <= 'G') || (c >= 'a' && c <= 'g'); }

bool begins_note(char c) { return is_note_letter(c) || c == '^' || c == '_' || c == '='; }

/// Marks that shape how a note is played or printed, and nothing else.
bool is_mark(char c) {
  constexpr std::string_view kMarks = "~.`$*;)\\JHKLMOPQRSTUVWNIhijklmnopqrstuvwy#@?/";
  return kMarks.find(c) != std::string_view::npos;
}

/// 2^count, for the few dots of a broken rhythm.
int64_t power(int count) { return int64_t{1} << count; }

/// "1", "1,3", "1-3" after a bar line.
uint64_t take_endings(Cursor& cursor) {
  uint64_t endings = 0;
  while (is_digit(cursor.peek())) {
    const int from = take_number(cursor).value_or(0);
    int to = from;
    if (cursor.peek() == '-' && is_digit(cursor.peek(1))) {
      ++cursor.at;
      to = take_number(cursor).value_or(0);
    }
    for (int ending = std::max(1, from); ending <= std::min(to, kLastEnding); ++ending) {
      endings |= uint64_t{1} << ending;
    }
    if (cursor.peek() != ',' || !is_digit(cursor.peek(1))) break;
    ++cursor.at;
  }
  return endings;
}

struct Dynamic {
  std::string_view name;
  uint8_t velocity;
};
constexpr Dynamic kDynamics[] = {{"pppp", 20}, {"ppp", 30},  {"pp", 45}, {"p", 60},
                                 {"mp", 70},   {"mf", 80},   {"f", 95},  {"ff", 110},
                                 {"fff", 120}, {"ffff", 127}};

}  // namespace

VoiceReader::VoiceReader(std::string id, const Key& key, const Metre& metre, int64_t unit_length)
    : key_(key), metre_(metre), unit_length_(unit_length) {
  voice_.id = std::move(id);
}

Item& VoiceReader::add(Item::Kind kind) {
  Item& item = voice_.items.emplace_back();
  item.kind = kind;
  return item;
}

void VoiceReader::set_key(const Key& key) {
  key_ = key;
  in_force_.clear();
  add(Item::Kind::kKey).key = key;
}

void VoiceReader::set_metre(const Metre& metre) {
  metre_ = metre;
  if (!metre.is_free) add(Item::Kind::kMetre).metre = metre;
}

void VoiceReader::set_tempo(double quarters_per_minute) {
  add(Item::Kind::kTempo).tempo = quarters_per_minute;
}

void VoiceReader::begin_line(bool goes_on) {
  if (!goes_on) line_begin_ = voice_.items.size();
  has_lyrics_ = false;
}

bool VoiceReader::read(Cursor& cursor, const std::string& place) {
  const char c = cursor.peek();
  if (c == ' ' || c == '\t') {
    cursor.skip_blanks();
  } else if (begins_note(c)) {
    return read_note(cursor, place);
  } else if (c == 'z' || c == 'x' || c == 'Z' || c == 'X') {
    read_rest(cursor, place);
  } else if (c == '"') {
    read_quoted(cursor);
  } else if (c == '!' || c == '+') {
    read_decoration(cursor);
  } else if (c == '{') {
    read_graces(cursor, place);
  } else if (c == '(') {
    read_tuplet(cursor);
  } else if (c == '>' || c == '<') {
    read_broken_rhythm(cursor);
  } else if (c == '-') {
    ++cursor.at;
    tie_last();
  } else if (c == '&') {
    ++cursor.at;
    add(Item::Kind::kOverlay);
    has_last_ = false;
  } else if (c == '[' && (begins_note(cursor.peek(1)) || cursor.peek(1) == '"')) {
    read_chord(cursor, place);
  } else if (c == '|' || c == ':' || c == '[' || c == ']') {
    read_bar(cursor);
  } else if (is_mark(c)) {
    ++cursor.at;
  } else {
    return false;
  }
  return true;
}

int64_t VoiceReader::take_length(Cursor& cursor, int64_t unit, const std::string& place) const {
  int64_t length = unit;
  if (is_digit(cursor.peek())) {
    const auto times = take_number(cursor);
    if (!times) throw failure(place, "a note length of at most six digits");
    length *= *times;
  }
  while (cursor.take('/')) {
    int divisor = 2;
    if (is_digit(cursor.peek())) divisor = take_number(cursor).value_or(0);
    if (divisor == 0) throw failure(place, "a note length that divides by 1 or more");
    length /= divisor;
  }
  if (length > kLongestNote) throw failure(place, "a note of at most 100 whole notes");
  return length;
}

int VoiceReader::take_pitch(Cursor& cursor, const std::string& place) {
  int alter = 0;
  bool is_explicit = false;
  for (; cursor.peek() == '^' || cursor.peek() == '_' || cursor.peek() == '='; ++cursor.at) {
    alter += cursor.peek() == '^' ? 1 : cursor.peek() == '_' ? -1 : 0;
    is_explicit = true;
  }
  const char name = cursor.peek();
  if (!is_note_letter(name)) throw failure(place, "a note after an accidental");
  ++cursor.at;
  const size_t letter = kLetters.find(static_cast<char>(std::toupper(name)));
  int octave = name >= 'a' ? 6 : 5;  // as MIDI counts: middle C begins the fifth
  for (; cursor.peek() == '\'' || cursor.peek() == ','; ++cursor.at) {
    octave += cursor.peek() == '\'' ? 1 : -1;
  }
  const int line = 7 * octave + static_cast<int>(letter);
  if (is_explicit) {
    in_force_[line] = std::clamp(alter, -2, 2);
  }
  int applied = key_.alters[letter];
  if (const auto tied = tied_.find(line); tied != tied_.end() && !is_explicit) {
    applied = tied->second;
  } else if (const auto held = in_force_.find(line); held != in_force_.end()) {
    applied = held->second;
  }
  last_alters_[line] = applied;
  const int pitch = 12 * octave + kSemitones[letter] + applied + transposition_;
  if (pitch < 0 || pitch > 127) throw failure(place, "a pitch between C,,,,, and g'''''");
  return pitch;
}

Head VoiceReader::take_head(Cursor& cursor, const std::string& place) {
  Head head;
  head.pitch = take_pitch(cursor, place);
  head.length = take_length(cursor, unit_length_, place);
  head.is_tied = cursor.take('-');
  return head;
}

bool VoiceReader::read_note(Cursor& cursor, const std::string& place) {
  last_alters_.clear();
  Item item;
  item.heads.push_back(take_head(cursor, place));
  item.length = item.heads[0].length;
  add_notes(std::move(item));
  return true;
}

void VoiceReader::read_rest(Cursor& cursor, const std::string& place) {
  const char kind = cursor.next();
  const bool counts_bars = kind == 'Z' || kind == 'X';
  Item item;
  item.length = take_length(cursor, counts_bars ? metre_.length() : unit_length_, place);
  last_alters_.clear();
  if (counts_bars) {
    voice_.items.push_back(std::move(item));
  } else {
    add_notes(std::move(item));
  }
}

void VoiceReader::read_chord(Cursor& cursor, const std::string& place) {
  ++cursor.at;
  last_alters_.clear();
  Item item;
  while (!cursor.done() && !cursor.take(']')) {
    if (begins_note(cursor.peek())) {
      item.heads.push_back(take_head(cursor, place));
    } else if (cursor.peek() == '"') {
      read_quoted(cursor);
    } else {
      ++cursor.at;  // blanks and marks
    }
  }
  const int64_t scale = take_length(cursor, kWhole, place);
  for (Head& head : item.heads) {
    if (head.length > kLongestNote || scale > kLongestNote) throw failure(place, "shorter notes");
    head.length = static_cast<int64_t>(static_cast<double>(head.length) *
                                       static_cast<double>(scale) / kWhole);
    if (head.length > kLongestNote) throw failure(place, "a chord of at most 100 whole notes");
  }
  if (item.heads.empty()) return;
  item.length = item.heads[0].length;
  const bool all_tied = cursor.take('-');
  for (Head& head : item.heads) head.is_tied = head.is_tied || all_tied;
  add_notes(std::move(item));
}

/// Puts a note, chord or rest into the voice, in its tuplet and with its share of a dotted pair.
void VoiceReader::add_notes(Item item) {
  int64_t top = 1;
  int64_t bottom = 1;
  if (tuplet_.left > 0) {
    --tuplet_.left;
    top = tuplet_.q;
    bottom = tuplet_.p;
  }
  if (broken_ > 0) bottom *= power(broken_);
  if (broken_ < 0) {
    top *= 2 * power(-broken_) - 1;
    bottom *= power(-broken_);
  }
  broken_ = 0;
  item.length = item.length * top / bottom;
  for (Head& head : item.heads) head.length = head.length * top / bottom;
  item.graces = std::move(graces_);
  graces_.clear();
  item.velocity = velocity_;
  tied_.clear();
  for (const Head& head : item.heads) {
    if (head.is_tied) tied_ = last_alters_;
  }
  last_ = voice_.items.size();
  has_last_ = true;
  voice_.items.push_back(std::move(item));
}

void VoiceReader::tie_last() {
  if (!has_last_) return;
  for (Head& head : voice_.items[last_].heads) head.is_tied = true;
  tied_ = last_alters_;
}

void VoiceReader::read_graces(Cursor& cursor, const std::string& place) {
  ++cursor.at;
  graces_.clear();
  const std::map<int, int> last_alters = last_alters_;
  while (!cursor.done() && !cursor.take('}')) {
    if (begins_note(cursor.peek())) {
      graces_.push_back(take_head(cursor, place));
    } else {
      ++cursor.at;
    }
  }
  last_alters_ = last_alters;
}

/// "(3", "(3:2", "(3:2:4", "(3::2": p notes in the time of q, for the next r. Else a slur.
void VoiceReader::read_tuplet(Cursor& cursor) {
  ++cursor.at;
  if (!is_digit(cursor.peek())) return;
  const int p = take_number(cursor).value_or(0);
  constexpr int kMostNotes = 64;
  if (p < 2 || p > kMostNotes) return;
  const int odd = metre_.is_compound() ? 3 : 2;
  int q = p == 2 || p == 4 || p == 8 ? 3 : p == 3 || p == 6 ? 2 : odd;
  int r = p;
  const auto take_part = [&](int& value) {
    if (!cursor.take(':')) return;
    if (const auto number = take_number(cursor)) value = std::clamp(*number, 1, kMostNotes);
  };
  take_part(q);
  take_part(r);
  tuplet_ = {p, q, r};
}

void VoiceReader::read_broken_rhythm(Cursor& cursor) {
  constexpr int kMostDots = 3;
  const char direction = cursor.peek();
  int dots = 0;
  while (cursor.take(direction)) ++dots;
  dots = std::min(dots, kMostDots);
  if (!has_last_) return;
  Item& last = voice_.items[last_];
  const bool lengthens = direction == '>';
  const auto change = [&](int64_t length) {
    return (lengthens ? length * (2 * power(dots) - 1) : length) / power(dots);
  };
  last.length = change(last.length);
  for (Head& head : last.heads) head.length = change(head.length);
  broken_ = lengthens ? dots : -dots;
}

/// A chord symbol, or words when the text begins with a sign for their place.
void VoiceReader::read_quoted(Cursor& cursor) {
  ++cursor.at;
  const size_t end = std::min(cursor.text.find('"', cursor.at), cursor.text.size());
  const std::string_view text = cursor.text.substr(cursor.at, end - cursor.at);
  cursor.at = std::min(end + 1, cursor.text.size());
  if (text.empty()) return;
  const bool is_words = std::string_view("^_<>@").find(text[0]) != std::string_view::npos;
  const std::string_view shown = is_words ? text.substr(1) : text;
  if (shown.empty()) return;
  add(is_words ? Item::Kind::kWords : Item::Kind::kChord).text = shown;
}

/// "!fermata!" or, as it was once written, "+fermata+".
void VoiceReader::read_decoration(Cursor& cursor) {
  const char mark = cursor.next();
  const size_t end = cursor.text.find(mark, cursor.at);
  constexpr size_t kLongestName = 32;
  if (end == std::string_view::npos || end - cursor.at > kLongestName) return;
  const std::string_view name = cursor.text.substr(cursor.at, end - cursor.at);
  if (name.find_first_of(" |") != std::string_view::npos) return;  // an old line break
  cursor.at = end + 1;
  const auto* const dynamic = std::ranges::find(kDynamics, name, &Dynamic::name);
  if (dynamic != std::ranges::end(kDynamics)) velocity_ = dynamic->velocity;
}

void VoiceReader::read_bar(Cursor& cursor) {
  const size_t begin = cursor.at;
  while (cursor.peek() == '|' || cursor.peek() == ':' || cursor.peek() == ']' ||
         (cursor.peek() == '[' && (cursor.peek(1) == '|' || cursor.at == begin))) {
    ++cursor.at;
  }
  const std::string_view sign = cursor.text.substr(begin, cursor.at - begin);
  BarLine bar;
  bar.ends_repeat = sign.starts_with(':') && sign.size() > 1;
  bar.begins_repeat = sign.ends_with(':') && sign.size() > 1;
  bar.is_double = sign.find("||") != std::string_view::npos ||
                  sign.find("|]") != std::string_view::npos ||
                  sign.find("[|") != std::string_view::npos;
  Cursor ahead = cursor;
  if (sign != "[") ahead.skip_blanks();
  if (sign != "[" && ahead.peek() == '[' && is_digit(ahead.peek(1))) ++ahead.at;
  const bool is_near = ahead.at == cursor.at || cursor.text[ahead.at - 1] == '[';
  if (is_digit(ahead.peek()) && is_near) {
    cursor.at = ahead.at;
    bar.endings = take_endings(cursor);
  }
  if (sign == "]" || (sign == "[" && bar.endings == 0) || sign == ":") return;
  in_force_.clear();
  add(Item::Kind::kBar).bar = bar;
}

void VoiceReader::add_lyrics(std::string_view text) {
  if (std::exchange(has_lyrics_, true)) return;  // only the first verse is kept
  std::vector<Item>& items = voice_.items;
  size_t at = line_begin_;
  const auto next_note = [&] {
    while (at < items.size() && items[at].heads.empty()) ++at;
    return at < items.size();
  };
  Cursor cursor{text};
  while (!cursor.done()) {
    const char c = cursor.peek();
    if (c == ' ' || c == '\t' || c == '-') {
      ++cursor.at;
    } else if (c == '*' || c == '_') {
      ++cursor.at;
      if (next_note()) ++at;
    } else if (c == '|') {
      ++cursor.at;
      while (at < items.size() && items[at].kind != Item::Kind::kBar) ++at;
      if (at < items.size()) ++at;
    } else {
      std::string syllable;
      while (!cursor.done() &&
             std::string_view(" \t-*_|").find(cursor.peek()) == std::string_view::npos) {
        if (cursor.peek() == '\\' && cursor.peek(1) == '-') ++cursor.at;
        const char letter = cursor.next();
        syllable += letter == '~' ? ' ' : letter;
      }
      if (cursor.peek() == '-') syllable += '-';
      if (!next_note()) return;
      items[at++].text = syllable;
    }
  }
}

}  // namespace motet::abc
