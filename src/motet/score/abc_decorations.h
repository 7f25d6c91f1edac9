// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "motet/score/notation.h"

namespace motet::abc {

/// What a decoration such as "!trill!" means in a score. One of three things.
struct Decoration {
  enum class Kind { kMark, kDirection, kSign };

  std::string_view name;
  Kind kind = Kind::kMark;
  uint32_t mark = 0;
  DirectionKind direction = DirectionKind::kWords;
  BarlineKind sign = BarlineKind::kSegno;
  std::string_view text;  ///< of a direction or sign
};

/// Nothing for a name that the standard does not know.
const Decoration* find_decoration(std::string_view name);

/// The decoration that a letter such as '~', 'T' or '.' stands for; nothing for others.
std::string_view decoration_of_letter(char letter);

/// The decoration that writes a single mark, such as "trill"; empty when ABC has none.
std::string_view decoration_of_mark(Mark mark);

/// The velocity of a dynamic such as "mf", 1..127; nothing when it is none.
std::optional<uint8_t> velocity_of(std::string_view dynamic);

}  // namespace motet::abc
