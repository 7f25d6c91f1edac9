// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_write_voice.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "motet/score/abc_decorations.h"
#include "motet/score/notation.h"
#include "motet/score/note_value.h"

namespace motet::abc {
namespace {

constexpr int kUnitsPerWhole = 8;  // L:1/8

constexpr int64_t kFine = 1 << 14;  // of a whole note

int64_t value_of(const Written& head) { return length_of({head.value, head.dots}, kFine); }

/// Whether a head sounds as long as it looks, up to a tick of rounding.
bool looks_as_long_as_it_sounds(const Written& head, int64_t whole_ticks) {
  const int64_t looks = value_of(head) * head.normal * whole_ticks;
  const int64_t sounds = head.duration.value * head.actual * kFine;
  const int64_t tick = head.actual * kFine;
  return std::abs(looks - sounds) <= std::min(tick, sounds / 16);
}

constexpr std::array<Mark, 17> kSingleMarks = {
    kStaccato, kStaccatissimo, kTenuto,         kAccent,          kMarcato,  kFermata,
    kTrill,    kTurn,          kMordent,        kInvertedMordent, kArpeggio, kUpBow,
    kDownBow,  kTremolo,       kGlissandoBegin, kGlissandoEnd,    kBreath};

std::string decorations_of(uint32_t marks) {
  std::string text;
  for (const Mark mark : kSingleMarks) {
    if ((marks & mark) == 0) continue;
    text += mark == kStaccato ? "." : "!" + std::string(decoration_of_mark(mark)) + "!";
  }
  return text;
}

std::string syllable_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '-') out += '\\';
    const bool is_sign = c == '*' || c == '_' || c == '|' || c == '\n' || c == '\r' || c == '%';
    out += c == ' ' || is_sign ? '~' : c;
  }
  return out;
}

}  // namespace

std::string clef_text(const Clef& clef) {
  std::string name = "treble";
  if (clef.sign == 'F') name = clef.line == 3 ? "bass3" : "bass";
  if (clef.sign == 'P') name = "perc";
  if (clef.sign == 'C') {
    name = clef.line == 4 ? "tenor" : clef.line == 3 ? "alto" : "alto" + std::to_string(clef.line);
  }
  return name + (clef.octave < 0 ? "-8" : clef.octave > 0 ? "+8" : "");
}

std::string key_text(const KeyChange& key) {
  const int place = key.fifths + (key.mode == Mode::kMinor ? 3 : 0) + 1 + 7 * 4;
  const int octaves = place / 7 - 4;
  std::string text(1, kLettersByFifths[static_cast<size_t>(place % 7)]);
  text += octaves > 0 ? "#" : octaves < 0 ? "b" : "";
  return key.mode == Mode::kMinor ? text + "m" : text;
}

VoiceWriter::VoiceWriter(const Score& score, const Part& part, uint8_t staff, std::string id,
                         Attachments attachments)
    : score_(score),
      part_(part),
      staff_(staff),
      id_(std::move(id)),
      attached_(std::move(attachments)) {
  std::map<uint8_t, std::vector<const Written*>> graces;  // by voice: those that wait for a note
  for (const Written& head : part.written) {
    if (head.staff != staff || head.has(kCue)) continue;
    std::vector<const Written*>& waiting = graces[head.voice];
    if (head.has(kGrace)) {
      waiting.push_back(&head);
      continue;
    }
    const int key = stream_for(head);
    Stream& stream = streams_[key];
    const bool is_there = !stream.empty() && stream.back().at == head.at;
    if (head.has(kRest) && (is_there || key >= kVoices)) continue;  // a note is there
    if (is_there && stream.back().is_rest()) stream.pop_back();
    if (stream.empty() || stream.back().at != head.at) {
      stream.push_back({head.at, head.duration, {}, {}});
    }
    std::vector<const Written*>& before = stream.back().graces;
    before.insert(before.end(), waiting.begin(), waiting.end());
    waiting.clear();
    stream.back().heads.push_back(&head);
    if (head.note.value != 0) last_head_[head.note.value] = &head;
  }
  for (const Lyric& lyric : part.lyrics) {
    lyrics_.emplace(lyric.at, &lyric);
    verses_ = std::max<int>(verses_, lyric.verse);
  }
  if (staff != 0) lyrics_.clear();
  lines_.resize(static_cast<size_t>(verses_));
  is_extended_.resize(static_cast<size_t>(verses_));
  pitches_.set_key(0);
  for (const MetreChange& metre : score.metres) {
    if (!metre.is_hidden) printed_.push_back(metre);
  }
}

