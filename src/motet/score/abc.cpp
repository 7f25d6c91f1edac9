// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc.h"

#include <algorithm>
#include <optional>

#include "motet/base/error.h"
#include "motet/score/abc_build.h"
#include "motet/score/abc_fields.h"
#include "motet/score/abc_parse.h"
#include "motet/score/utf8.h"

namespace motet {
namespace {

using abc::TuneLines;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("\r\n"), text.size());
    lines.push_back(text.substr(0, end));
    const bool is_pair = text.substr(end).starts_with("\r\n");
    text.remove_prefix(std::min(end + (is_pair ? 2 : 1), text.size()));
  }
  return lines;
}

/// Blocks of text and PostScript between %%begin and %%end hold no music, whatever they look like.
bool begins_block(std::string_view line) {
  return line.starts_with("%%begintext") || line.starts_with("%%beginps");
}
bool ends_block(std::string_view line) {
  return line.starts_with("%%endtext") || line.starts_with("%%endps");
}

/// A tune begins with X: and ends before an empty line.
std::vector<TuneLines> tunes_of(const std::vector<std::string_view>& lines) {
  std::vector<TuneLines> tunes;
  bool in_tune = false;
  bool in_block = false;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (begins_block(line)) in_block = true;
    if (ends_block(line)) in_block = false;
    const bool is_music = !in_block && !ends_block(line);
    if (is_music && line.starts_with("X:")) {
      in_tune = true;
      tunes.push_back({i + 1, {}});
    } else if (is_music && abc::trimmed(line).empty()) {
      in_tune = false;
    }
    if (in_tune) tunes.back().lines.push_back(is_music ? line : std::string_view());
  }
  return tunes;
}

/// The fields and directives before the first tune, up to an empty line; nothing where a line among
/// them is free text.
TuneLines header_of(const std::vector<std::string_view>& lines) {
  TuneLines header;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = abc::trimmed(lines[i]);
    if (line.starts_with("X:")) break;
    if (line.empty() && !header.lines.empty()) return header;
    const bool is_comment = line.empty() || (line[0] == '%' && !line.starts_with("%%"));
    if (!is_comment && !line.starts_with("%%") && !abc::is_field(line)) return {};
    if (is_comment && header.lines.empty()) continue;
    if (header.lines.empty()) header.first_line = i + 1;
    header.lines.push_back(is_comment ? std::string_view() : line);
  }
  return {};  // no empty line: these fields are not the head of the file
}

int number_of(const TuneLines& lines) {
  abc::Cursor cursor{abc::trimmed(lines.lines.front().substr(2))};
  return abc::take_number(cursor).value_or(0);
}

bool is_straight(const abc::Built& built) {
  Ticks at;
  for (const Passage& passage : built.road) {
    if (passage.begin != at) return false;
    at = passage.end;
  }
  return at == end_of_page(built.reading.score);
}

}  // namespace

AbcFile read_abc(std::string_view text, Repeats repeats) {
  const std::string plain =
      without_mark({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  const std::vector<std::string_view> all_lines = lines_of(plain);
  const TuneLines header = header_of(all_lines);
  const std::vector<TuneLines> tunes = tunes_of(all_lines);
  if (tunes.empty()) {
    throw Error(ErrorCode::kInvalidFile,
                "ABC: line 1: expected a tune, which begins with X:, found none");
  }
  AbcFile file;
  for (const TuneLines& lines : tunes) {
    const int number = number_of(lines);
    try {
      const abc::Tune tune = abc::parse_tune(header, lines);
      abc::Built built = abc::build(tune);
      Reading& reading = built.reading;
      if (repeats == Repeats::kPlayed && !is_straight(built)) {
        reading.score = played(reading.score, built.road);
      }
      if (count_notes(reading.score) == 0) {
        throw Error(ErrorCode::kInvalidFile, "line " + std::to_string(lines.first_line) +
                                                 ": expected a note in the tune, found none");
      }
      file.tunes.push_back({number, lines.first_line, std::move(reading), tune.unkept});
    } catch (const Error& e) {
      file.refused.push_back({number, lines.first_line, std::string("ABC: ") + e.what()});
    }
  }
  return file;
}

}  // namespace motet
