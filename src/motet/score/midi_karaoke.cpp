// SPDX-License-Identifier: Apache-2.0
#include "motet/score/midi_karaoke.h"

#include <algorithm>
#include <utility>

namespace motet::midi {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\r' || c == '\n' || c == '\t'; }

bool begins_word(std::string_view text) {
  return text.empty() || text[0] == '\\' || text[0] == '/' || is_blank(text[0]);
}

std::string_view bare(std::string_view text) {
  while (!text.empty() && begins_word(text)) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

bool Karaoke::take(Ticks at, std::string_view text) {
  if (text.starts_with("@KMIDI")) {
    has_begun_ = true;
    return true;
  }
  if (!has_begun_) return false;
  if (text.starts_with('@')) {
    take_head(text);
  } else {
    syllables_.push_back({at, std::string(text)});
  }
  return true;
}

void Karaoke::take_head(std::string_view line) {
  const bool is_title = line.starts_with("@T");
  const std::string value(bare(line.substr(std::min<size_t>(2, line.size()))));
  if (is_title && title_.empty()) {
    title_ = value;
  } else if (is_title && author_.empty()) {
    author_ = value;
  } else if (!line.starts_with("@V") && !line.starts_with("@K")) {
    ++left_out_;
  }
}

std::vector<Lyric> Karaoke::take_lyrics() {
  std::vector<Lyric> lyrics;
  for (size_t i = 0; i < syllables_.size(); ++i) {
    const std::string& text = syllables_[i].text;
    const bool is_last = i + 1 == syllables_.size();
    const bool ends_word = is_last || is_blank(text.back()) || begins_word(syllables_[i + 1].text);
    std::string syllable(bare(text));
    if (syllable.empty()) continue;
    if (!ends_word && syllable.back() != '-') syllable += '-';
    lyrics.push_back({syllables_[i].at, std::move(syllable)});
  }
  syllables_.clear();
  return lyrics;
}

}  // namespace motet::midi
