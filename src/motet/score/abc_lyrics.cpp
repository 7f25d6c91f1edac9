// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_lyrics.h"

#include <string>

#include "motet/score/abc_fields.h"

namespace motet::abc {
namespace {

/// Lays syllables under notes. Source: ABC standard 2.1, section 5.1.
class LyricsReader {
 public:
  LyricsReader(int verse, LyricsPlace& place, std::vector<Item>& items)
      : verse_(verse), place_(place), items_(items) {}

  size_t read(Cursor cursor) {
    while (!cursor.done()) {
      const char c = cursor.peek();
      if (c == ' ' || c == '\t') {
        ++cursor.at;
      } else if (c == '*' || c == '_' || c == '-') {
        ++cursor.at;
        if (c == '_') extend_last();
        if (find_note()) ++place_.next;
      } else if (c == '|') {
        ++cursor.at;
        skip_bar();
      } else {
        read_syllable(cursor);
      }
    }
    return homeless_;
  }

 private:
  bool find_note() {
    size_t& next = place_.next;
    while (next < items_.size() && items_[next].heads.empty()) {
      if (items_[next].kind == Item::Kind::kOverlay) {
        pass_overlay();
      } else {
        ++next;
      }
    }
    return next < items_.size();
  }

  /// Words are sung to the voice below which they stand, not to its overlays.
  void pass_overlay() {
    size_t& next = place_.next;
    while (next < items_.size() && items_[next].kind != Item::Kind::kBar) ++next;
  }

  void extend_last() {
    if (!place_.has_last) return;
    for (Syllable& syllable : items_[place_.last].syllables) {
      if (syllable.verse == verse_) syllable.is_extended = true;
    }
  }

  void skip_bar() {
    size_t& next = place_.next;
    while (next < items_.size() && items_[next].kind != Item::Kind::kBar) ++next;
    if (next < items_.size()) ++next;
  }

  void read_syllable(Cursor& cursor) {
    std::string text;
    while (!cursor.done() &&
           std::string_view(" \t-*_|").find(cursor.peek()) == std::string_view::npos) {
      if (cursor.peek() == '\\' && cursor.peek(1) == '-') ++cursor.at;
      const char letter = cursor.next();
      text += letter == '~' ? ' ' : letter;
    }
    const bool goes_on = cursor.take('-');
    if (!find_note()) {
      ++homeless_;
      return;
    }
    const Syllabic syllabic = place_.in_word ? (goes_on ? Syllabic::kMiddle : Syllabic::kEnd)
                                             : (goes_on ? Syllabic::kBegin : Syllabic::kSingle);
    place_.in_word = goes_on;
    place_.has_last = true;
    place_.last = place_.next++;
    items_[place_.last].syllables.push_back({verse_, text, syllabic, false});
  }

  int verse_;
  LyricsPlace& place_;
  std::vector<Item>& items_;
  size_t homeless_ = 0;
};

}  // namespace

size_t add_lyrics(std::string_view text, int verse, LyricsPlace& place, std::vector<Item>& items) {
  return LyricsReader(verse, place, items).read(Cursor{text});
}

}  // namespace motet::abc
