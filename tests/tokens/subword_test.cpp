// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/subword.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "motet/base/error.h"
#include "motet/base/random.h"
#include "motet/tokens/hf_tokenizer.h"
#include "motet/tokens/tokenizer.h"
#include "motet/tokens/unicode.h"
#include "tests/support/random_score.h"

namespace motet::tokens {
namespace {

constexpr SubwordType kTypes[] = {SubwordType::kBpe, SubwordType::kUnigram,
                                  SubwordType::kWordPiece};

std::vector<TokenId> piece_of(uint64_t seed) {
  return encode(to_grid(test::RandomScore(seed).make()));
}

Subword trained(SubwordType type, SubwordSplit split, size_t more = 400, size_t threads = 2) {
  SubwordTrainer trainer(vocabulary_size());
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const std::vector<TokenId> ids = piece_of(seed);
    trainer.add(ids, word_starts(ids, split));
  }
  ThreadPool pool(threads);
  return trainer.train(type, static_cast<size_t>(vocabulary_size()) + more, pool);
}

TEST(Subword, DecodeUndoesEncode) {
  for (const SubwordType type : kTypes) {
    for (const SubwordSplit split : {SubwordSplit::kNo, SubwordSplit::kBar, SubwordSplit::kBeat}) {
      const Subword subword = trained(type, split);
      for (uint64_t seed = 30; seed < 60; ++seed) {  // some seen, most not
        const std::vector<TokenId> base = piece_of(seed);
        const std::vector<TokenId> ids = subword.encode(base, word_starts(base, split));
        EXPECT_EQ(subword.decode(ids), base);
        EXPECT_LE(ids.size(), base.size());
      }
    }
  }
}

TEST(Subword, DecodesAnyBaseTokensThereAre) {
  const Random random(5, 0);
  uint64_t at = 0;
  for (const SubwordType type : kTypes) {
    const Subword subword = trained(type, SubwordSplit::kBar);
    for (int round = 0; round < 20; ++round) {
      std::vector<TokenId> base(random.below(400, at++));
      for (TokenId& id : base) {
        id = static_cast<TokenId>(random.below(static_cast<uint64_t>(vocabulary_size()), at++));
      }
      EXPECT_EQ(subword.decode(subword.encode(base)), base);
    }
  }
}

TEST(Subword, MakesSequencesShorter) {
  for (const SubwordType type : kTypes) {
    const Subword subword = trained(type, SubwordSplit::kBar);
    const std::vector<TokenId> base = piece_of(3);
    const std::vector<size_t> starts = word_starts(base, SubwordSplit::kBar);
    EXPECT_LT(subword.encode(base, starts).size(), base.size() * 9 / 10);
  }
}

TEST(Subword, BaseTokensKeepTheirIds) {
  for (const SubwordType type : kTypes) {
    const Subword subword = trained(type, SubwordSplit::kBar);
    for (TokenId id = 0; id < vocabulary_size(); ++id) {
      ASSERT_EQ(std::vector<TokenId>(subword.base_of(id).begin(), subword.base_of(id).end()),
                std::vector<TokenId>{id});
    }
  }
}

TEST(Subword, NoPieceCrossesABar) {
  const Subword subword = trained(SubwordType::kBpe, SubwordSplit::kBar);
  for (TokenId id = 0; id < subword.size(); ++id) {
    const std::span<const TokenId> base = subword.base_of(id);
    for (size_t i = 1; i < base.size(); ++i) EXPECT_NE(meaning(base[i]).kind, Kind::kBar);
  }
}

TEST(Subword, IsTheSameAfterBeingWrittenAndRead) {
  for (const SubwordType type : kTypes) {
    const Subword once = trained(type, SubwordSplit::kBar);
    const Subword again(std::string_view(once.to_text()));
    EXPECT_EQ(again.to_text(), once.to_text());
    const std::vector<TokenId> base = piece_of(99);
    EXPECT_EQ(again.encode(base), once.encode(base));
  }
}

TEST(Subword, IsTheSameOnAnyNumberOfThreads) {
  for (const SubwordType type : kTypes) {
    EXPECT_EQ(trained(type, SubwordSplit::kBar, 200, 1).to_text(),
              trained(type, SubwordSplit::kBar, 200, 3).to_text());
  }
}

TEST(Subword, WritesFilesThatTokenizersReads) {
  const Subword subword = trained(SubwordType::kBpe, SubwordSplit::kNo);
  const HfTokenizer tokenizer{std::string_view(subword.to_text())};
  const std::vector<TokenId> base = piece_of(7);
  std::u32string text;
  for (const TokenId id : base) text += kFirstBaseSymbol + static_cast<char32_t>(id);
  EXPECT_EQ(tokenizer.encode(to_utf8(text)), subword.encode(base));
}

TEST(Subword, ReadsMidiTokFilesWithTheirWordMark) {
  // "!" is a special token, "▁" begins each word, "▁\"" and "▁\"#" are pieces.
  const Subword subword(std::string_view(R"({
    "added_tokens":[{"id":0,"content":"!","special":true,"normalized":false}],
    "pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
    "model":{"type":"BPE","vocab":{"!":0,"\"":1,"#":2,"▁":3,"▁\"":4,"▁\"#":5},
             "merges":[["▁","\""],["▁\"","#"]]}})"));
  const std::vector<TokenId> base = {0, 1, 2, 2, 1};
  const std::vector<TokenId> ids = subword.encode(base, std::vector<size_t>{3});
  EXPECT_EQ(ids, (std::vector<TokenId>{0, 5, 3, 2, 1}));
  EXPECT_EQ(subword.decode(ids), base);
}

TEST(Subword, NamesTheTokenThatItDoesNotKnow) {
  const Subword subword = trained(SubwordType::kBpe, SubwordSplit::kBar, 10);
  EXPECT_THROW(subword.encode(std::vector<TokenId>{vocabulary_size()}), Error);
  EXPECT_THROW(subword.encode(std::vector<TokenId>{-1}), Error);
  EXPECT_THROW(subword.decode(std::vector<TokenId>{subword.size()}), Error);
  EXPECT_THROW(SubwordTrainer(0), Error);
  SubwordTrainer trainer(4);
  EXPECT_THROW(trainer.add(std::vector<TokenId>{4}), Error);
  ThreadPool pool(1);
  EXPECT_THROW(trainer.train(SubwordType::kBpe, 4, pool), Error);
}

TEST(WordStarts, AreTheBarsAndTheBeats) {
  const std::vector<TokenId> ids = {
      token(Kind::kBegin),       token(Kind::kBar, 1),       token(Kind::kPart, 0),
      token(Kind::kPosition, 0), token(Kind::kPitch, 60),    token(Kind::kPosition, 12),
      token(Kind::kPitch, 60),   token(Kind::kPosition, 24), token(Kind::kPitch, 60),
      token(Kind::kBar, 0),      token(Kind::kPart, 0),      token(Kind::kPosition, 72),
      token(Kind::kPitch, 60)};
  EXPECT_EQ(word_starts(ids, SubwordSplit::kNo), (std::vector<size_t>{}));
  EXPECT_EQ(word_starts(ids, SubwordSplit::kBar), (std::vector<size_t>{1, 9}));
  EXPECT_EQ(word_starts(ids, SubwordSplit::kBeat), (std::vector<size_t>{1, 7, 9, 11}));
}

}  // namespace
}  // namespace motet::tokens
