// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "motet/score/abc_music.h"

namespace motet::abc {

Ticks to_ticks(int64_t units);

/// Writes down one voice as a part, and what it says about the whole into the score.
class VoiceBuilder {
 public:
  VoiceBuilder(const Voice& voice, Score& score, uint32_t& next_id)
      : voice_(voice), score_(score), next_id_(next_id) {}

  /// Throws Error(kInvalidFile) beyond 10,000 whole notes, and beyond a million heads of all parts.
  Part build();

  const std::vector<Ticks>& bars() const { return bars_; }  ///< where bars end
  const std::vector<Barline>& barlines() const { return barlines_; }
  const std::vector<TextEvent>& sections() const { return sections_; }
  Ticks end() const { return to_ticks(now_); }

 private:
  void add(const Item& item);
  void pass_bar(const BarLine& bar);
  void add_barlines(const BarLine& bar, Ticks at);
  void end_ending(BarlineKind how, Ticks at);
  void add_sign(const Item& item);
  void add_notes(const Item& item);
  void add_rest(const Item& item);
  int64_t add_graces(const Item& item);
  NoteId add_note(int64_t begin, int64_t end, const Head& head, uint8_t velocity, uint8_t voice);
  void write(const Item& item, const Head& head, NoteId note, uint32_t marks);
  void add_lyrics(const Item& item);
  void give_voices_to_others();
  void join_ties_that_wait();

  const Voice& voice_;
  Score& score_;
  uint32_t& next_id_;
  Part part_;
  int64_t now_ = 0;
  int64_t bar_begin_ = 0;
  int64_t overlay_end_ = 0;
  int layer_ = 0;
  int most_layers_ = 0;
  bool in_ending_ = false;
  std::vector<Ticks> bars_;
  std::vector<Barline> barlines_;
  std::vector<Barline> signs_;  ///< that wait for the end of their bar
  std::vector<TextEvent> sections_;

  /// A note that goes on, and up to where it has sounded.
  struct Tied {
    size_t note = 0;
    int64_t end = 0;
    bool is_met = false;  ///< by a note that it is tied to
  };
  std::map<int, std::multimap<int, Tied>> tied_;           ///< by layer, by pitch: a unison has two
  std::vector<Tied> waiting_;                              ///< for a note of another voice
  std::multimap<std::pair<int64_t, int>, size_t> begins_;  ///< notes by their place and pitch

  /// A note of a chord that lasts longer or shorter than the chord, and its heads.
  struct Other {
    size_t note = 0;
    bool begins = false;  ///< the note, not only its heads
    size_t first_head = 0;
    size_t heads = 0;
    int64_t begin = 0;
    int64_t end = 0;
  };
  std::vector<Other> others_;
};

}  // namespace motet::abc
