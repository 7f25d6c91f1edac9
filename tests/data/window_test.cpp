// SPDX-License-Identifier: Apache-2.0
#include "motet/data/window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "motet/tokens/tokenizer.h"
#include "tests/support/random_score.h"

namespace motet::data {
namespace {

tokens::GridPiece piece_of(uint64_t seed) {
  return tokens::to_grid(test::RandomScore(seed).make());
}

std::vector<uint16_t> ids_of(const tokens::GridPiece& piece) {
  const auto ids = tokens::encode(piece);
  return {ids.begin(), ids.end()};
}

TEST(Window, HoldsTheBarsTheirMetreAndTempoAndWhatIsLeftAfterThem) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const tokens::GridPiece piece = piece_of(seed);
    const auto ids = ids_of(piece);
    const auto bars = index_bars(ids);
    ASSERT_EQ(bars.size(), piece.bars.size() + 1);
    for (size_t first = 0; first < piece.bars.size(); first += 3) {
      const size_t last = std::min(first + 2, piece.bars.size());
      const tokens::GridPiece window = cut_window(ids, bars, first, last);
      ASSERT_EQ(window.bars.size(), last - first);
      for (size_t i = 0; i < window.bars.size(); ++i) {
        EXPECT_EQ(window.bars[i], piece.bars[first + i]) << "seed " << seed << " bar " << first + i;
      }
      EXPECT_EQ(window.controls.opening, first == 0);
      const auto after = static_cast<int>(piece.bars.size() - last);
      EXPECT_EQ(window.bars_after, std::min(after, tokens::kMaxCountedBars - 1));
    }
  }
}

TEST(Window, ConsecutiveWindowsHoldEveryBarOnce) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const tokens::GridPiece piece = piece_of(seed);
    std::vector<tokens::GridBar> bars;
    for (const auto& window : consecutive_windows(ids_of(piece), 60)) {
      bars.insert(bars.end(), window.bars.begin(), window.bars.end());
    }
    EXPECT_EQ(bars, piece.bars) << "seed " << seed;
  }
}

TEST(Window, IsDescribedByItsOwnNotes) {
  Score score;
  score.parts.resize(1);
  for (int i = 0; i < 32; ++i) {  // D major up and down
    constexpr std::array<uint8_t, 8> kScale = {62, 64, 66, 67, 69, 71, 73, 74};
    score.parts[0].notes.push_back(
        {Ticks{240 * i}, Ticks{240}, kScale[i % 8], 80, 0, kUnspelled, {}});
  }
  tokens::GridPiece piece = tokens::to_grid(score);
  describe(piece);
  EXPECT_EQ(piece.controls.key, 2);
  EXPECT_TRUE(piece.controls.density.has_value());
  EXPECT_TRUE(piece.controls.mood.has_value());
}

TEST(Window, GapsLeaveTheNotesAsTheFilling) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const tokens::GridPiece before = piece_of(seed);
    tokens::GridPiece piece = before;
    uint64_t at = 0;
    make_gaps(piece, Random(seed, 0), at);
    EXPECT_FALSE(tokens::gaps_of(piece).empty()) << "seed " << seed;
    for (size_t bar = 0; bar < before.bars.size(); ++bar) {
      for (size_t part = 0; part < before.parts.size(); ++part) {
        EXPECT_EQ(piece.bars[bar].cells[part].notes, before.bars[bar].cells[part].notes);
      }
    }
  }
}

}  // namespace
}  // namespace motet::data
