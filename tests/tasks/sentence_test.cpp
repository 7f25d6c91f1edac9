// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/sentence.h"

#include <gtest/gtest.h>

namespace motet::tasks {
namespace {

double number(std::string_view text) {
  const Sentence sentence(text);
  const auto found = sentence.number_at(0);
  return found && found->words == sentence.size() ? found->value : -1.0;
}

TEST(Sentence, NumbersAreReadFromDigitsAndWords) {
  EXPECT_EQ(number("16"), 16);
  EXPECT_EQ(number("92.5"), 92.5);
  EXPECT_EQ(number("sixteen"), 16);
  EXPECT_EQ(number("thirty-two"), 32);
  EXPECT_EQ(number("a dozen"), 12);
  EXPECT_EQ(number("one hundred and twenty"), 120);
  EXPECT_EQ(number("a hundred"), 100);
  EXPECT_EQ(number("twenty ten"), -1);
  EXPECT_EQ(number("bars"), -1);
  EXPECT_EQ(number("3/4"), -1);
}

TEST(Sentence, HyphensPartWordsAndSharpsStay) {
  const Sentence sentence("string-quartet in F♯, 3/4");
  ASSERT_EQ(sentence.size(), 5U);
  EXPECT_EQ(sentence.at(3).text, "F#");
  EXPECT_TRUE(sentence.at(4).after_break);
  EXPECT_EQ(sentence.match(0, "string quartet"), 2U);
}

TEST(Sentence, APhraseDoesNotCrossABreak) {
  EXPECT_EQ(Sentence("string, quartet").match(0, "string quartet"), 0U);
}

TEST(Sentence, AQuotationIsOneWordThatMeansNothing) {
  const Sentence sentence("called “A Minor Miracle”");
  ASSERT_EQ(sentence.size(), 2U);
  EXPECT_TRUE(sentence.at(1).is_quoted);
  EXPECT_FALSE(sentence.is_free(1));
}

TEST(Sentence, AClaimedWordIsNotUnderstoodTwice) {
  Sentence sentence("slow waltz");
  sentence.claim(0, 1);
  EXPECT_FALSE(sentence.is(0, {"slow"}));
  EXPECT_EQ(sentence.match(0, "slow waltz"), 0U);
  EXPECT_EQ(sentence.text_of(0, 2), "slow waltz");
}

TEST(Sentence, AnyBytesAreWords) {
  EXPECT_EQ(Sentence("").size(), 0U);
  EXPECT_EQ(Sentence("\"").size(), 0U);
  EXPECT_EQ(Sentence("\xFF\xFE").size(), 1U);
}

}  // namespace
}  // namespace motet::tasks
