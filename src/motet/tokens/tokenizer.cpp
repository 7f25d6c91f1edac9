// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/tokenizer.h"

#include <algorithm>
#include <tuple>

namespace motet::tokens {
namespace {

using Ids = std::vector<TokenId>;

void encode_harmony(const GridBar& bar, Ids& ids) {
  for (const GridChord& symbol : bar.harmony) {
    if (symbol.position > 0) ids.push_back(token(Kind::kPosition, symbol.position));
    ids.push_back(token(Kind::kChord, symbol.chord));
  }
}

void encode_duration(int duration, Ids& ids) {
  for (; duration > kMaxDurationSteps; duration -= kMaxDurationSteps) {
    ids.push_back(token(Kind::kDuration, kMaxDurationSteps - 1));
  }
  ids.push_back(token(Kind::kDuration, duration - 1));
}

void encode_notes(const Cell& cell, const GridPart& part, Ids& ids) {
  const bool is_drums = part.instrument.is_drums;
  int position = -1;
  int velocity = part.velocity;
  int duration = 0;
  for (const GridNote& note : cell.notes) {
    if (note.position != position) ids.push_back(token(Kind::kPosition, note.position));
    if (note.velocity != velocity) ids.push_back(token(Kind::kVelocity, note.velocity));
    if (note.duration != duration && !is_drums) encode_duration(note.duration, ids);
    ids.push_back(token(is_drums ? Kind::kDrum : Kind::kPitch, note.pitch));
    position = note.position;
    velocity = note.velocity;
    duration = note.duration;
  }
}

/// Reads ids one by one; whatever makes no sense where it stands is passed over.
class Decoder {
 public:
  void read(TokenId id) {
    const auto [kind, value] = meaning(id);
    if (ended_) return;
    if (kind == Kind::kEnd) {
      ended_ = true;
    } else if (!in_body_) {
      read_header(kind, value);
    } else {
      read_body(kind, value);
    }
    full_duration_ = kind == Kind::kDuration && value == kMaxDurationSteps - 1;
  }

  GridPiece finish() {
    for (GridBar& bar : piece_.bars) {
      const int steps = metres()[static_cast<size_t>(bar.metre)].steps();
      for (Cell& cell : bar.cells) tidy_cell(cell, steps);
      tidy_harmony(bar.harmony, steps);
    }
    return std::move(piece_);
  }

 private:
  enum class Writing { kNothing, kHarmony, kCell };

  void read_header(Kind kind, int value) {
    switch (kind) {
      case Kind::kBegin:
        piece_.controls.opening = false;
        break;
      case Kind::kStyle:
        piece_.controls.style = value;
        break;
      case Kind::kKey:
        piece_.controls.key = value;
        break;
      case Kind::kDensity:
        piece_.controls.density = value;
        break;
      case Kind::kMood:
        piece_.controls.mood = value;
        break;
      case Kind::kOpening:
        piece_.controls.opening = true;
        break;
      case Kind::kMetre:
        metre_ = value;
        break;
      case Kind::kTempo:
        tempo_ = value;
        break;
      case Kind::kPart:
        read_part_header();
        break;
      case Kind::kProgram:
        if (!piece_.parts.empty()) {
          const bool is_drums = value == kDrumsProgram;
          piece_.parts.back().instrument = {static_cast<uint8_t>(is_drums ? 0 : value), is_drums};
        }
        break;
      case Kind::kVelocity:
        if (!piece_.parts.empty()) piece_.parts.back().velocity = value;
        break;
      case Kind::kBody:
        in_body_ = true;
        break;
      default:
        break;
    }
  }

  /// Slots are numbered in order; a repeated or skipped number is the next slot all the same.
  void read_part_header() {
    if (piece_.parts.size() < static_cast<size_t>(kMaxParts)) piece_.parts.emplace_back();
  }

  void read_body(Kind kind, int value) {
    switch (kind) {
      case Kind::kBar:
        read_bar(value);
        break;
      case Kind::kFill:
        read_fill();
        break;
      case Kind::kMetre:
        if (fresh_bar_) piece_.bars.back().metre = metre_ = value;
        break;
      case Kind::kTempo:
        if (fresh_bar_) piece_.bars.back().tempo = tempo_ = value;
        break;
      case Kind::kGap:
        read_gap();
        break;
      case Kind::kPart:
        read_part(value);
        break;
      case Kind::kPosition:
        position_ = value;
        break;
      case Kind::kVelocity:
        velocity_ = value;
        break;
      case Kind::kDuration:
        duration_ = value + 1 + (full_duration_ ? duration_ : 0);
        break;
      case Kind::kPitch:
      case Kind::kDrum:
        read_pitch(kind, value);
        break;
      case Kind::kChord:
        fresh_bar_ = false;
        if (writing_ == Writing::kHarmony) {
          piece_.bars[bar_].harmony.push_back({std::max(position_, 0), value});
        }
        break;
      default:
        break;
    }
  }

