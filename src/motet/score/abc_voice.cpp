// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_voice.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "motet/base/error.h"
#include "motet/score/abc_bar.h"
#include "motet/score/abc_decorations.h"
#include "motet/score/abc_text.h"

namespace motet::abc {
namespace {

constexpr int64_t kLongestNote = 100 * kWhole;

Error failure(const Place& place, const std::string& expected) {
  return {ErrorCode::kInvalidFile, place.text() + ": expected " + expected};
}

bool is_note_letter(char c) { return (c >= 'A' && c <= 'G') || (c >= 'a' && c <= 'g'); }

bool begins_note(char c) { return is_note_letter(c) || c == '^' || c == '_' || c == '='; }

/// Marks that shape how a note is played or printed, and nothing else.
bool is_mark(char c) {
  constexpr std::string_view kMarks = "~.`$*;\\JHKLMOPQRSTUVWNIhijklmnopqrstuvwy#@?/";
  return kMarks.find(c) != std::string_view::npos;
}

/// The letters on the line of fifths.
constexpr std::array<int, 7> kPlaces = {0, 2, 4, -1, 1, 3, 5};

/// A place on the line of fifths, moved by semitones; beyond two accidentals a simpler neighbour.
LineOfFifths moved(int place, int semitones) {
  const int fifths = ((semitones * 7) % 12 + 12) % 12;
  place += fifths > 6 ? fifths - 12 : fifths;
  constexpr int kFlattest = -15;  // Fbb
  constexpr int kSharpest = 19;   // B##
  while (place < kFlattest) place += 12;
  while (place > kSharpest) place -= 12;
  return static_cast<LineOfFifths>(place);
}

/// 2^count, for the few dots of a broken rhythm.
int64_t power(int count) { return int64_t{1} << count; }

}  // namespace

VoiceReader::VoiceReader(std::string id, const Key& key, const Metre& metre, int64_t unit_length,
                         const Customs& customs)
    : key_(key), metre_(metre), unit_length_(unit_length), customs_(customs) {
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

void VoiceReader::set_tempo(double quarters_per_minute, const std::string& words) {
  if (quarters_per_minute > 0.0) add(Item::Kind::kTempo).tempo = quarters_per_minute;
  if (!words.empty()) add(Item::Kind::kDirection).text = words;
}

void VoiceReader::set_clef(const Clef& clef) {
  clef_octave_ = clef.octave;
  add(Item::Kind::kClef).clef = clef;
}

void VoiceReader::set_transposition(int semitones) {
  transposition_ = semitones;
  name_transposition();
}

void VoiceReader::set_sound_shift(int semitones, bool is_relative) {
  constexpr int kMost = 60;
  sound_shift_ = std::clamp(is_relative ? sound_shift_ + semitones : semitones, -kMost, kMost);
  name_transposition();
}

void VoiceReader::set_program(int program) {
  const bool has_notes = std::ranges::any_of(voice_.items, [](const Item& item) {
    return item.kind == Item::Kind::kNotes && !item.heads.empty();
  });
  if (!has_notes) {
    voice_.program = program;
  } else {
    add(Item::Kind::kProgram).program = program;
  }
}

void VoiceReader::name_transposition() {
  const int semitones = transposition_ + sound_shift_;
  // A semitone names two steps; the nearest step of a major scale is what the page means.
  constexpr std::array<int, 12> kSteps = {0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6};
  const int up = (semitones % 12 + 12) % 12;
  const int steps = (semitones - up) / 12 * 7 + kSteps[static_cast<size_t>(up)];
  voice_.transposition = {static_cast<int8_t>(semitones), static_cast<int8_t>(steps)};
}

void VoiceReader::begin_section(const std::string& label) {
  add(Item::Kind::kSection).text = label;
}

void VoiceReader::begin_line(bool goes_on) {
  if (!goes_on) line_begin_ = voice_.items.size();
  verse_ = 0;
}

bool VoiceReader::read(Cursor& cursor, const Place& place) {
  const char c = cursor.peek();
  if (c == ' ' || c == '\t') {
    cursor.skip_blanks();
  } else if (begins_note(c)) {
    read_note(cursor, place);
  } else if (c == 'z' || c == 'x' || c == 'Z' || c == 'X') {
    read_rest(cursor, place);
  } else if (c == '"') {
    read_quoted(cursor);
  } else if (c == '!' || c == '+') {
    read_decoration(cursor);
  } else if (c == '{') {
    read_graces(cursor, place);
  } else if (c == '(') {
    read_parenthesis(cursor);
  } else if (c == '>' || c == '<') {
    read_broken_rhythm(cursor);
  } else if (c == '-') {
    ++cursor.at;
    tie_last();
  } else if (c == '&') {
    ++cursor.at;
    add(Item::Kind::kOverlay);
    ++layer_;
    has_last_ = false;
  } else if (c == '[' && (begins_note(cursor.peek(1)) || cursor.peek(1) == '"')) {
    read_chord(cursor, place);
  } else if (c == '|' || c == ':' || c == '[' || c == ']') {
    read_bar(cursor);
  } else if (c == ')') {
    ++cursor.at;
    end_slur();
  } else if (is_mark(c)) {
    read_letter(cursor);
  } else {
    return false;
  }
  return true;
}

int64_t VoiceReader::take_length(Cursor& cursor, int64_t unit, const Place& place) const {
  int64_t length = unit;
  if (is_digit(cursor.peek())) {
    const auto times = take_number(cursor);
    if (!times) throw failure(place, "a note length of at most six digits");
    length *= std::max<int64_t>(1, *times);  // "c0" lasts as long as "c", as in abc2midi
  }
  while (cursor.take('/')) {
    int divisor = 2;
    if (is_digit(cursor.peek())) divisor = take_number(cursor).value_or(0);
    if (divisor == 0) throw failure(place, "a note length that divides by 1 or more");
    length /= divisor;
  }
  if (length > kLongestNote) throw failure(place, "a note of at most 100 whole notes");
  return std::max<int64_t>(1, length);
}

void VoiceReader::take_pitch(Cursor& cursor, const Place& place, Head& head) {
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
  const bool reaches_all = customs_.accidentals == Propagation::kPitch;
  const int reach = reaches_all ? static_cast<int>(letter) : line;
  int applied = key_.alters[letter];
  if (is_explicit) {
    applied = std::clamp(alter, -2, 2);
    if (customs_.accidentals != Propagation::kNot) in_force_[reach] = applied;
  } else if (const auto tied = tied_[layer_].find(line); tied != tied_[layer_].end()) {
    applied = tied->second;
  } else if (const auto held = in_force_.find(reach); held != in_force_.end()) {
    applied = held->second;
  }
  last_alters_[line] = applied;
  const int sounding = 12 * (clef_octave_ + octaves_) + transposition_ + sound_shift_;
  head.pitch = 12 * octave + kSemitones[letter] + applied + sounding;
  if (head.pitch < 0 || head.pitch > 127) throw failure(place, "a pitch between 0 and 127");
  head.spelling = moved(kPlaces[letter] + 7 * applied, transposition_ + sound_shift_);
}

Head VoiceReader::take_head(Cursor& cursor, const Place& place) {
  Head head;
  take_pitch(cursor, place, head);
  head.length = head.written = take_length(cursor, unit_length_, place);
  if (cursor.peek() == '.' && cursor.peek(1) == '-') ++cursor.at;  // a dotted tie
  head.is_tied = cursor.take('-');
  return head;
}

void VoiceReader::read_note(Cursor& cursor, const Place& place) {
  last_alters_.clear();
  Item item;
  item.heads.push_back(take_head(cursor, place));
  item.length = item.written = item.heads[0].length;
  add_notes(std::move(item));
}

void VoiceReader::read_rest(Cursor& cursor, const Place& place) {
  const char kind = cursor.next();
  const bool counts_bars = kind == 'Z' || kind == 'X';
  Item item;
  item.length = take_length(cursor, counts_bars ? metre_.length() : unit_length_, place);
  item.written = item.length;
  item.marks = kRest | (kind == 'x' || kind == 'X' ? uint32_t{kInvisible} : 0U);
  last_alters_.clear();
  if (counts_bars) {
    item.bars = static_cast<int>(item.length / metre_.length());
    item.marks |= marks_;
    marks_ = 0;
    voice_.items.push_back(std::move(item));
  } else {
    add_notes(std::move(item));
  }
}

void VoiceReader::read_chord(Cursor& cursor, const Place& place) {
  ++cursor.at;
  last_alters_.clear();
  Item item;
  while (!cursor.done() && !cursor.take(']')) {
    const char c = cursor.peek();
    if (begins_note(c)) {
      item.heads.push_back(take_head(cursor, place));
    } else if (c == '"') {
      read_quoted(cursor);
    } else if (c == '!' || c == '+') {
      read_decoration(cursor);
    } else if (is_mark(c)) {
      read_letter(cursor);
    } else {
      ++cursor.at;  // blanks
    }
  }
  const Cursor before_length = cursor;
  take_length(cursor, kWhole, place);
  for (Head& head : item.heads) {
    Cursor again = before_length;
    head.length = head.written = take_length(again, head.length, place);
  }
  if (item.heads.empty()) return;
  item.length = item.written = item.heads[0].length;
  const bool all_tied = cursor.take('-');
  for (Head& head : item.heads) head.is_tied = head.is_tied || all_tied;
  add_notes(std::move(item));
}

/// Puts a note, chord or rest into the voice, in its tuplet and with its share of a dotted pair.
void VoiceReader::add_notes(Item item) {
  const auto scale = [&](int64_t top, int64_t bottom) {
    item.length = item.length * top / bottom;
    for (Head& head : item.heads) head.length = head.length * top / bottom;
  };
  if (broken_ != 0) {
    const int64_t bottom = power(std::abs(broken_));
    scale(broken_ > 0 ? 1 : 2 * bottom - 1, bottom);
    item.written = item.length;
    for (Head& head : item.heads) head.written = head.length;
  }
  broken_ = 0;
  item.marks |= std::exchange(marks_, 0);
  if (tuplet_.left > 0) {
    --tuplet_.left;
    scale(tuplet_.q, tuplet_.p);
    item.actual = static_cast<uint8_t>(tuplet_.p);
    item.normal = static_cast<uint8_t>(tuplet_.q);
    if (std::exchange(tuplet_.begins, false)) item.marks |= kTupletBegin;
    if (tuplet_.left == 0) item.marks |= kTupletEnd;
  }
  item.graces = std::exchange(graces_, {});
  item.is_slashed = is_slashed_;
  item.velocity = velocity_;
  tied_[layer_].clear();
  for (const Head& head : item.heads) {
    if (head.is_tied) tied_[layer_] = last_alters_;
  }
  last_ = voice_.items.size();
  has_last_ = true;
  voice_.items.push_back(std::move(item));
}

void VoiceReader::tie_last() {
  if (!has_last_) return;
  for (Head& head : voice_.items[last_].heads) head.is_tied = true;
  tied_[layer_] = last_alters_;
}

void VoiceReader::end_slur() {
  if (has_last_) voice_.items[last_].marks |= kSlurEnd;
}

void VoiceReader::read_graces(Cursor& cursor, const Place& place) {
  ++cursor.at;
  graces_.clear();
  is_slashed_ = cursor.take('/');
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
void VoiceReader::read_parenthesis(Cursor& cursor) {
  ++cursor.at;
  if (!is_digit(cursor.peek())) {
    marks_ |= kSlurBegin;
    return;
  }
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
  tuplet_ = {p, q, r, true};
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
  last.written = change(last.written);
  for (Head& head : last.heads) {
    head.length = change(head.length);
    head.written = change(head.written);
  }
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
  add(is_words ? Item::Kind::kDirection : Item::Kind::kChord).text = decoded(shown);
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
  decorate(name);
}

/// A letter that stands for a decoration: by a U: field, or by the standard. Others mean nothing.
void VoiceReader::read_letter(Cursor& cursor) {
  const char letter = cursor.next();
  const auto defined = customs_.symbols.find(letter);
  decorate(defined != customs_.symbols.end() ? std::string_view(defined->second)
                                             : decoration_of_letter(letter));
}

void VoiceReader::decorate(std::string_view name) {
  if (name.empty()) return;
  const Decoration* const decoration = find_decoration(name);
  if (decoration == nullptr) {
    constexpr size_t kMostNames = 1'000;
    if (unknown_.size() >= kMostNames) return;
    if (std::ranges::find(unknown_, name) == unknown_.end()) unknown_.emplace_back(name);
    return;
  }
  switch (decoration->kind) {
    case Decoration::Kind::kMark:
      marks_ |= decoration->mark;
      return;
    case Decoration::Kind::kDirection: {
      velocity_ = velocity_of(decoration->text).value_or(velocity_);
      Item& item = add(Item::Kind::kDirection);
      item.direction = decoration->direction;
      item.text = decoration->text;
      return;
    }
    case Decoration::Kind::kSign: {
      Item& item = add(Item::Kind::kSign);
      item.sign = decoration->sign;
      item.text = decoration->text;
    }
  }
}

void VoiceReader::read_bar(Cursor& cursor) {
  BarLine bar;
  if (!take_bar(cursor, bar)) return;
  in_force_.clear();
  layer_ = 0;
  add(Item::Kind::kBar).bar = bar;
}

size_t VoiceReader::add_lyrics(std::string_view text) {
  lyrics_[++verse_].next = line_begin_;
  return continue_lyrics(text);
}

size_t VoiceReader::continue_lyrics(std::string_view text) {
  return abc::add_lyrics(text, verse_, lyrics_[verse_], voice_.items);
}

}  // namespace motet::abc
