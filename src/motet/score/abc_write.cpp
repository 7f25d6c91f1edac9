// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_write.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "motet/base/error.h"
#include "motet/score/abc_decorations.h"
#include "motet/score/abc_write_voice.h"
#include "motet/score/at_time.h"
#include "motet/score/engrave.h"
#include "motet/score/repeats.h"

namespace motet {
namespace {

using abc::Attachment;
using abc::Attachments;

/// Text for a field: on one line, with what begins a comment or an escape told apart.
std::string field_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '\\') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

/// Text for a string in quotes within music.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '%' || c == '\\') out += '\\';
    out += c == '"' ? '\'' : c == '\n' || c == '\r' ? ' ' : c;
  }
  return out + "\"";
}

std::string tempo_text(double quarters_per_minute) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", quarters_per_minute);
  return "1/4=" + std::string(text);
}

std::string metre_text(const MetreChange& metre) {
  return std::to_string(metre.numerator) + "/" + std::to_string(metre.denominator);
}

/// ABC has signs for some dynamics; "più f" is words.
std::string direction_text(const Direction& direction) {
  const abc::Decoration* const known = abc::find_decoration(direction.text);
  const bool has_sign = known != nullptr && known->kind == abc::Decoration::Kind::kDirection &&
                        known->direction == DirectionKind::kDynamic;
  switch (direction.kind) {
    case DirectionKind::kDynamic:
      if (has_sign) return "!" + direction.text + "!";
      [[fallthrough]];
    case DirectionKind::kWords:
      return direction.text.empty() ? "" : quoted("^" + direction.text);
    case DirectionKind::kCrescendo:
      return "!<(!";
    case DirectionKind::kDiminuendo:
      return "!>(!";
    case DirectionKind::kWedgeEnd:
      return "!<)!";
    case DirectionKind::kPedalDown:
      return "!ped!";
    case DirectionKind::kPedalUp:
      return "!ped-up!";
    case DirectionKind::kOctaveUp:
      return "!8va(!";
    case DirectionKind::kOctaveDown:
      return "!8vb(!";
    case DirectionKind::kOctaveEnd:
      return "!8va)!";
  }
  return "";
}

/// "!D.C.alfine!" for a sign of the road; empty for a stroke.
std::string sign_text(const Barline& bar) {
  const bool al_fine = bar.text.find("ine") != std::string::npos;
  const bool al_coda = bar.text.find("oda") != std::string::npos;
  const std::string until = al_fine ? "alfine!" : al_coda ? "alcoda!" : "!";
  switch (bar.kind) {
    case BarlineKind::kSegno:
      return "!segno!";
    case BarlineKind::kCoda:
      return "!coda!";
    case BarlineKind::kFine:
      return "!fine!";
    case BarlineKind::kToCoda:
      return "!dacoda!";
    case BarlineKind::kDaCapo:
      return "!D.C." + until;
    case BarlineKind::kDalSegno:
      return "!D.S." + until;
    default:
      return "";
  }
}

bool closes_its_bar(const Barline& bar) {
  return bar.kind == BarlineKind::kFine || bar.kind == BarlineKind::kToCoda ||
         bar.kind == BarlineKind::kDaCapo || bar.kind == BarlineKind::kDalSegno;
}

/// The sign at a bar line, and the number of the ending that begins there.
std::string bar_text(const Score& score, Ticks at) {
  int ends = 0;
  bool begins = false;
  bool is_double = false;
  bool is_final = false;
  bool ends_ending = false;
  std::string ending;
  for (const Barline& bar : at_time(score.barlines, at)) {
    if (bar.kind == BarlineKind::kRepeatEnd) ends = std::max(ends, std::max<int>(2, bar.times) - 1);
    begins = begins || bar.kind == BarlineKind::kRepeatBegin;
    is_double = is_double || bar.kind == BarlineKind::kDouble;
    is_final = is_final || bar.kind == BarlineKind::kFinal;
    ends_ending = ends_ending || bar.kind == BarlineKind::kEndingEnd;
    if (bar.kind == BarlineKind::kEndingBegin) ending = bar.text.empty() ? "1" : bar.text;
  }
  const bool is_repeat = ends > 0 || begins;
  std::string text(static_cast<size_t>(ends), ':');
  text += !is_repeat && is_final ? "|]" : !is_repeat && (is_double || ends_ending) ? "||" : "|";
  if (begins) text += ":";
  if (at == Ticks{} && text == "|") text.clear();
  std::erase(ending, ' ');
  if (!ending.empty()) text += " [" + ending;
  return text;
}