  void read_bar(int value) {
    if (filling_) return;  // a reminder of where the gap is
    GridBar bar;
    bar.metre = metre_;
    bar.tempo = tempo_;
    bar.cells.resize(piece_.parts.size());
    bar_ = piece_.bars.size();
    piece_.bars.push_back(std::move(bar));
    piece_.bars_after = value;
    fresh_bar_ = true;
    begin(Writing::kHarmony);
  }

  void begin(Writing what) {
    writing_ = what;
    position_ = -1;
    duration_ = 0;
  }

  void read_gap() {
    fresh_bar_ = false;
    if (filling_) return;
    if (writing_ == Writing::kHarmony) piece_.bars[bar_].harmony_gap = true;
    if (writing_ == Writing::kCell) piece_.bars[bar_].cells[part_].gap = true;
  }

  void read_fill() {
    if (!filling_) gaps_ = gaps_of(piece_);
    filling_ = true;
    fresh_bar_ = false;
    begin(Writing::kNothing);
    if (next_gap_ >= gaps_.size()) return;
    const GapPlace& gap = gaps_[next_gap_++];
    bar_ = gap.bar;
    if (gap.part < 0) {
      begin(Writing::kHarmony);
    } else {
      begin_cell(static_cast<size_t>(gap.part));
    }
  }

  void read_part(int value) {
    fresh_bar_ = false;
    if (filling_) return;
    const auto part = static_cast<size_t>(value);
    if (piece_.bars.empty() || part >= piece_.parts.size()) {
      begin(Writing::kNothing);
    } else {
      begin_cell(part);
    }
  }

  void begin_cell(size_t part) {
    begin(Writing::kCell);
    part_ = part;
    velocity_ = piece_.parts[part].velocity;
  }

  void read_pitch(Kind kind, int value) {
    if (writing_ != Writing::kCell || position_ < 0) return;
    const bool is_drums = piece_.parts[part_].instrument.is_drums;
    if (is_drums != (kind == Kind::kDrum) || (!is_drums && duration_ == 0)) return;
    Cell& cell = piece_.bars[bar_].cells[part_];
    if (cell.gap && !filling_) return;
    cell.notes.push_back({is_drums ? kDrumSteps : duration_, static_cast<int16_t>(position_),
                          static_cast<uint8_t>(value), static_cast<uint8_t>(velocity_)});
  }

  static void tidy_cell(Cell& cell, int steps) {
    auto& notes = cell.notes;
    std::erase_if(notes, [&](const GridNote& n) { return n.position >= steps; });
    std::ranges::stable_sort(
        notes, {}, [](const GridNote& n) { return std::tuple(n.position, n.pitch, -n.duration); });
    const auto same = [](const GridNote& a, const GridNote& b) {
      return a.position == b.position && a.pitch == b.pitch;
    };
    notes.erase(std::unique(notes.begin(), notes.end(), same), notes.end());
    std::ranges::sort(
        notes, {}, [](const GridNote& n) { return std::tuple(n.position, -n.duration, n.pitch); });
  }

  /// Of neighbours that are alike in a field, only the first stays.
  static void keep_first_of_each(std::vector<GridChord>& harmony, int GridChord::*field) {
    const auto same = [&](const GridChord& a, const GridChord& b) { return a.*field == b.*field; };
    harmony.erase(std::unique(harmony.begin(), harmony.end(), same), harmony.end());
  }

  static void tidy_harmony(std::vector<GridChord>& harmony, int steps) {
    std::erase_if(harmony, [&](const GridChord& c) { return c.position >= steps; });
    std::ranges::stable_sort(harmony, {}, &GridChord::position);
    keep_first_of_each(harmony, &GridChord::position);
    if (!harmony.empty() && harmony.front().position > 0) {
      harmony.insert(harmony.begin(), {0, kNoChord});
    }
    keep_first_of_each(harmony, &GridChord::chord);
  }

