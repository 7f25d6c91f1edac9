// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "motet/score/score.h"

namespace motet::midi {

/// Text events of a karaoke file (".kar"), which has its words there and its own head among them:
/// "@KMIDI KARAOKE FILE", "@T" for title and author, "\" and "/" where a verse and a line begin, a
/// blank where a word ends.
/// source  the .KAR conventions of Tune 1000's Soft Karaoke, as players have kept them
class Karaoke {
 public:
  /// Takes a text event; false where the file is no karaoke so far, so that it is plain text.
  bool take(Ticks at, std::string_view text);
  /// The syllables since the last call; a hyphen joins those of one word.
  std::vector<Lyric> take_lyrics();

  const std::string& title() const { return title_; }
  const std::string& author() const { return author_; }
  /// Lines of the head that a score has no place for.
  size_t left_out() const { return left_out_; }

 private:
  void take_head(std::string_view line);

  bool has_begun_ = false;
  std::string title_;
  std::string author_;
  size_t left_out_ = 0;
  std::vector<TextEvent> syllables_;
};

}  // namespace motet::midi
