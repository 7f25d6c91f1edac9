// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/tokenizer.h"

#include <gtest/gtest.h>

#include "motet/base/error.h"
#include "motet/base/random.h"
#include "tests/support/random_score.h"

namespace motet::tokens {
namespace {

/// A piece with every control, chords and, if asked, gaps.
GridPiece random_piece(uint64_t seed, bool with_gaps) {
  const Random random(seed, 7);
  uint64_t at = 0;
  Score score = test::RandomScore(seed).make();
  for (int i = 0; i < 4; ++i) {
    const auto chord = static_cast<int>(random.below(kNoChord + 1, at++));
    score.chords.push_back({Ticks{i * 700 * score.ticks_per_quarter / 480}, chord_text(chord)});
  }
  sort_events(score);
  GridPiece piece = to_grid(score);
  piece.controls.style = static_cast<int>(random.below(styles().size(), at++));
  piece.controls.key = static_cast<int>(random.below(24, at++));
  piece.controls.density = static_cast<int>(random.below(8, at++));
  piece.controls.opening = random.uniform(at++) < 0.5;
  piece.bars_after = static_cast<int>(random.below(20, at++));
  if (!with_gaps) return piece;
  for (GridBar& bar : piece.bars) {
    bar.harmony_gap = random.uniform(at++) < 0.2;
    for (Cell& cell : bar.cells) cell.gap = random.uniform(at++) < 0.4;
  }
  return piece;
}

std::string names(const std::vector<TokenId>& ids) {
  std::string text;
  for (const TokenId id : ids) text += name_of(id) + " ";
  return text;
}

TEST(Tokenizer, WritesTheGrammarOfItsHeader) {
  Score score;
  score.parts.resize(1);
  score.parts[0].program = 40;
  score.parts[0].notes = {{Ticks{0}, Ticks{240}, 60, 82, 0, kUnspelled, {}},
                          {Ticks{240}, Ticks{240}, 64, 82, 0, kUnspelled, {}},
                          {Ticks{1920}, Ticks{480}, 67, 40, 0, kUnspelled, {}}};
  score.chords = {{Ticks{0}, "C"}};
  GridPiece piece = to_grid(score);
  piece.controls.key = 0;
  EXPECT_EQ(names(encode(piece)),
            "Begin Key_C Opening Metre_4/4 Tempo_120 Part_0 Program_40 Velocity_82 Body "
            "Bar_2 Chord_C Part_0 Position_0 Duration_12 Pitch_60 Position_12 Pitch_64 "
            "Bar_1 Chord_C Part_0 Position_0 Velocity_42 Duration_24 Pitch_67 End ");
}

TEST(Tokenizer, ShowsGapsAndThenTheirFillings) {
  Score score;
  score.parts.resize(1);
  score.parts[0].notes = {{Ticks{0}, Ticks{1920}, 60, 82, 0, kUnspelled, {}},
                          {Ticks{1920}, Ticks{1920}, 62, 82, 0, kUnspelled, {}}};
  GridPiece piece = to_grid(score);
  piece.bars[0].cells[0].gap = true;
  EXPECT_EQ(names(encode(piece)),
            "Begin Opening Metre_4/4 Tempo_120 Part_0 Program_0 Velocity_82 Body "
            "Bar_2 Part_0 Gap Bar_1 Part_0 Position_0 Duration_96 Pitch_62 "
            "Fill Bar_2 Part_0 Position_0 Duration_96 Pitch_60 End ");
}

TEST(Tokenizer, DecodeUndoesEncode) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const GridPiece piece = random_piece(seed, seed % 2 == 1);
    EXPECT_EQ(decode(encode(piece)), piece) << "seed " << seed;
  }
}

TEST(Tokenizer, LongNotesAreSums) {
  Score score;
  score.parts.resize(1);
  score.parts[0].notes = {{Ticks{0}, Ticks{480 * 100}, 60, 82, 0, kUnspelled, {}}};
  const GridPiece piece = to_grid(score);
  EXPECT_EQ(decode(encode(piece)).bars[0].cells[0].notes[0].duration, 2400);
}

TEST(Tokenizer, DecodesAnythingTheModelMayWrite) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const Random random(seed, 3);
    std::vector<TokenId> ids = encode(random_piece(seed, seed % 3 == 0));
    for (uint64_t i = 0; i < ids.size(); ++i) {  // one in ten becomes any token at all
      if (random.uniform(i) < 0.1) {
        ids[i] =
            static_cast<TokenId>(random.below(static_cast<uint64_t>(vocabulary_size()), i + 99));
      }
    }
    const GridPiece piece = decode(ids);
    EXPECT_EQ(decode(encode(piece)), piece) << "seed " << seed;
    EXPECT_NO_THROW(to_score(piece)) << "seed " << seed;
  }
}

TEST(Tokenizer, PureNoiseBecomesAPieceTooAndEveryNoteIsInRange) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const Random random(seed, 4);
    std::vector<TokenId> ids;
    for (uint64_t i = 0; i < 400; ++i) {
      ids.push_back(
          static_cast<TokenId>(random.below(static_cast<uint64_t>(vocabulary_size()), i)));
    }
    const Score score = to_score(decode(ids));
    for (const Part& part : score.parts) {
      for (const Note& n : part.notes) {
        EXPECT_GE(n.duration.value, 1);
        EXPECT_GE(n.velocity, 1);
        EXPECT_LE(n.pitch, 127);
      }
    }
  }
}

TEST(Tokenizer, OnlyAnIdOutsideTheVocabularyThrows) {
  EXPECT_THROW(decode(std::vector<TokenId>{vocabulary_size()}), Error);
  EXPECT_NO_THROW(decode(std::vector<TokenId>{}));
}

}  // namespace
}  // namespace motet::tokens
