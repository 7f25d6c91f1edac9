// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/unigram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "motet/base/error.h"
#include "motet/base/random.h"
#include "motet/tokens/suffixes.h"

namespace motet::tokens {
namespace {

std::vector<CountedWord> some_words() {
  WordCounter counter;
  const Random random(1, 2);
  uint64_t at = 0;
  const std::vector<Symbols> parts = {U"abc", U"de", U"fgh", U"a", U"b", U"hij"};
  for (int i = 0; i < 400; ++i) {
    Symbols word;
    for (uint64_t k = 1 + random.below(6, at++); k > 0; --k) {
      word += parts[random.below(parts.size(), at++)];
    }
    counter.add(word);
  }
  return counter.counted();
}

/// The score of the best segmentation, by trying all of them.
double best_score(const UnigramModel& model, SymbolView word) {
  if (word.empty()) return 0;
  double best = -std::numeric_limits<double>::infinity();
  for (size_t length = 1; length <= word.size(); ++length) {
    const auto id = model.pieces().find(word.substr(0, length));
    if (!id) continue;
    best = std::max(
        best, model.scores()[static_cast<size_t>(*id)] + best_score(model, word.substr(length)));
  }
  return best;
}

TEST(Unigram, FindsTheMostLikelySegmentation) {
  ThreadPool pool(1);
  const std::vector<CountedWord> words = some_words();
  const UnigramModel model(train_unigram(words, {.vocabulary_size = 40}, pool), {});
  for (const CountedWord& word : words) {
    if (word.word.size() > 14) continue;
    std::vector<TokenId> ids;
    model.encode(word.word, ids);
    double score = 0;
    Symbols text;
    for (const TokenId id : ids) {
      score += model.scores()[static_cast<size_t>(id)];
      text += model.pieces().text(id);
    }
    EXPECT_EQ(text, word.word);
    EXPECT_NEAR(score, best_score(model, word.word), 1e-9);  // sums in another order
  }
}

TEST(Unigram, NeighbouringUnknownsAreOne) {
  const UnigramModel model({{U"?", 0}, {U"a", -1}, {U"ab", -1.5}}, {.unknown = 0});
  std::vector<TokenId> ids;
  model.encode(U"xyabza", ids);
  EXPECT_EQ(ids, (std::vector<TokenId>{0, 2, 0, 1}));
  const UnigramModel strict({{U"a", -1}}, {});
  EXPECT_THROW(strict.encode(U"x", ids), Error);
}

TEST(UnigramTraining, FindsThePartsThatWordsAreMadeOf) {
  ThreadPool pool(2);
  std::vector<Symbols> found;
  for (const UnigramPiece& piece : train_unigram(some_words(), {.vocabulary_size = 16}, pool)) {
    found.push_back(piece.text);
  }
  for (const SymbolView part : {U"abc", U"de", U"fgh", U"hij"}) {
    EXPECT_NE(std::find(found.begin(), found.end(), part), found.end());
  }
}

TEST(UnigramTraining, HasEverySymbolAndTheSizeAsked) {
  ThreadPool pool(1);
  const UnigramTraining training{
      .vocabulary_size = 30, .initial_alphabet = U"xyz", .special_pieces = {U"<pad>"}};
  const std::vector<UnigramPiece> pieces = train_unigram(some_words(), training, pool);
  EXPECT_EQ(pieces.size(), 30U);
  EXPECT_EQ(pieces[0].text, U"<pad>");
  for (const char32_t symbol : U"abcdefghijxyz") {
    if (symbol == 0) continue;
    EXPECT_TRUE(std::any_of(pieces.begin(), pieces.end(), [&](const UnigramPiece& piece) {
      return piece.text == Symbols(1, symbol);
    }));
  }
  EXPECT_THROW(train_unigram(some_words(), {.vocabulary_size = 5}, pool), Error);
}

TEST(UnigramTraining, ScoresAreLogarithmsOfProbabilities) {
  ThreadPool pool(1);
  double sum = 0;
  for (const UnigramPiece& piece : train_unigram(some_words(), {.vocabulary_size = 40}, pool)) {
    EXPECT_LT(piece.score, 0);
    sum += std::exp(piece.score);
  }
  EXPECT_GT(sum, 0.9);  // pruning takes a little away, and so does the sparse prior
  EXPECT_LT(sum, 1.0 + 1e-9);
}

TEST(Suffixes, FindsTheSubstringsThatStandTwice) {
  const std::vector<CountedWord> words = {{U"abab", 1}, {U"xab", 1}};
  const std::vector<Substring> found = frequent_substrings(words, 16, 100);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].text, U"ab");
  EXPECT_EQ(found[0].count, 3U);
}

TEST(Suffixes, CountsAsALoopDoes) {
  const std::vector<CountedWord> words = some_words();
  const std::vector<Substring> found = frequent_substrings(words, 6, 1000);
  EXPECT_GT(found.size(), 50U);
  for (const Substring& substring : found) {
    uint64_t count = 0;
    for (const CountedWord& word : words) {
      for (size_t at = word.word.find(substring.text); at != Symbols::npos;
           at = word.word.find(substring.text, at + 1)) {
        ++count;
      }
    }
    EXPECT_EQ(substring.count, count);
    EXPECT_LE(substring.text.size(), 6U);
  }
}

}  // namespace
}  // namespace motet::tokens
