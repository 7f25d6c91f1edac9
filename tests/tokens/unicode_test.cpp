// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/unicode.h"

#include <gtest/gtest.h>

#include "motet/base/error.h"
#include "motet/tokens/byte_level.h"

namespace motet::tokens {
namespace {

TEST(Unicode, Utf8GoesThereAndBackForEveryCharacter) {
  for (char32_t c = 0; c <= 0x10ffff; c += c < 0x3000 ? 1 : 97) {
    if (c >= 0xd800 && c < 0xe000) continue;
    EXPECT_EQ(from_utf8(to_utf8({&c, 1})), std::u32string(1, c));
  }
  EXPECT_EQ(to_utf8(U"a\u00e9\u266f\U0001d11e"), "aé♯𝄞");
}

TEST(Unicode, NamesTheByteThatIsNotUtf8) {
  for (const std::string_view bad :
       {"ab\x80", "ab\xc0\xaf", "ab\xe2\x82", "ab\xed\xa0\x80", "ab\xf4\x90\x80\x80", "ab\xff"}) {
    try {
      from_utf8(bad);
      ADD_FAILURE() << "was taken";
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), "text: byte 2: expected UTF-8");
    }
  }
}

TEST(Unicode, ReplacesTheLongestPartThatCouldBeginACharacter) {
  // The example of the Unicode Standard 15, table 3-8.
  EXPECT_EQ(from_utf8_lossy("a\xf1\x80\x80\xe1\x80\xc2"
                            "b\x80"
                            "c\x80\xbf"
                            "d"),
            U"a\ufffd\ufffd\ufffdb\ufffdc\ufffd\ufffdd");
}

TEST(Unicode, NormalForms) {
  EXPECT_EQ(normalize(U"e\u0301", Normalization::kNfc), U"\u00e9");
  EXPECT_EQ(normalize(U"\u00e9", Normalization::kNfd), U"e\u0301");
  EXPECT_EQ(normalize(U"\ufb01", Normalization::kNfkc), U"fi");
  EXPECT_EQ(normalize(U"\ufb01\u00e9", Normalization::kNfkd), U"fie\u0301");
  EXPECT_EQ(normalize(std::u32string(1000, U'\ufdfa'), Normalization::kNfkc).size(), 18000U);
}

TEST(Unicode, LowersCharacterByCharacter) {
  EXPECT_EQ(to_lower(U"ΟΔΟΣ ÄÖ \u0130"), U"οδοσ äö i\u0307");
}

TEST(Unicode, CountsGraphemesByTheirCharacters) {
  EXPECT_EQ(grapheme_lengths(U"ae\u0301\U0001f468\u200d\U0001f3a4\r\n"),
            (std::vector<size_t>{1, 2, 3, 2}));
  EXPECT_TRUE(grapheme_lengths(U"").empty());
}

using Matches = std::vector<std::pair<size_t, size_t>>;

TEST(Pattern, FindsInCharactersNotInUnits) {
  EXPECT_EQ(Pattern::regex("b+").matches(U"\U0001d11ebb\U0001d11eb"), (Matches{{1, 3}, {4, 5}}));
  EXPECT_EQ(Pattern::literal("ab").matches(U"abcabab"), (Matches{{0, 2}, {3, 5}, {5, 7}}));
  EXPECT_EQ(Pattern::literal("").matches(U"ab"), Matches{});
}

TEST(Pattern, BlanksAreTheUnicodeProperty) {
  EXPECT_EQ(Pattern::regex("\\s+").matches(U"a\v\u0085\u00a0b"), (Matches{{1, 4}}));
  EXPECT_EQ(Pattern::regex("[^\\s\\p{L}]+").matches(U"a\v1b"), (Matches{{2, 3}}));
}

TEST(Pattern, RefusesWhatIsNoPatternAndWhatTakesForEver) {
  EXPECT_THROW(Pattern::regex("(a"), Error);
  EXPECT_THROW(Pattern::regex("(a+)+$").matches(std::u32string(60, U'a') + U"b"), Error);
}

TEST(ByteLevel, EveryByteHasACharacterOfItsOwn) {
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(byte_of_char(char_of_byte(static_cast<uint8_t>(byte))), byte);
  }
  EXPECT_EQ(char_of_byte(' '), U'Ġ');
  EXPECT_EQ(byte_of_char(U'♯'), std::nullopt);
}

TEST(ByteLevel, WordsEndWhereThoseOfTheRegularExpressionDo) {
  const Pattern gpt2 = Pattern::regex(
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");
  for (const std::u32string_view text : {U"It's  they'll 'tis 12ab  \n x", U"  a   ",
                                         U"é♯ \u3000 \u3000b\u0085\u0085!", U"'", U" '"}) {
    std::vector<size_t> ends;
    for (const auto& [begin, end] : gpt2.matches(text)) ends.push_back(end);
    EXPECT_EQ(gpt2_word_ends(text), ends);
  }
}

}  // namespace
}  // namespace motet::tokens
