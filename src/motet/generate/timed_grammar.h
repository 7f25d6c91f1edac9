// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "motet/tokens/timed_notes.h"

namespace motet::generate {

/// What holds for notes in real time, whatever the vocabulary: onsets never go back; a pitch that
/// an instrument is given to hold is not struck again before its end, nor one twice at one onset;
/// no more instruments than MIDI has channels for. Times are steps of 10 ms.
class NoteRules {
 public:
  /// instruments  that may play (program, or tokens::kDrumInstrument); empty: any
  /// now          the earliest onset of what is to be written
  /// end          no note begins here or later
  NoteRules(std::span<const int> instruments, int64_t now, int64_t end);

  int64_t now() const noexcept { return now_; }
  int64_t end() const noexcept { return end_; }
  /// Whether a note was written, so that the piece may be over.
  bool may_end() const noexcept { return written_ > 0; }
  /// Whether time may pass without a note: not for ever before the first.
  bool may_wait() const noexcept { return written_ > 0 || waits_ < kMostWaits; }
  bool may_play(int instrument) const;
  /// The earliest onset of this pitch.
  int64_t free_from(int instrument, int pitch) const;

  /// A note that stays as it is.
  void take_given(const tokens::TimedNote& note);
  /// A note that was written.
  void take(const tokens::TimedNote& note);
  /// A rest: nothing begins before this.
  void wait_until(int64_t time);

 private:
  static constexpr int kMostWaits = 16;

  int64_t& free_of(const tokens::TimedNote& note);
  void use(int instrument);

  std::vector<uint8_t> allowed_;  // by instrument
  std::vector<uint8_t> used_;
  std::vector<int64_t> free_;  // by instrument and pitch
  int64_t now_;
  int64_t end_;
  int64_t written_ = 0;
  int waits_ = 0;
  int melodic_ = 0;  // instruments used
};

/// How notes in real time become ids of a vocabulary, and which ids may come next. Whatever is
/// drawn from what it allows is a row of notes that fulfil the rules, and always comes to an end:
/// at the latest where nothing is allowed.
class TimedGrammar {
 public:
  virtual ~TimedGrammar() = default;

  /// Begins anew. Returns the ids of a context, by onset, which a network reads first.
  virtual std::vector<int32_t> begin(std::span<const tokens::TimedNote> context,
                                     const NoteRules& rules) = 0;
  /// The ids that may come next, ascending; none when there is no room left.
  virtual void allow(const NoteRules& rules, std::vector<int32_t>& ids) const = 0;
  /// Takes the next id, one that was allowed; returns the note that it completes.
  virtual std::optional<tokens::TimedNote> accept(int32_t id, NoteRules& rules) = 0;
  /// Whether a note, a rest or a segment is complete.
  virtual bool is_between_notes() const = 0;
  /// Whether the piece is over.
  virtual bool ended() const = 0;
  /// How many steps a context may span, and whether the time since its beginning is used up.
  virtual int64_t longest_context() const = 0;
  virtual bool is_out_of_time(const NoteRules& rules) const = 0;
};

/// Arrival-time triplets (tokens/triplets.h), behind `offset` other ids. A context begins with
/// `lead`: ids of the whole vocabulary, such as a text. The piece ends where a time beyond the end
/// is drawn: no id says it.
std::unique_ptr<TimedGrammar> triplet_grammar(int32_t offset, std::vector<int32_t> lead);

/// Aria's absolute time (tokens/absolute_time.h). Its prefix names the instruments that may play;
/// those of one class are written for the first of `instruments` in it.
std::unique_ptr<TimedGrammar> aria_grammar(std::span<const int> instruments);

}  // namespace motet::generate
