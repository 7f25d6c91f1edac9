// SPDX-License-Identifier: Apache-2.0
#include "motet/data/window.h"

#include <algorithm>

#include "motet/theory/features.h"
#include "motet/theory/key.h"
#include "motet/tokens/tokenizer.h"

namespace motet::data {
namespace {

using tokens::Kind;
using tokens::TokenId;

constexpr double kScatteredShare = 0.3;

void open_bars(tokens::GridPiece& piece, size_t first, size_t last) {
  for (size_t bar = first; bar < last; ++bar) {
    piece.bars[bar].harmony_gap = !piece.bars[bar].harmony.empty();
    for (tokens::Cell& cell : piece.bars[bar].cells) cell.gap = true;
  }
}

void open_part(tokens::GridPiece& piece, size_t part) {
  for (tokens::GridBar& bar : piece.bars) bar.cells[part].gap = true;
}

}  // namespace

std::vector<uint32_t> index_bars(std::span<const uint16_t> ids) {
  const auto first = static_cast<uint16_t>(tokens::token(Kind::kBar));
  const auto end = static_cast<uint16_t>(first + tokens::count_of(Kind::kBar));
  std::vector<uint32_t> bars;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= first && ids[i] < end) bars.push_back(static_cast<uint32_t>(i));
  }
  const auto last = ids.empty() || bars.empty() ? 0 : ids.size() - 1;  // before End
  bars.push_back(static_cast<uint32_t>(last));
  return bars;
}

tokens::GridPiece cut_window(std::span<const uint16_t> ids, const std::vector<uint32_t>& bars,
                             size_t first, size_t last) {
  const auto metre = static_cast<uint16_t>(tokens::token(Kind::kMetre));
  const auto metre_end = static_cast<uint16_t>(metre + tokens::count_of(Kind::kMetre));
  const auto tempo_end = static_cast<uint16_t>(metre_end + tokens::count_of(Kind::kTempo));
  std::vector<TokenId> cut(ids.begin(), ids.begin() + bars[0]);
  TokenId metre_now = 0;
  TokenId tempo_now = 0;
  for (size_t i = bars[0]; i < bars[first]; ++i) {
    if (ids[i] < metre || ids[i] >= tempo_end) continue;
    (ids[i] < metre_end ? metre_now : tempo_now) = ids[i];
  }
  const auto body = cut.end() - 1;  // a later metre in the header overrides the earlier one
  if (metre_now != 0) cut.insert(body, metre_now);
  if (tempo_now != 0) cut.insert(cut.end() - 1, tempo_now);
  cut.insert(cut.end(), ids.begin() + bars[first], ids.begin() + bars[last]);
  tokens::GridPiece piece = tokens::decode(cut);
  piece.controls.opening = first == 0;
  piece.controls.key.reset();
  return piece;
}

std::vector<tokens::GridPiece> consecutive_windows(std::span<const uint16_t> ids, size_t room) {
  const std::vector<uint32_t> bars = index_bars(ids);
  std::vector<tokens::GridPiece> windows;
  for (size_t first = 0; first + 1 < bars.size();) {
    size_t last = first + 1;
    while (last + 1 < bars.size() && bars[last + 1] - bars[first] <= room) ++last;
    windows.push_back(cut_window(ids, bars, first, last));
    first = last;
  }
  return windows;
}

int normalise(tokens::GridPiece& piece) {
  const int shift = semitones_to_home(estimate_key(tokens::to_score(piece)).key);
  if (shift != 0) piece = tokens::transposed(piece, shift);
  return shift;
}

void describe(tokens::GridPiece& piece) {
  const Score score = tokens::to_score(piece);
  const KeyEstimate estimate = estimate_key(score);
  const bool sounds = estimate.correlation > 0.0;
  const Key key = estimate.key;
  if (sounds) piece.controls.key = key.tonic + (key.mode == Mode::kMinor ? 12 : 0);
  piece.controls.density = density_bin(onset_density(score));
  if (sounds) piece.controls.mood = static_cast<int>(estimate_mood(score, key));
}

void make_gaps(tokens::GridPiece& piece, const Random& random, uint64_t& at) {
  const size_t bars = piece.bars.size();
  const size_t parts = piece.parts.size();
  const double kind = random.uniform(at++);
  if (parts > 1 && kind < 1.0 / 3) {
    const size_t keep = random.below(parts, at++);
    for (size_t part = 0; part < parts; ++part) {
      if (part != keep && random.uniform(at++) < 0.5) open_part(piece, part);
    }
    open_part(piece, (keep + 1) % parts);
  } else if (parts > 1 && kind < 2.0 / 3) {
    for (size_t bar = 0; bar < bars; ++bar) {
      for (tokens::Cell& cell : piece.bars[bar].cells) {
        cell.gap = random.uniform(at++) < kScatteredShare;
      }
    }
    piece.bars[random.below(bars, at++)].cells[0].gap = true;
  } else {
    const size_t most = std::max<size_t>(1, bars / 2);
    const size_t count = 1 + random.below(most, at++);
    const size_t first = random.below(bars - count + 1, at++);
    open_bars(piece, first, first + count);
  }
}

}  // namespace motet::data
