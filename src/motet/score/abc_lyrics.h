// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "motet/score/abc_music.h"

namespace motet::abc {

/// How far a verse has been laid under the notes. Words and extensions go on over line ends.
struct LyricsPlace {
  size_t next = 0;       ///< the first item that may take the next syllable
  bool in_word = false;  ///< the last syllable ended with a hyphen
  bool has_last = false;
  size_t last = 0;  ///< the item that bears the last syllable
};

/// Gives the syllables of a w: line to the notes from `place` on, and moves it. Returns the
/// syllables that found no note.
size_t add_lyrics(std::string_view text, int verse, LyricsPlace& place, std::vector<Item>& items);

}  // namespace motet::abc
