// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc.h"

#include <algorithm>
#include <optional>

#include "motet/base/error.h"
#include "motet/score/abc_build.h"
#include "motet/score/abc_fields.h"
#include "motet/score/abc_parse.h"

namespace motet {
namespace {

/// The lines of one tune within the file.
struct Passage {
  size_t first_line = 1;
  std::vector<std::string_view> lines;
};

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
std::vector<Passage> passages_of(const std::vector<std::string_view>& lines) {
  std::vector<Passage> passages;
  bool in_tune = false;
  bool in_block = false;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (begins_block(line)) in_block = true;
    if (ends_block(line)) in_block = false;
    const bool is_music = !in_block && !ends_block(line);
    if (is_music && line.starts_with("X:")) {
      in_tune = true;
      passages.push_back({i + 1, {}});
    } else if (is_music && abc::trimmed(line).empty()) {
      in_tune = false;
    }
    if (in_tune) passages.back().lines.push_back(is_music ? line : std::string_view());
  }
  return passages;
}

int number_of(const Passage& passage) {
  abc::Cursor cursor{abc::trimmed(passage.lines.front().substr(2))};
  return abc::take_number(cursor).value_or(0);
}

}  // namespace

AbcFile read_abc(std::string_view text) {
  const std::vector<Passage> passages = passages_of(lines_of(text));
  if (passages.empty()) {
    throw Error(ErrorCode::kInvalidFile,
                "ABC: line 1: expected a tune, which begins with X:, found none");
  }
  AbcFile file;
  for (const Passage& passage : passages) {
    const int number = number_of(passage);
    try {
      const abc::Tune tune = abc::parse_tune(passage.lines, passage.first_line);
      Reading reading = abc::build(tune);
      if (count_notes(reading.score) == 0) {
        throw Error(ErrorCode::kInvalidFile, "line " + std::to_string(passage.first_line) +
                                                 ": expected a note in the tune, found none");
      }
      file.tunes.push_back({number, passage.first_line, std::move(reading)});
    } catch (const Error& e) {
      file.refused.push_back({number, passage.first_line, std::string("ABC: ") + e.what()});
    }
  }
  return file;
}

}  // namespace motet
