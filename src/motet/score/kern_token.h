// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "motet/score/kern_values.h"
#include "motet/score/notation.h"

namespace motet::kern {

/// One note of a token, or its rest.
struct Head {
  uint8_t pitch = 60;
  LineOfFifths spelling = kUnspelled;
  uint32_t marks = 0;  ///< bits of Mark
  bool begins_tie = false;
  bool ends_tie = false;  ///< both: the tie goes on
};

/// A data token of a `**kern` spine: a chord, a note, a rest or a grace note.
struct Token {
  std::optional<Recip> recip;  ///< of the first head
  bool is_grace = false;
  std::vector<Head> heads;  ///< none where the token could not be understood
  std::string complaint;    ///< what was left out, in words; empty for nothing
};

/// Reads a token such as "8.ff#L 8.dd", "4r;", "(16qqcc".
///
/// throws  Error(kInvalidFile) without a place, for a duration that no music has
Token read_token(std::string_view text);

/// "cc#", "BB-", "fn" never: the pitch as it sounds under this name. An unspelled pitch must have
/// been given a name.
std::string write_pitch(uint8_t pitch, LineOfFifths spelling);

/// The signs of the marks: "'^;"; without rest, grace, slur and tuplet.
std::string write_marks(uint32_t marks);

/// A name for a pitch of which none is known: the one nearest to the key on the line of fifths.
LineOfFifths spelling_in(uint8_t pitch, int key_fifths);

}  // namespace motet::kern
