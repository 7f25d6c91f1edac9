// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "motet/tokens/grid.h"
#include "motet/tokens/tokenizer.h"

namespace motet::generate {

/// What is to be written. The frame has all bars of the result with their metre and tempo; the
/// first `given` bars stay as they are; either the bars behind them are to be written (no gaps), or
/// all bars are given and the gaps are to be filled.
struct Plan {
  tokens::GridPiece frame;
  size_t given = 0;
  int moved_later = 0;  ///< semitones that the result will be moved by; ranges hold after that
};

/// Says at each step which tokens keep the document well formed and the plan fulfilled. Whatever
/// is drawn from what it allows, the result has exactly the plan's bars, metres, tempos and parts:
///
/// - bars come in their number, in their metre, and the last one holds a note;
/// - every part plays: one that has been silent enters at the latest when half the bars are
/// written;
/// - notes stay within their instrument's range and end with the piece at the latest;
/// - in a cell, positions rise and no pitch sounds twice at one position.
///
/// The grammar always ends: at every step something is allowed, and positions, pitches and parts
/// only run out.
class Grammar {
 public:
  explicit Grammar(const Plan& plan);

  /// Says for every id who gets its probability (see sample): itself where it may come next.
  ///
  /// Where a bar may end, all that means "enough of this bar" counts for its end: any Bar, End, and
  /// positions beyond the bar line; a duration that is too long counts for the longest that fits.
  /// Else a model that wants to go on, but miscounts its bars, would be driven to write more notes.
  /// heirs  [V]
  void allow_next(std::span<int32_t> heirs) const;
  /// Takes the next token; it must be one that was allowed.
  void accept(tokens::TokenId id);
  bool done() const noexcept { return expect_ == Expect::kNothing; }
  /// Whether the last bar of the work is being written.
  bool in_last_bar() const noexcept {
    return bar_ + 1 == plan_.frame.bars.size() && plan_.frame.bars_after == 0;
  }

 private:
  enum class Expect {
    kBar,              ///< Bar, or in infill Fill
    kFillBar,          ///< after Fill: its Bar
    kFillPart,         ///< after the Bar of a filling: its Part
    kFirstChord,       ///< after Bar, where the piece has harmony
    kChord,            ///< after a Position in the harmony
    kPartOrPosition,   ///< after a Chord: Position, Part, or the end of the bar
    kFirstPosition,    ///< after Part
    kNote,             ///< after Position: Velocity, Duration or Pitch
    kDurationOrPitch,  ///< after Velocity
    kMoreDuration,     ///< after a full Duration
    kPitch,            ///< after a Duration
    kAnything,         ///< after a Pitch
    kNothing,          ///< after End
  };

  void allow_note(std::span<int32_t> heirs, bool may_change_velocity) const;
  void allow_durations(std::span<int32_t> heirs, int64_t already) const;
  void allow_pitches(std::span<int32_t> heirs) const;
  void allow_positions(std::span<int32_t> heirs, int after, int stride) const;
  void allow_leaving(std::span<int32_t> heirs, int last_part) const;
  void allow_parts_and_bar_end(std::span<int32_t> heirs, int last_part) const;
  void allow_end(std::span<int32_t> heirs, tokens::TokenId end) const;

  void enter_bar(size_t bar);
  void enter_cell(int part);
  void note_written(int pitch);
  bool is_drums() const;
  int64_t steps_left() const;  ///< from the current position to the end of the piece
  bool any_pitch_free() const;
  int overdue_part(int after) const;  ///< the first part that must still enter in this bar, or -1

  Plan plan_;
  std::vector<int64_t> begins_;         // bar_steps of the frame
  std::vector<tokens::GapPlace> gaps_;  // what is left to fill, in order
  size_t next_gap_ = 0;
  std::vector<uint8_t> played_;  // parts that have a note
  bool harmonised_ = false;
  bool filling_ = false;
  bool bar_has_note_ = false;

  Expect expect_ = Expect::kBar;
  size_t bar_ = 0;
  int part_ = -1;
  int position_ = -1;
  int64_t duration_ = 0;
  int chord_ = -1;
  std::vector<uint8_t> used_;  // pitches at this position
};

}  // namespace motet::generate
