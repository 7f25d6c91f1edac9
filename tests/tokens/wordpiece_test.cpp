// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/wordpiece.h"

#include <gtest/gtest.h>

#include "motet/base/error.h"

namespace motet::tokens {
namespace {

std::vector<TokenId> encoded(const SubwordModel& model, SymbolView word) {
  std::vector<TokenId> ids;
  model.encode(word, ids);
  return ids;
}

TEST(WordPiece, TakesTheLongestPieceEachTime) {
  const WordPieceModel model(Pieces({U"?", U"a", U"ab", U"##c", U"##cd", U"##d", U"abce"}),
                             {.unknown = 0});
  EXPECT_EQ(encoded(model, U"abcd"), (std::vector<TokenId>{2, 4}));
  EXPECT_EQ(encoded(model, U"abcdc"), (std::vector<TokenId>{2, 4, 3}));
  EXPECT_EQ(encoded(model, U"a"), (std::vector<TokenId>{1}));
}

TEST(WordPiece, AWordThatCannotBePiecedIsUnknownAsAWhole) {
  const WordPieceModel model(Pieces({U"?", U"a", U"##b"}), {.unknown = 0, .max_word = 4});
  EXPECT_EQ(encoded(model, U"abx"), (std::vector<TokenId>{0}));
  EXPECT_EQ(encoded(model, U"abbbb"), (std::vector<TokenId>{0}));
  EXPECT_EQ(encoded(model, U"abbb"), (std::vector<TokenId>{1, 2, 2, 2}));
  EXPECT_THROW(encoded(WordPieceModel(Pieces({U"a"}), {}), U"b"), Error);
}

TEST(WordPieceTraining, MarksWhatContinuesAWord) {
  const std::vector<CountedWord> words = {{U"abab", 3}, {U"ab", 2}};
  BpeTraining training{.vocabulary_size = 6};
  training.continuing_prefix = Symbols(2, U'#');
  // a b ##b ##a, then ##b after a: five times; then "ab" with "##a" …
  EXPECT_EQ(train_wordpiece(words, training),
            (std::vector<Symbols>{U"a", U"b", U"##b", U"##a", U"ab", U"##ab"}));
}

TEST(WordLevel, AWordIsOnePieceOrUnknown) {
  const WordLevelModel model(Pieces({U"?", U"waltz"}), 0);
  EXPECT_EQ(encoded(model, U"waltz"), (std::vector<TokenId>{1}));
  EXPECT_EQ(encoded(model, U"walt"), (std::vector<TokenId>{0}));
}

}  // namespace
}  // namespace motet::tokens