/// What stands above the first voice of all: chords, signs, sections, tempos.
void attach_to_the_whole(const Score& score, Attachments& attached) {
  for (const TempoChange& tempo : score.tempos) {
    if (tempo.at > Ticks{}) {
      attached.fields.push_back({tempo.at, "[Q:" + tempo_text(tempo.quarters_per_minute) + "]"});
    }
  }
  for (const TextEvent& marker : score.markers) {
    std::string text = field_text(marker.text);
    std::erase(text, ']');
    attached.fields.push_back({marker.at, "[P:" + text + "]"});
  }
  for (const ChordSymbol& chord : score.chords) {
    attached.words.push_back({chord.at, quoted(chord.text)});
  }
  for (const Barline& bar : score.barlines) {
    const std::string text = sign_text(bar);
    if (!text.empty() && !closes_its_bar(bar)) attached.words.push_back({bar.at, text});
  }
}

Attachments attachments_of(const Score& score, const Part& part, uint8_t staff, bool is_first) {
  Attachments attached;
  for (const MetreChange& metre : score.metres) {
    if (metre.at > Ticks{} && !metre.is_hidden) {
      attached.fields.push_back({metre.at, "[M:" + metre_text(metre) + "]"});
    }
  }
  if (is_first) attach_to_the_whole(score, attached);
  for (const Direction& direction : part.directions) {
    const std::string text = direction_text(direction);
    if (direction.staff == staff && !text.empty()) attached.words.push_back({direction.at, text});
  }
  for (const Clef& clef : part.clefs) {
    if (clef.staff == staff) attached.clefs.push_back(clef);
  }
  attached.keys = score.keys;
  const auto by_place = [](const Attachment& a, const Attachment& b) { return a.at < b.at; };
  std::stable_sort(attached.words.begin(), attached.words.end(), by_place);
  std::stable_sort(attached.fields.begin(), attached.fields.end(), by_place);
  return attached;
}

/// One voice of the text: a staff of a part.
struct Line {
  const Part* part;
  uint8_t staff;
  std::string id;
};

std::vector<Line> lines_of(const Score& score) {
  std::vector<Line> lines;
  for (const Part& part : score.parts) {
    if (part.notes.empty()) continue;
    std::set<uint8_t> staves;
    for (const Written& head : part.written) staves.insert(head.staff);
    for (const uint8_t staff : staves) {
      lines.push_back({&part, staff, std::to_string(lines.size() + 1)});
    }
  }
  return lines;
}

std::string clef_of(const Line& line) {
  for (const Clef& clef : line.part->clefs) {
    if (clef.staff == line.staff && clef.at == Ticks{}) return " clef=" + abc::clef_text(clef);
  }
  const bool is_lower = line.staff > 0 && line.part->clefs.empty();
  return is_lower ? " clef=bass" : "";
}

std::string header_of(const Score& score, const std::vector<Line>& lines, int number) {
  std::string text = "X:" + std::to_string(number) + "\nT:" + field_text(score.title) + "\n";
  if (!score.composer.empty()) text += "C:" + field_text(score.composer) + "\n";
  if (!score.lyricist.empty()) text += "A:" + field_text(score.lyricist) + "\n";
  if (!score.rights.empty()) text += "Z:" + field_text(score.rights) + "\n";
  for (const MetreChange& metre : score.metres) {
    if (metre.at == Ticks{} && !metre.is_hidden) text += "M:" + metre_text(metre) + "\n";
  }
  text += "L:1/8\n";
  if (!score.tempos.empty() && score.tempos[0].at == Ticks{}) {
    text += "Q:" + tempo_text(score.tempos[0].quarters_per_minute) + "\n";
  }
  for (const Line& line : lines) {
    text += "V:" + line.id + clef_of(line);
    if (!line.part->name.empty()) text += " name=" + quoted(line.part->name);
    if (!line.part->short_name.empty()) text += " snm=" + quoted(line.part->short_name);
    text += "\n";
    if (line.part->is_drums) text += "%%MIDI channel 10\n";
    if (line.part->program != 0) {
      text += "%%MIDI program " + std::to_string(line.part->program) + "\n";
    }
  }
  const bool has_key = !score.keys.empty() && score.keys[0].at == Ticks{};
  return text + "K:" + (has_key ? abc::key_text(score.keys[0]) : "none") + "\n";
}