/// The stream of the head's voice; where a note of the voice still sounds, one beside it.
int VoiceWriter::stream_for(const Written& head) const {
  int key = head.voice;
  for (;; key += kVoices) {
    const auto found = streams_.find(key);
    if (found == streams_.end() || found->second.empty()) return key;
    const Group& last = found->second.back();
    if (last.at == head.at || last.at + last.duration <= head.at) return key;
  }
}

std::string VoiceWriter::tick_length(Ticks length) const {
  return length_text(length.value * kUnitsPerWhole, int64_t{4} * score_.ticks_per_quarter);
}

/// How far beyond the tick where a head ends its reader will be, in ticks, where the head is
/// written as long as it looks. Lengths such as 3.75 ticks have a tick only with those before them.
double VoiceWriter::drift_after(const Written& head) const {
  const double whole = 4.0 * score_.ticks_per_quarter;
  const double looks = whole * static_cast<double>(value_of(head)) / kFine;
  return drift_ + looks * head.normal / head.actual - static_cast<double>(head.duration.value);
}

bool VoiceWriter::is_written_as_it_looks(const Written& head) const {
  constexpr double kRoundsWell = 0.499'999;
  return !head.has(kUntypedValue) &&
         looks_as_long_as_it_sounds(head, int64_t{4} * score_.ticks_per_quarter) &&
         std::abs(drift_after(head)) < kRoundsWell;
}

/// As the page says, or as long as the head sounds where that is something else.
std::string VoiceWriter::head_length(const Written& head) const {
  const bool is_grace = head.duration == Ticks{};
  if (is_grace || is_written_as_it_looks(head)) {
    return length_text(value_of(head) * kUnitsPerWhole, kFine);
  }
  return length_text(head.duration.value * head.actual * kUnitsPerWhole,
                     int64_t{4} * score_.ticks_per_quarter * head.normal);
}

/// The reader has gone over this head, the first of its chord.
void VoiceWriter::pass(const Written& head) {
  if (is_written_as_it_looks(head)) drift_ = drift_after(head);
}

/// A rest that is not seen; no tie reaches over it.
void VoiceWriter::write_gap(Ticks from, Ticks to, std::string& out) {
  if (to <= from) return;
  out += "x" + tick_length(to - from) + " ";
  pitches_.begin_item();
  pitches_.end_item(false);
}

std::string VoiceWriter::write_bar(Ticks begin, Ticks end) {
  std::string out;
  pitches_.begin_bar();
  write_fields(begin, out);
  const bool has_main = !streams_.empty();
  const int main = has_main ? streams_.begin()->first : 0;
  Stream none;
  const double drift = drift_;  // every layer begins with it, and the longest ends the bar
  write_stream(main, has_main ? streams_.begin()->second : none, begin, end, true, out);
  double drift_at_end = drift_;
  std::string overlay;
  write_overlay_of_words(begin, end, overlay);
  for (auto& [voice, stream] : streams_) {
    if (voice == main) continue;
    const size_t i = next_[voice];
    if (i >= stream.size() || stream[i].at >= end) {
      // The voice is silent here, but those after it need their place among the overlays.
      const bool more = std::ranges::any_of(streams_, [&, voice = voice](const auto& other) {
        const size_t k = next_[other.first];
        return other.first > voice && k < other.second.size() && other.second[k].at < end;
      });
      if (more) {
        out += "& ";
        pitches_.set_voice(voice);
        write_gap(begin, end, out);
        drift_at_end = std::max(drift_at_end, drift);
      }
      continue;
    }
    out += "& ";
    drift_ = drift;
    write_stream(voice, stream, begin, end, false, out);
    drift_at_end = std::max(drift_at_end, drift_);
  }
  if (!overlay.empty()) drift_at_end = std::max(drift_at_end, drift);
  drift_ = drift_at_end;
  out += overlay;
  for (std::string& line : lines_) line += "| ";
  return out;
}