  GridPiece piece_;
  std::vector<GapPlace> gaps_;
  size_t next_gap_ = 0;
  size_t bar_ = 0;
  size_t part_ = 0;
  int metre_ = *find_metre(4, 4);
  int tempo_ = nearest_tempo(120.0);
  int position_ = -1;
  int velocity_ = 0;
  int duration_ = 0;
  Writing writing_ = Writing::kNothing;
  bool full_duration_ = false;
  bool fresh_bar_ = false;
  bool in_body_ = false;
  bool filling_ = false;
  bool ended_ = false;
};

}  // namespace

TokenId bar_token(const GridPiece& piece, size_t bar) {
  const auto left = static_cast<int64_t>(piece.bars.size() - bar) + piece.bars_after;
  return token(Kind::kBar, static_cast<int>(std::min<int64_t>(left, kMaxCountedBars)) - 1);
}

std::vector<TokenId> encode_header(const GridPiece& piece) {
  Ids ids = {token(Kind::kBegin)};
  const Controls& controls = piece.controls;
  if (controls.style) ids.push_back(token(Kind::kStyle, *controls.style));
  if (controls.key) ids.push_back(token(Kind::kKey, *controls.key));
  if (controls.density) ids.push_back(token(Kind::kDensity, *controls.density));
  if (controls.mood) ids.push_back(token(Kind::kMood, *controls.mood));
  if (controls.opening) ids.push_back(token(Kind::kOpening));
  if (!piece.bars.empty()) {
    ids.push_back(token(Kind::kMetre, piece.bars.front().metre));
    ids.push_back(token(Kind::kTempo, piece.bars.front().tempo));
  }
  for (size_t i = 0; i < piece.parts.size(); ++i) {
    const GridPart& part = piece.parts[i];
    ids.push_back(token(Kind::kPart, static_cast<int>(i)));
    ids.push_back(
        token(Kind::kProgram, part.instrument.is_drums ? kDrumsProgram : part.instrument.program));
    ids.push_back(token(Kind::kVelocity, part.velocity));
  }
  ids.push_back(token(Kind::kBody));
  return ids;
}

void encode_bar(const GridPiece& piece, size_t bar, std::vector<TokenId>& ids) {
  const GridBar& from = piece.bars[bar];
  const GridBar& before = piece.bars[bar == 0 ? 0 : bar - 1];
  ids.push_back(bar_token(piece, bar));
  if (from.metre != before.metre) ids.push_back(token(Kind::kMetre, from.metre));
  if (from.tempo != before.tempo) ids.push_back(token(Kind::kTempo, from.tempo));
  if (from.harmony_gap) {
    ids.push_back(token(Kind::kGap));
  } else {
    encode_harmony(from, ids);
  }
  for (size_t part = 0; part < from.cells.size(); ++part) {
    const Cell& cell = from.cells[part];
    if (!cell.gap && cell.notes.empty()) continue;
    ids.push_back(token(Kind::kPart, static_cast<int>(part)));
    if (cell.gap) {
      ids.push_back(token(Kind::kGap));
    } else {
      encode_notes(cell, piece.parts[part], ids);
    }
  }
}

std::vector<GapPlace> gaps_of(const GridPiece& piece) {
  std::vector<GapPlace> gaps;
  for (size_t bar = 0; bar < piece.bars.size(); ++bar) {
    if (piece.bars[bar].harmony_gap) gaps.push_back({bar, -1});
    for (size_t part = 0; part < piece.bars[bar].cells.size(); ++part) {
      if (piece.bars[bar].cells[part].gap) gaps.push_back({bar, static_cast<int>(part)});
    }
  }
  return gaps;
}

void encode_fill_head(const GridPiece& piece, const GapPlace& gap, std::vector<TokenId>& ids) {
  ids.push_back(token(Kind::kFill));
  ids.push_back(bar_token(piece, gap.bar));
  if (gap.part >= 0) ids.push_back(token(Kind::kPart, gap.part));
}

std::vector<TokenId> encode(const GridPiece& piece) {
  Ids ids = encode_header(piece);
  for (size_t bar = 0; bar < piece.bars.size(); ++bar) encode_bar(piece, bar, ids);
  for (const GapPlace& gap : gaps_of(piece)) {
    encode_fill_head(piece, gap, ids);
    const GridBar& bar = piece.bars[gap.bar];
    if (gap.part < 0) {
      encode_harmony(bar, ids);
    } else {
      const auto part = static_cast<size_t>(gap.part);
      encode_notes(bar.cells[part], piece.parts[part], ids);
    }
  }
  ids.push_back(token(Kind::kEnd));
  return ids;
}

GridPiece decode(std::span<const TokenId> ids) {
  Decoder decoder;
  for (const TokenId id : ids) decoder.read(id);
  return decoder.finish();
}

}  // namespace motet::tokens
