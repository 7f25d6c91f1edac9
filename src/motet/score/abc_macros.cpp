// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_macros.h"

#include <algorithm>

#include "motet/score/abc_fields.h"

namespace motet::abc {
namespace {

constexpr size_t kLongestLine = 100'000;

/// Every place of `what` in `text` replaced; the result stays below a limit.
std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    if (text.size() + by.size() > kLongestLine) break;
    text.replace(at, what.size(), by);
    at += by.size();
  }
  return text;
}

bool is_pitch(char c) { return (c >= 'A' && c <= 'G') || (c >= 'a' && c <= 'g'); }

/// The steps of "c'" above the C below middle C's octave.
int steps_of(std::string_view pitch) {
  constexpr std::string_view kSteps = "CDEFGABcdefgab";
  auto steps = static_cast<int>(kSteps.find(pitch[0]));
  for (const char c : pitch.substr(1)) steps += c == '\'' ? 7 : -7;
  return steps;
}

std::string pitch_at(int steps) {
  constexpr std::string_view kSteps = "CDEFGABcdefgab";
  std::string marks;
  for (; steps < 0; steps += 7) marks += ',';
  for (; steps >= static_cast<int>(kSteps.size()); steps -= 7) marks += '\'';
  return kSteps[static_cast<size_t>(steps)] + marks;
}

/// The music around a pitch; what stands between exclamation or quotation marks stays.
std::string moved(std::string_view music, std::string_view pitch) {
  std::string text;
  char quote = 0;
  for (const char c : music) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '!' || c == '"') {
      quote = c;
    } else if (c >= 'h' && c <= 'z') {
      text += pitch_at(steps_of(pitch) + (c - 'n'));
      continue;
    }
    text += c;
  }
  return text;
}

std::string replaced_for_all_pitches(std::string_view text, std::string_view name,
                                     std::string_view music) {
  const std::string_view head = name.substr(0, name.find('n'));
  const std::string_view tail = name.substr(head.size() + 1);
  std::string result;
  while (!text.empty()) {
    size_t end = head.size();
    const bool is_head = text.starts_with(head) && end < text.size() && is_pitch(text[end]);
    if (is_head) {
      ++end;
      while (end < text.size() && (text[end] == '\'' || text[end] == ',')) ++end;
    }
    const bool fits = is_head && text.substr(end).starts_with(tail) &&
                      result.size() + text.size() + 4 * music.size() < kLongestLine;
    if (fits) {
      result += moved(music, text.substr(head.size(), end - head.size()));
      text.remove_prefix(end + tail.size());
    } else {
      result += text[0];
      text.remove_prefix(1);
    }
  }
  return result;
}

}  // namespace

bool Macros::define(std::string_view value) {
  constexpr size_t kMostMacros = 100;
  const size_t equals = value.find('=');
  const std::string name(trimmed(value.substr(0, equals)));
  if (equals == std::string_view::npos || name.empty() || macros_.size() == kMostMacros) {
    return false;
  }
  const bool is_transposing = name.find('n') != std::string::npos;
  macros_.push_back({name, std::string(trimmed(value.substr(equals + 1))), is_transposing});
  return true;
}

std::string Macros::expanded(std::string_view line) const {
  std::string text(line);
  for (const Macro& macro : macros_) {
    text = macro.is_transposing ? replaced_for_all_pitches(text, macro.name, macro.music)
                                : replaced(std::move(text), macro.name, macro.music);
  }
  return text;
}

}  // namespace motet::abc
