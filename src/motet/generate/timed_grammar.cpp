// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/timed_grammar.h"

#include <algorithm>

namespace motet::generate {
namespace {

constexpr int kPitches = 128;
constexpr int kTimedInstruments = tokens::kDrumInstrument + 1;
constexpr int kMelodicChannels = 15;  // of MIDI's sixteen; the other is for drums

size_t row_of(int instrument, int pitch) {
  return static_cast<size_t>(instrument * kPitches + pitch);
}

}  // namespace

NoteRules::NoteRules(std::span<const int> instruments, int64_t now, int64_t end)
    : allowed_(kTimedInstruments, instruments.empty() ? 1 : 0),
      used_(kTimedInstruments, 0),
      free_(static_cast<size_t>(kTimedInstruments * kPitches), 0),
      now_(now),
      end_(end) {
  for (const int instrument : instruments) allowed_[static_cast<size_t>(instrument)] = 1;
}

bool NoteRules::may_play(int instrument) const {
  const auto i = static_cast<size_t>(instrument);
  if (allowed_[i] == 0) return false;
  return used_[i] != 0 || instrument == tokens::kDrumInstrument || melodic_ < kMelodicChannels;
}

int64_t NoteRules::free_from(int instrument, int pitch) const {
  return std::max(now_, free_[row_of(instrument, pitch)]);
}

int64_t& NoteRules::free_of(const tokens::TimedNote& note) {
  return free_[row_of(note.instrument, note.pitch)];
}

void NoteRules::use(int instrument) {
  uint8_t& used = used_[static_cast<size_t>(instrument)];
  if (used == 0 && instrument != tokens::kDrumInstrument) ++melodic_;
  used = 1;
}

void NoteRules::take_given(const tokens::TimedNote& note) {
  use(note.instrument);
  // Onset and length were rounded: the end may lie a step later than their sum.
  int64_t& free = free_of(note);
  free = std::max(free, note.onset + note.duration + 1);
}

void NoteRules::take(const tokens::TimedNote& note) {
  use(note.instrument);
  int64_t& free = free_of(note);
  free = std::max(free, note.onset + 1);
  ++written_;
  now_ = std::max(now_, note.onset);
}

void NoteRules::wait_until(int64_t time) {
  now_ = std::max(now_, time);
  ++waits_;
}

}  // namespace motet::generate
