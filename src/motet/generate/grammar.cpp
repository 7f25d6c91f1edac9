// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/grammar.h"

#include <algorithm>
#include <cassert>

#include "motet/score/instruments.h"

namespace motet::generate {
namespace {

using tokens::Kind;
using tokens::token;

constexpr int kChordStride = tokens::kStepsPerQuarter / 2;  // chords change on eighths
constexpr size_t kPitches = 128;
constexpr PitchRange kKit = {35, 81};  // the General MIDI percussion map

void allow_value(std::span<uint8_t> allowed, Kind kind, int value) {
  allowed[static_cast<size_t>(token(kind, value))] = 1;
}

void allow_range(std::span<uint8_t> allowed, Kind kind, int64_t first, int64_t last) {
  for (int64_t value = first; value <= last; ++value) {
    allow_value(allowed, kind, static_cast<int>(value));
  }
}

PitchRange playable(Instrument instrument) {
  return instrument.is_drums ? kKit : range_of(instrument);
}

}  // namespace

Grammar::Grammar(const Plan& plan)
    : plan_(plan),
      begins_(tokens::bar_steps(plan.frame)),
      gaps_(tokens::gaps_of(plan.frame)),
      played_(plan.frame.parts.size(), 0),
      used_(kPitches, 0) {
  filling_ = plan_.given == plan_.frame.bars.size();
  for (const tokens::GridPart& part : plan_.frame.parts) {
    harmonised_ = harmonised_ || !part.instrument.is_drums;
  }
  for (size_t bar = 0; bar < plan_.given; ++bar) {
    const auto& cells = plan_.frame.bars[bar].cells;
    for (size_t part = 0; part < cells.size(); ++part) {
      if (!cells[part].notes.empty()) played_[part] = 1;
    }
  }
  if (!filling_) bar_ = plan_.given;
}

bool Grammar::is_drums() const {
  return plan_.frame.parts[static_cast<size_t>(part_)].instrument.is_drums;
}

int64_t Grammar::steps_left() const { return begins_.back() - begins_[bar_] - position_; }

bool Grammar::any_pitch_free() const {
  const Instrument instrument = plan_.frame.parts[static_cast<size_t>(part_)].instrument;
  const PitchRange range = playable(instrument);
  for (int pitch = range.low; pitch <= range.high; ++pitch) {
    if (used_[static_cast<size_t>(pitch)] == 0) return true;
  }
  return false;
}

int Grammar::overdue_part(int after) const {
  const size_t total = plan_.frame.bars.size();
  const size_t written = bar_ + 1 - plan_.given;
  if (filling_ || 2 * written < total - plan_.given) return -1;
  for (size_t part = 0; part < played_.size(); ++part) {
    if (played_[part] == 0 && static_cast<int>(part) > after) return static_cast<int>(part);
  }
  return -1;
}

void Grammar::allow_next(std::span<uint8_t> allowed) const {
  std::ranges::fill(allowed, uint8_t{0});
  switch (expect_) {
    case Expect::kBar:
      if (!filling_) {
        allowed[static_cast<size_t>(tokens::bar_token(plan_.frame, bar_))] = 1;
      } else {
        allow_value(allowed, next_gap_ < gaps_.size() ? Kind::kFill : Kind::kEnd, 0);
      }
      break;
    case Expect::kFillBar:
      allowed[static_cast<size_t>(tokens::bar_token(plan_.frame, gaps_[next_gap_].bar))] = 1;
      break;
    case Expect::kFillPart:
      allow_value(allowed, Kind::kPart, gaps_[next_gap_].part);
      break;
    case Expect::kFirstChord:
    case Expect::kChord:
      allow_range(allowed, Kind::kChord, 0, tokens::kNoChord);
      if (chord_ >= 0) allowed[static_cast<size_t>(token(Kind::kChord, chord_))] = 0;
      break;
    case Expect::kPartOrPosition:
      if (chord_ >= 0) allow_positions(allowed, position_, kChordStride);
      allow_leaving(allowed, -1);
      break;
    case Expect::kFirstPosition:
      allow_positions(allowed, -1, 1);
      if (filling_) allow_leaving(allowed, part_);
      break;
    case Expect::kNote:
      allow_note(allowed, true);
      break;
    case Expect::kDurationOrPitch:
      allow_note(allowed, false);
      break;
    case Expect::kMoreDuration:
      allow_durations(allowed, duration_);
      allow_pitches(allowed);
      break;
    case Expect::kPitch:
      allow_pitches(allowed);
      break;
    case Expect::kAnything:
      if (any_pitch_free()) allow_note(allowed, true);
      allow_positions(allowed, position_, 1);
      allow_leaving(allowed, part_);
      break;
    case Expect::kNothing:
      break;
  }
}

void Grammar::allow_note(std::span<uint8_t> allowed, bool may_change_velocity) const {
  if (may_change_velocity) allow_range(allowed, Kind::kVelocity, 0, tokens::kVelocityBins - 1);
  if (is_drums() || (duration_ > 0 && duration_ <= steps_left())) allow_pitches(allowed);
  if (!is_drums()) allow_durations(allowed, 0);
}

void Grammar::allow_durations(std::span<uint8_t> allowed, int64_t already) const {
  const int64_t most = std::min<int64_t>(steps_left() - already, tokens::kMaxDurationSteps);
  allow_range(allowed, Kind::kDuration, 0, most - 1);
}

bool Grammar::allow_pitches(std::span<uint8_t> allowed) const {
  const Instrument instrument = plan_.frame.parts[static_cast<size_t>(part_)].instrument;
  const PitchRange range = playable(instrument);
  bool any = false;
  for (int pitch = range.low; pitch <= range.high; ++pitch) {
    if (used_[static_cast<size_t>(pitch)] != 0) continue;
    allow_value(allowed, instrument.is_drums ? Kind::kDrum : Kind::kPitch, pitch);
    any = true;
  }
  return any;
}

void Grammar::allow_positions(std::span<uint8_t> allowed, int after, int stride) const {
  const int64_t steps = begins_[bar_ + 1] - begins_[bar_];
  const int first = (after + stride) / stride * stride;
  for (int64_t at = first; at < steps; at += stride) {
    allow_value(allowed, Kind::kPosition, static_cast<int>(at));
  }
}

void Grammar::allow_leaving(std::span<uint8_t> allowed, int last_part) const {
  if (filling_) {
    allow_value(allowed, next_gap_ < gaps_.size() ? Kind::kFill : Kind::kEnd, 0);
  } else {
    allow_parts_and_bar_end(allowed, last_part);
  }
}

void Grammar::allow_parts_and_bar_end(std::span<uint8_t> allowed, int last_part) const {
  const int parts = static_cast<int>(played_.size());
  const int overdue = overdue_part(last_part);
  const bool last_bar = bar_ + 1 == plan_.frame.bars.size();
  const bool must_sound = last_bar && !bar_has_note_;
  allow_range(allowed, Kind::kPart, last_part + 1, overdue >= 0 ? overdue : parts - 1);
  if (overdue >= 0 || must_sound) return;
  if (last_bar) {
    allow_value(allowed, Kind::kEnd, 0);
  } else {
    allowed[static_cast<size_t>(tokens::bar_token(plan_.frame, bar_ + 1))] = 1;
  }
}

void Grammar::enter_bar(size_t bar) {
  bar_ = bar;
  bar_has_note_ = false;
  part_ = -1;
  position_ = 0;
  chord_ = -1;
  expect_ = harmonised_ ? Expect::kFirstChord : Expect::kPartOrPosition;
}

void Grammar::enter_cell(int part) {
  part_ = part;
  position_ = -1;
  duration_ = 0;
  expect_ = Expect::kFirstPosition;
}

void Grammar::note_written(int pitch) {
  used_[static_cast<size_t>(pitch)] = 1;
  played_[static_cast<size_t>(part_)] = 1;
  bar_has_note_ = true;
  expect_ = Expect::kAnything;
}

void Grammar::accept(tokens::TokenId id) {
  const auto [kind, value] = tokens::meaning(id);
  const bool in_harmony = expect_ == Expect::kPartOrPosition;
  switch (kind) {
    case Kind::kBar:
      if (expect_ != Expect::kFillBar) {
        enter_bar(expect_ == Expect::kBar ? bar_ : bar_ + 1);
      } else if (gaps_[next_gap_].part >= 0) {
        expect_ = Expect::kFillPart;
      } else {
        ++next_gap_;
        chord_ = -1;
        position_ = 0;
        expect_ = Expect::kFirstChord;
      }
      break;
    case Kind::kFill:
      bar_ = gaps_[next_gap_].bar;
      expect_ = Expect::kFillBar;
      break;
    case Kind::kPart:
      if (filling_) ++next_gap_;
      enter_cell(value);
      break;
    case Kind::kChord:
      chord_ = value;
      expect_ = Expect::kPartOrPosition;
      break;
    case Kind::kPosition:
      position_ = value;
      std::ranges::fill(used_, uint8_t{0});
      expect_ = in_harmony ? Expect::kChord : Expect::kNote;
      break;
    case Kind::kVelocity:
      expect_ = Expect::kDurationOrPitch;
      break;
    case Kind::kDuration: {
      duration_ = value + 1 + (expect_ == Expect::kMoreDuration ? duration_ : 0);
      const bool more = value + 1 == tokens::kMaxDurationSteps && steps_left() > duration_;
      expect_ = more ? Expect::kMoreDuration : Expect::kPitch;
      break;
    }
    case Kind::kPitch:
    case Kind::kDrum:
      note_written(value);
      break;
    case Kind::kEnd:
      expect_ = Expect::kNothing;
      break;
    default:
      assert(false && "the grammar allowed a token that it does not know");
      break;
  }
}

}  // namespace motet::generate
