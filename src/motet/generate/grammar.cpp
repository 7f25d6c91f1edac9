// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/grammar.h"

#include <algorithm>
#include <cassert>

#include "motet/generate/sampler.h"
#include "motet/score/instruments.h"

namespace motet::generate {
namespace {

using tokens::Kind;
using tokens::token;

constexpr int kChordStride = tokens::kStepsPerQuarter / 2;  // chords change on eighths
constexpr size_t kPitches = 128;
constexpr PitchRange kKit = {35, 81};  // the General MIDI percussion map

void allow_id(std::span<int32_t> heirs, tokens::TokenId id) { heirs[static_cast<size_t>(id)] = id; }

void allow_value(std::span<int32_t> heirs, Kind kind, int value) {
  allow_id(heirs, token(kind, value));
}

void allow_range(std::span<int32_t> heirs, Kind kind, int64_t first, int64_t last) {
  for (int64_t value = first; value <= last; ++value) {
    allow_value(heirs, kind, static_cast<int>(value));
  }
}

/// What an instrument plays, as the pitches that will be moved by `moved_later` semitones.
PitchRange playable(Instrument instrument, int moved_later) {
  if (instrument.is_drums) return kKit;
  const PitchRange range = range_of(instrument);
  return {static_cast<uint8_t>(std::clamp(range.low - moved_later, 0, 127)),
          static_cast<uint8_t>(std::clamp(range.high - moved_later, 0, 127))};
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
  const PitchRange range = playable(instrument, plan_.moved_later);
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

void Grammar::allow_next(std::span<int32_t> heirs) const {
  std::ranges::fill(heirs, kForbidden);
  switch (expect_) {
    case Expect::kBar:
      if (!filling_) {
        allow_id(heirs, tokens::bar_token(plan_.frame, bar_));
      } else {
        allow_value(heirs, next_gap_ < gaps_.size() ? Kind::kFill : Kind::kEnd, 0);
      }
      break;
    case Expect::kFillBar:
      allow_id(heirs, tokens::bar_token(plan_.frame, gaps_[next_gap_].bar));
      break;
    case Expect::kFillPart:
      allow_value(heirs, Kind::kPart, gaps_[next_gap_].part);
      break;
    case Expect::kFirstChord:
    case Expect::kChord:
      allow_range(heirs, Kind::kChord, 0, tokens::kNoChord);
      if (chord_ >= 0) heirs[static_cast<size_t>(token(Kind::kChord, chord_))] = kForbidden;
      break;
    case Expect::kPartOrPosition:
      if (chord_ >= 0) allow_positions(heirs, position_, kChordStride);
      allow_leaving(heirs, -1);
      break;
    case Expect::kFirstPosition:
      allow_positions(heirs, -1, 1);
      if (filling_) allow_leaving(heirs, part_);
      break;
    case Expect::kNote:
      allow_note(heirs, true);
      break;
    case Expect::kDurationOrPitch:
      allow_note(heirs, false);
      break;
    case Expect::kMoreDuration:
      allow_durations(heirs, duration_);
      allow_pitches(heirs);
      break;
    case Expect::kPitch:
      allow_pitches(heirs);
      break;
    case Expect::kAnything:
      if (any_pitch_free()) allow_note(heirs, true);
      allow_positions(heirs, position_, 1);
      allow_leaving(heirs, part_);
      break;
    case Expect::kNothing:
      break;
  }
}

void Grammar::allow_note(std::span<int32_t> heirs, bool may_change_velocity) const {
  if (may_change_velocity) allow_range(heirs, Kind::kVelocity, 0, tokens::kVelocityBins - 1);
  if (is_drums() || (duration_ > 0 && duration_ <= steps_left())) allow_pitches(heirs);
  if (!is_drums()) allow_durations(heirs, 0);
}

void Grammar::allow_durations(std::span<int32_t> heirs, int64_t already) const {
  const int64_t most = std::min<int64_t>(steps_left() - already, tokens::kMaxDurationSteps);
  allow_range(heirs, Kind::kDuration, 0, most - 1);
  const tokens::TokenId longest = token(Kind::kDuration, static_cast<int>(most) - 1);
  for (int64_t value = most; value < tokens::kMaxDurationSteps; ++value) {
    heirs[static_cast<size_t>(token(Kind::kDuration, static_cast<int>(value)))] = longest;
  }
}

void Grammar::allow_pitches(std::span<int32_t> heirs) const {
  const Instrument instrument = plan_.frame.parts[static_cast<size_t>(part_)].instrument;
  const PitchRange range = playable(instrument, plan_.moved_later);
  for (int pitch = range.low; pitch <= range.high; ++pitch) {
    if (used_[static_cast<size_t>(pitch)] != 0) continue;
    allow_value(heirs, instrument.is_drums ? Kind::kDrum : Kind::kPitch, pitch);
  }
}

void Grammar::allow_positions(std::span<int32_t> heirs, int after, int stride) const {
  const int64_t steps = begins_[bar_ + 1] - begins_[bar_];
  const int first = (after + stride) / stride * stride;
  for (int64_t at = first; at < steps; at += stride) {
    allow_value(heirs, Kind::kPosition, static_cast<int>(at));
  }
}

void Grammar::allow_leaving(std::span<int32_t> heirs, int last_part) const {
  if (filling_) {
    allow_end(heirs, token(next_gap_ < gaps_.size() ? Kind::kFill : Kind::kEnd));
  } else {
    allow_parts_and_bar_end(heirs, last_part);
  }
}

void Grammar::allow_parts_and_bar_end(std::span<int32_t> heirs, int last_part) const {
  const int parts = static_cast<int>(played_.size());
  const int overdue = overdue_part(last_part);
  const bool last_bar = bar_ + 1 == plan_.frame.bars.size();
  allow_range(heirs, Kind::kPart, last_part + 1, overdue >= 0 ? overdue : parts - 1);
  if (overdue >= 0) {
    allow_end(heirs, token(Kind::kPart, overdue));
  } else if (!last_bar) {
    allow_end(heirs, tokens::bar_token(plan_.frame, bar_ + 1));
  } else if (bar_has_note_) {
    allow_end(heirs, token(Kind::kEnd));
  }
}

void Grammar::allow_end(std::span<int32_t> heirs, tokens::TokenId end) const {
  const auto inherit = [&](Kind kind, int first) {
    for (int value = first; value < tokens::count_of(kind); ++value) {
      int32_t& heir = heirs[static_cast<size_t>(token(kind, value))];
      if (heir == kForbidden) heir = end;
    }
  };
  inherit(Kind::kBar, 0);
  inherit(Kind::kEnd, 0);
  inherit(Kind::kFill, 0);
  inherit(Kind::kPart, 0);
  inherit(Kind::kPosition, static_cast<int>(begins_[bar_ + 1] - begins_[bar_]));
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
