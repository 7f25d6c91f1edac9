// SPDX-License-Identifier: Apache-2.0
#include "motet/piano_roll.h"

#include <algorithm>
#include <array>
#include <vector>

namespace motet::program {
namespace {

constexpr int kColumns = 72;    // of music; the pitch names take the rest of 80
constexpr int kHalfRows = 28;   // two to a line
constexpr int kLeastInBar = 4;  // columns
constexpr int kMostInBar = 24;
constexpr int kNobody = -1;
constexpr std::array<const char*, 12> kNames = {"C",  "C#", "D",  "Eb", "E",  "F",
                                                "F#", "G",  "Ab", "A",  "Bb", "B"};
constexpr std::array<int, 6> kColours = {36, 33, 35, 32, 34, 31};  // ANSI; cyan first

struct Roll {
  int low = 127;          // the lowest pitch
  int pitches_a_row = 1;  // of a half row
  int rows = 0;           // half rows, an even number
  int columns = 0;
  int columns_a_bar = 0;
  std::vector<int> part;  // [rows, columns], from the bottom; kNobody where it is silent

  int& at(int row, int column) { return part[static_cast<size_t>(row * columns + column)]; }
};

bool is_shown(const Score& score, const Part& part) {
  const bool only_drums = std::ranges::all_of(
      score.parts, [](const Part& each) { return each.is_drums || each.notes.empty(); });
  return only_drums || !part.is_drums;
}

/// How many pitches there are, and how they share the half rows.
void fit_pitches(const Score& score, Ticks end, Roll& roll) {
  int high = 0;
  for (const Part& part : score.parts) {
    if (!is_shown(score, part)) continue;
    for (const Note& note : part.notes) {
      if (note.onset >= end) continue;
      roll.low = std::min<int>(roll.low, note.pitch);
      high = std::max<int>(high, note.pitch);
    }
  }
  const int range = std::max(high - roll.low + 1, 1);
  roll.pitches_a_row = (range + kHalfRows - 1) / kHalfRows;
  roll.rows = (range + roll.pitches_a_row - 1) / roll.pitches_a_row;
  roll.rows += roll.rows % 2;
}

/// The column, in 1/1000, in which a moment lies.
int64_t column_of(const std::vector<Bar>& bars, Ticks at, int columns_a_bar) {
  const auto after = std::ranges::upper_bound(bars, at, {}, &Bar::begin);
  const auto bar = after == bars.begin() ? after : after - 1;
  const int64_t inside =
      (at - bar->begin).value * 1000 * columns_a_bar / std::max<int64_t>(bar->length.value, 1);
  return (bar - bars.begin()) * 1000 * columns_a_bar + inside;
}

void draw_notes(const Score& score, const std::vector<Bar>& bars, Ticks end, Roll& roll) {
  for (size_t p = 0; p < score.parts.size(); ++p) {
    if (!is_shown(score, score.parts[p])) continue;
    for (const Note& note : score.parts[p].notes) {
      if (note.onset >= end) continue;
      const int row = (note.pitch - roll.low) / roll.pitches_a_row;
      const int64_t begin = column_of(bars, note.onset, roll.columns_a_bar);
      const Ticks stop = std::min(note.onset + note.duration, end);
      const int64_t last = column_of(bars, stop, roll.columns_a_bar) - 1;
      const int first = std::min(static_cast<int>(begin / 1000), roll.columns - 1);
      for (int column = first; column <= std::max<int64_t>(last / 1000, first); ++column) {
        if (column < roll.columns) roll.at(row, column) = static_cast<int>(p);
      }
    }
  }
}

std::string colour(int part, int offset) {
  const int code = kColours[static_cast<size_t>(part) % kColours.size()];
  return "\033[" + std::to_string(code + offset) + "m";
}

std::string cell(int upper, int lower, bool is_bar_line, bool with_colour) {
  if (upper == kNobody && lower == kNobody) return is_bar_line ? "┊" : " ";
  const int shown = upper == kNobody ? lower : upper;
  std::string block = "█";
  if (lower == kNobody) block = "▀";
  if (upper == kNobody) block = "▄";
  if (!with_colour) return block;
  const bool differ = upper != kNobody && lower != kNobody && upper != lower;
  const std::string back = differ ? colour(lower, 10) : "";
  return colour(shown, 0) + back + (differ ? "▀" : block) + "\033[0m";
}

std::string pitch_name(int pitch) {
  const std::string name = kNames[static_cast<size_t>(pitch % 12)] + std::to_string(pitch / 12 - 1);
  return std::string(5 - std::min<size_t>(name.size(), 5), ' ') + name + " ";
}

/// "bars 1-16 of 64", and how pitches were folded.
std::string caption(size_t shown, size_t bars, const Roll& roll) {
  std::string text = "      bars 1-" + std::to_string(shown);
  if (shown < bars) text += " of " + std::to_string(bars);
  if (roll.pitches_a_row > 1) {
    text += ", " + std::to_string(2 * roll.pitches_a_row) + " semitones a line";
  }
  return text + "\n";
}

}  // namespace

std::string piano_roll(const Score& score, bool with_colour) {
  std::vector<Bar> bars = bars_of(score);
  const size_t all = bars.size();
  bars.resize(std::min<size_t>(all, kColumns / kLeastInBar));
  if (bars.empty()) return {};
  const Ticks end = bars.back().begin + bars.back().length;
  Roll roll;
  fit_pitches(score, end, roll);
  roll.columns_a_bar =
      std::clamp(kColumns / static_cast<int>(bars.size()), kLeastInBar, kMostInBar);
  roll.columns = roll.columns_a_bar * static_cast<int>(bars.size());
  roll.part.assign(static_cast<size_t>(roll.rows * roll.columns), kNobody);
  draw_notes(score, bars, end, roll);

  std::string text;
  for (int row = roll.rows - 2; row >= 0; row -= 2) {
    text += pitch_name(std::min(roll.low + row * roll.pitches_a_row, 127));
    for (int column = 0; column < roll.columns; ++column) {
      text += cell(roll.at(row + 1, column), roll.at(row, column), column % roll.columns_a_bar == 0,
                   with_colour);
    }
    text += '\n';
  }
  return text + caption(bars.size(), all, roll);
}

}  // namespace motet::program