void VoiceWriter::write_stream(int voice, const Stream& stream, Ticks begin, Ticks end,
                               bool is_main, std::string& out) {
  size_t& next = next_[voice];
  Ticks now = begin;
  tuplet_left_ = 0;
  pitches_.set_voice(voice);
  for (; next < stream.size() && stream[next].at < end; ++next) {
    const Group& group = stream[next];
    if (group.at < now && group.at + group.duration <= now) continue;
    if (is_main) write_fields(group.at, out);
    write_gap(now, group.at, out);
    if (is_main) write_words(group.at, out);
    write_group(stream, next, begin, end, out);
    if (is_main) note_lyrics(group);
    now = std::max(now, group.at + group.duration);
  }
  write_gap(now, end, out);
}

/// The length of a bar in the metre that is printed last before `at`.
Ticks VoiceWriter::printed_bar(Ticks at) const {
  const auto next = std::ranges::upper_bound(printed_, at, {}, &MetreChange::at);
  const MetreChange& printed = next == printed_.begin() ? printed_.front() : *std::prev(next);
  const int64_t whole = int64_t{4} * score_.ticks_per_quarter;
  return {whole * printed.numerator / printed.denominator};
}

void VoiceWriter::write_group(const Stream& stream, size_t index, Ticks bar_begin, Ticks end,
                              std::string& out) {
  const Group& group = stream[index];
  const Written& first = *group.heads[0];
  uint32_t marks = 0;
  for (const Written* head : group.heads) marks |= head->marks;
  write_graces(group, out);
  if (marks & kSlurBegin) out += "(";
  open_tuplet(stream, index, end, out);
  out += decorations_of(marks);
  if (first.has(kRest)) {
    const bool fills_bar = group.at == bar_begin && group.at + group.duration == end;
    if (first.has(kWholeBar) && fills_bar) {
      const bool is_full = printed_bar(group.at) == group.duration;
      out += is_full ? (first.has(kInvisible) ? "X" : "Z")
                     : (first.has(kInvisible) ? "x" : "z") + tick_length(group.duration);
    } else {
      out += (first.has(kInvisible) ? "x" : "z") + head_length(first);
      pass(first);
    }
    pitches_.begin_item();
    pitches_.end_item(false);
  } else {
    write_heads(group, out);
  }
  if (marks & kSlurEnd) out += ")";
  out += " ";
  if (tuplet_left_ > 0) --tuplet_left_;
}

/// "(3:2:4" where a tuplet begins, with or without a bracket, and where it goes on after a time on
/// another staff: the rest that stands for it there is none of the tuplet's notes.
void VoiceWriter::open_tuplet(const Stream& stream, size_t index, Ticks end, std::string& out) {
  const Written& first = *stream[index].heads[0];
  if (first.actual == first.normal || first.has(kWholeBar)) {
    tuplet_left_ = 0;
    return;
  }
  if (tuplet_left_ > 0 && !first.has(kTupletBegin)) return;
  constexpr int kMostNotes = 64;
  int count = 0;
  Ticks now = stream[index].at;
  for (size_t i = index; i < stream.size() && stream[i].at < end && count < kMostNotes; ++i) {
    if (stream[i].at > now) break;
    now = std::max(now, stream[i].at + stream[i].duration);
    const Written& head = *stream[i].heads[0];
    const bool is_other = head.actual != first.actual || head.normal != first.normal;
    if (is_other || (i > index && head.has(kTupletBegin))) break;
    ++count;
    if (std::ranges::any_of(stream[i].heads, [](const Written* w) { return w->has(kTupletEnd); })) {
      break;
    }
  }
  tuplet_left_ = count;
  out += "(" + std::to_string(first.actual) + ":" + std::to_string(first.normal) + ":" +
         std::to_string(count);
}

void VoiceWriter::write_graces(const Group& group, std::string& out) {
  if (group.graces.empty()) return;
  out += group.graces[0]->has(kSlashed) ? "{/" : "{";
  pitches_.begin_item();
  for (const Written* grace : group.graces) out += pitches_.text_of(*grace) + head_length(*grace);
  out += "}";
}

