// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "motet/score/kern_bars.h"
#include "motet/score/kern_signs.h"
#include "motet/score/kern_voices.h"

namespace motet::kern {

/// Everything of a file that is not a note: interpretations, words, dynamics, syllables, chords.
/// What stands between two lines of notes waits until the time of the second is known.
class Page {
 public:
  Page(Score& score, const Layout& layout, Clock clock, Voices& voices, Complaints& complaints);

  void add_record(size_t line, std::string_view record);  ///< "!!!OTL: ..."
  void add_comment(size_t line, size_t track, std::string_view comment);
  void add_interpretation(size_t line, size_t track, std::string_view field);
  void add_barline(std::string_view field);

  /// The time of all that was added since the last call.
  void settle(Units at);

  /// Tokens of spines that are not `**kern`. `voice` is of the note that a syllable is sung to.
  void add_text(size_t track, Units at, uint8_t voice, std::string_view token);
  void add_dynamics(size_t line, size_t track, Units at, std::string_view token);
  void add_harmony(size_t track, Units at, std::string_view token);

  void finish();

 private:
  struct Waiting {
    size_t line = 0;
    size_t track = 0;
    std::string field;
  };
  template <typename Value>
  struct Vote {
    size_t track = 0;
    size_t line = 0;
    Value value;
  };

  void claim_at_once(const Waiting& waiting);
  void claim_shift(const Waiting& waiting, const Shift& shift);
  void apply(const Waiting& waiting, Ticks at);
  bool apply_sign(const Waiting& waiting, Ticks at);
  bool apply_range(const Waiting& waiting, Ticks at);
  void apply_instrument(const InstrumentCode& code, const Waiting& waiting, Ticks at);
  void apply_clef(Clef clef, const Waiting& waiting, Ticks at);
  void apply_words(const Waiting& waiting, Ticks at);
  void apply_label(const Waiting& waiting, Ticks at);
  void elect_metre(Ticks at);
  void elect_key(Ticks at);
  template <typename Value>
  std::optional<Value> elected(const std::vector<Vote<Value>>& votes, Ticks at,
                               const std::string& what);
  void add_direction(size_t track, Ticks at, DirectionKind kind, std::string text);
  Part& part_of(size_t track) { return score_.parts[layout_.roles[track].part]; }

  Score& score_;
  const Layout& layout_;
  Clock clock_;
  Voices& voices_;
  Complaints& complaints_;
  Road road_;
  std::vector<Waiting> waiting_;
  std::vector<Vote<Metre>> metre_votes_;
  std::vector<Vote<int>> signature_votes_;
  std::vector<Vote<Key>> key_votes_;
  std::optional<int> fifths_;         ///< of the signature in force
  std::vector<bool> is_moved_;        ///< by track: written at another pitch than it sounds
  std::vector<bool> has_instrument_;  ///< by part: an exact code was seen
  std::vector<bool> has_shift_;       ///< by part
  size_t kern_count_ = 0;
};

}  // namespace motet::kern