/// Where bars end: by the metres, and wherever a repeat begins or ends.
std::vector<Ticks> bar_ends_of(const Score& score) {
  const Ticks end = end_of_page(score);
  std::vector<Ticks> ends;
  for (const Bar& bar : bars_until(score, end)) ends.push_back(bar.begin + bar.length);
  if (!ends.empty()) ends.back() = end;
  for (const Barline& bar : score.barlines) {
    if (bar.at > Ticks{} && bar.at <= end) ends.push_back(bar.at);
  }
  std::ranges::sort(ends);
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  return ends;
}

/// Cuts heads and rests at the bar lines that they cross: tied pieces, as long as they sound.
std::vector<Written> cut_at(const std::vector<Ticks>& ends, const std::vector<Written>& heads) {
  constexpr uint32_t kStayWithAll = kRest | kCue | kInvisible | kUntypedValue;
  constexpr uint32_t kGoWithLast = kSlurEnd | kGlissandoEnd | kBreath;
  std::vector<Written> pieces;
  for (Written head : heads) {
    const Ticks end = head.at + head.duration;
    auto bar = std::ranges::upper_bound(ends, head.at);
    const bool is_cut = bar != ends.end() && *bar < end;
    if (is_cut) {
      head.marks = (head.marks | kUntypedValue) & ~uint32_t{kWholeBar | kTupletBegin | kTupletEnd};
      head.actual = head.normal = 1;
    }
    const uint32_t marks = head.marks;
    for (; bar != ends.end() && *bar < end; ++bar) {
      head.duration = *bar - head.at;
      head.marks &= ~kGoWithLast;
      pieces.push_back(head);
      head.marks = marks & (kStayWithAll | kGoWithLast);
      head.at = *bar;
    }
    head.duration = end - head.at;
    pieces.push_back(head);
  }
  std::ranges::stable_sort(pieces, {}, &Written::at);
  return pieces;
}

std::string closing_signs(const Score& score, Ticks at) {
  std::string text;
  for (const Barline& bar : at_time(score.barlines, at)) {
    if (closes_its_bar(bar)) text += sign_text(bar);
  }
  return text;
}

std::string music_of(const Score& score, const Line& line, const std::vector<Ticks>& ends,
                     bool is_first) {
  constexpr int kBarsPerLine = 4;
  abc::VoiceWriter writer(score, *line.part, line.staff, line.id,
                          attachments_of(score, *line.part, line.staff, is_first));
  std::string text = "V:" + line.id + "\n" + bar_text(score, {});
  Ticks begin;
  int bars = 0;
  for (const Ticks end : ends) {
    text += writer.write_bar(begin, end);
    if (end == ends.back()) text += writer.take_words();
    if (is_first) text += closing_signs(score, end);
    text += bar_text(score, end);
    begin = end;
    if (++bars % kBarsPerLine == 0 || end == ends.back()) {
      text += "\n" + writer.take_lyrics();
    } else {
      text += " ";
    }
  }
  return text;
}

}  // namespace

std::string write_abc(const Score& score, int number) {
  if (count_notes(score) == 0) {
    throw Error(ErrorCode::kInvalidArgument, "ABC: expected a score with a note, found none");
  }
  Score page = with_page(score);
  const std::vector<Ticks> ends = bar_ends_of(page);
  for (Part& part : page.parts) part.written = cut_at(ends, part.written);
  const std::vector<Line> lines = lines_of(page);
  std::string text = header_of(page, lines, number);
  for (size_t i = 0; i < lines.size(); ++i) text += music_of(page, lines[i], ends, i == 0);
  return text;
}

std::string write_abc_book(std::span<const Score> scores) {
  std::string text = "%abc-2.1\n";
  int number = 1;
  for (const Score& score : scores) text += "\n" + write_abc(score, number++);
  return text;
}

}  // namespace motet