void VoiceWriter::write_heads(const Group& group, std::string& out) {
  pitches_.begin_item();
  const bool is_chord = group.heads.size() > 1;
  const std::string length = head_length(*group.heads[0]);
  const bool is_even = std::ranges::all_of(
      group.heads, [&](const Written* head) { return head_length(*head) == length; });
  if (is_chord) out += "[";
  bool is_tied = false;
  for (const Written* head : group.heads) {
    out += pitches_.text_of(*head);
    if (!is_chord || !is_even) out += head_length(*head);
    const auto last = last_head_.find(head->note.value);
    const bool goes_on = last != last_head_.end() && last->second->at > head->at;
    if (goes_on) out += "-";
    is_tied = is_tied || goes_on;
  }
  if (is_chord) out += "]";
  if (is_chord && is_even) out += length;
  pass(*group.heads[0]);
  pitches_.end_item(is_tied);
}

void VoiceWriter::write_fields(Ticks until, std::string& out) {
  for (; next_field_ < attached_.fields.size() && attached_.fields[next_field_].at <= until;
       ++next_field_) {
    out += attached_.fields[next_field_].text;
  }
  for (; next_key_ < attached_.keys.size() && attached_.keys[next_key_].at <= until; ++next_key_) {
    const KeyChange& key = attached_.keys[next_key_];
    if (key.at > Ticks{}) out += "[K:" + key_text(key) + "]";
    pitches_.set_key(key.fifths);
  }
  for (; next_clef_ < attached_.clefs.size() && attached_.clefs[next_clef_].at <= until;
       ++next_clef_) {
    const Clef& clef = attached_.clefs[next_clef_];
    if (clef.at > Ticks{}) out += "[V:" + id_ + " clef=" + clef_text(clef) + "]";
    pitches_.set_clef(clef.octave);
  }
}

void VoiceWriter::write_words(Ticks at, std::string& out) {
  for (size_t i = next_word_; i < attached_.words.size(); ++i) {
    Attachment& word = attached_.words[i];
    if (word.at > at) break;
    if (word.at == at) out += std::exchange(word.text, "");
  }
}

/// Words that no note of the bar stands at are written over invisible rests.
void VoiceWriter::write_overlay_of_words(Ticks begin, Ticks end, std::string& out) {
  Ticks now = begin;
  for (; next_word_ < attached_.words.size(); ++next_word_) {
    Attachment& word = attached_.words[next_word_];
    if (word.at >= end) break;
    if (word.text.empty()) continue;
    constexpr int kNoVoice = -2;
    if (out.empty()) out += "& ";
    pitches_.set_voice(kNoVoice);
    write_gap(now, word.at, out);
    now = std::max(now, word.at);
    out += std::exchange(word.text, "");
  }
  if (!out.empty()) write_gap(now, end, out);
}

std::string VoiceWriter::take_words() {
  std::string out;
  for (; next_word_ < attached_.words.size(); ++next_word_) {
    out += std::exchange(attached_.words[next_word_].text, "");
  }
  return out;
}

void VoiceWriter::note_lyrics(const Group& group) {
  if (group.is_rest()) return;
  std::vector<const Lyric*> sung(lines_.size(), nullptr);
  const auto [first, last] = lyrics_.equal_range(group.at);
  for (auto it = first; it != last; ++it) {
    if (it->second->verse > 0) sung[it->second->verse - size_t{1}] = it->second;
  }
  for (size_t verse = 0; verse < lines_.size(); ++verse) {
    const Lyric* const lyric = sung[verse];
    std::string& line = lines_[verse];
    if (lyric == nullptr) {
      line += is_extended_[verse] ? "_ " : "* ";
      continue;
    }
    line += syllable_text(lyric->text);
    const bool goes_on =
        lyric->syllabic == Syllabic::kBegin || lyric->syllabic == Syllabic::kMiddle;
    line += goes_on ? "- " : " ";
    is_extended_[verse] = lyric->is_extended;
  }
}

std::string VoiceWriter::take_lyrics() {
  const auto is_empty = [](const std::string& line) {
    return line.find_first_not_of("*_| ") == std::string::npos;
  };
  size_t count = lines_.size();
  while (count > 0 && is_empty(lines_[count - 1])) --count;
  std::string text;
  for (size_t verse = 0; verse < count; ++verse) {
    text += is_empty(lines_[verse]) ? "w:" : "w: " + lines_[verse];
    while (text.back() == ' ') text.pop_back();
    text += "\n";
  }
  for (std::string& line : lines_) line.clear();
  return text;
}

}  // namespace motet::abc
