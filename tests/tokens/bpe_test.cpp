// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/bpe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/base/random.h"
#include "motet/tokens/unicode.h"

namespace motet::tokens {
namespace {

Json golden_cases() {
  const auto path = std::filesystem::path(MOTET_GOLDEN_DIR) / "hf" / "bpe_merges.json";
  return parse_json(read_text(path), path.string()).at("cases");
}

std::vector<CountedWord> words_of(const Json& texts) {
  WordCounter counter;
  for (const Json& text : texts) counter.add(from_utf8(text.get<std::string>()));
  return counter.counted();
}

BpeTraining training_of(const Json& options) {
  BpeTraining training;
  training.vocabulary_size = 300;
  training.min_frequency = options.value("min_frequency", 0);
  training.max_piece_length = options.value("max_token_length", training.max_piece_length);
  training.max_alphabet = options.value("limit_alphabet", training.max_alphabet);
  for (const Json& special : options.value("special_tokens", Json::array())) {
    training.special_pieces.push_back(from_utf8(special.get<std::string>()));
  }
  for (const Json& symbol : options.value("initial_alphabet", Json::array())) {
    training.initial_alphabet += from_utf8(symbol.get<std::string>());
  }
  return training;
}

/// Merging as it is defined: the lowest rank anywhere, the leftmost of it, until there is none.
std::vector<TokenId> merged_plainly(const BpeTrained& trained, std::vector<TokenId> ids) {
  const Pieces pieces(trained.pieces);
  for (bool again = true; again;) {
    again = false;
    for (const BpeMerge& merge : trained.merges) {
      for (size_t i = 0; i + 1 < ids.size() && !again; ++i) {
        if (ids[i] != merge.left || ids[i + 1] != merge.right) continue;
        ids[i] = *pieces.find(pieces.text(merge.left) + pieces.text(merge.right));
        ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        again = true;
      }
      if (again) break;
    }
  }
  return ids;
}

TEST(BpeTraining, LearnsTheMergesOfTokenizers) {
  for (const Json& one : golden_cases()) {
    const BpeTrained trained = train_bpe(words_of(one.at("words")), training_of(one.at("options")));
    std::vector<std::string> pieces;
    for (const Symbols& piece : trained.pieces) pieces.push_back(to_utf8(piece));
    EXPECT_EQ(pieces, one.at("vocab").get<std::vector<std::string>>()) << one.at("name");
    std::vector<std::vector<std::string>> merges;
    for (const BpeMerge& merge : trained.merges) {
      merges.push_back(
          {pieces[static_cast<size_t>(merge.left)], pieces[static_cast<size_t>(merge.right)]});
    }
    EXPECT_EQ(merges, one.at("merges").get<std::vector<std::vector<std::string>>>())
        << one.at("name");
  }
}

TEST(BpeTraining, DependsOnTheWordsAndNotOnTheirOrder) {
  Json texts = golden_cases().at(0).at("words");
  const BpeTrained once = train_bpe(words_of(texts), {.vocabulary_size = 200});
  std::reverse(texts.begin(), texts.end());
  const BpeTrained again = train_bpe(words_of(texts), {.vocabulary_size = 200});
  EXPECT_EQ(once.pieces, again.pieces);
  EXPECT_EQ(once.merges, again.merges);
}

TEST(BpeTraining, OfEqualPairsTakesThatOfTheLowestIds) {
  const std::vector<CountedWord> words = {{U"ab", 2}, {U"cd", 2}, {U"ac", 1}};
  const BpeTrained trained = train_bpe(words, {.vocabulary_size = 6});
  EXPECT_EQ(trained.pieces, (std::vector<Symbols>{U"a", U"b", U"c", U"d", U"ab", U"cd"}));
}

TEST(BpeTraining, StopsWhereNothingIsLeftToMerge) {
  const std::vector<CountedWord> words = {{U"abc", 1}};
  EXPECT_EQ(train_bpe(words, {.vocabulary_size = 100}).pieces.size(), 5U);
  EXPECT_TRUE(train_bpe({}, {.vocabulary_size = 100}).pieces.empty());
}

TEST(Bpe, MergesShortAndLongWordsAsDefined) {
  const Json one = golden_cases().at(0);
  const BpeTrained trained = train_bpe(words_of(one.at("words")), training_of(Json::object()));
  const BpeModel model(Pieces(trained.pieces), trained.merges);
  const Random random(3, 1);
  uint64_t at = 0;
  for (const size_t length : {1, 2, 3, 10, 80, 255, 256, 257, 900}) {
    for (int round = 0; round < 5; ++round) {
      Symbols word;
      std::vector<TokenId> ids;
      while (word.size() < length) {
        const auto symbol = static_cast<char32_t>(33 + random.below(8, at++));
        const auto id = model.pieces().find(Symbols(1, symbol));
        ASSERT_TRUE(id);
        word += symbol;
        ids.push_back(*id);
      }
      std::vector<TokenId> encoded;
      model.encode(word, encoded);
      EXPECT_EQ(encoded, merged_plainly(trained, ids)) << length;
    }
  }
}

TEST(Bpe, DropsOrNamesTheUnknownAsItIsTold) {
  const auto encoded = [](BpeOptions options, SymbolView word) {
    const BpeModel model(Pieces({U"?", U"a", U"<0xC3>", U"<0xA9>"}), {}, std::move(options));
    std::vector<TokenId> ids;
    model.encode(word, ids);
    return ids;
  };
  EXPECT_EQ(encoded({}, U"axxa"), (std::vector<TokenId>{1, 1}));
  EXPECT_EQ(encoded({.unknown = 0}, U"axxa"), (std::vector<TokenId>{1, 0, 0, 1}));
  EXPECT_EQ(encoded({.unknown = 0, .fuse_unknown = true}, U"axxa"),
            (std::vector<TokenId>{1, 0, 1}));
  EXPECT_EQ(encoded({.unknown = 0, .byte_fallback = true}, U"aéx"),
            (std::vector<TokenId>{1, 2, 3, 0}));
}

TEST(Bpe, RefusesAMergeOfWhatIsNotThere) {
  EXPECT_THROW(BpeModel(Pieces({U"a", U"b"}), {{0, 1}}), Error);
  EXPECT_THROW(BpeModel(Pieces({U"a", U"b", U"ab"}), {{0, 7}}), Error);
}

}  // namespace
}  // namespace motet::tokens
