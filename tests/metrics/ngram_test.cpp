// SPDX-License-Identifier: Apache-2.0
#include "motet/metrics/ngram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/random.h"

namespace motet {
namespace {

using Ids = std::vector<int32_t>;

double probability(const NgramModel& model, const Ids& context, int32_t next) {
  return std::exp2(model.log2_probability(context, next));
}

// A source in which the two ids before decide: their sum mod 7, or with one chance in five any id.
Ids markov_source(uint64_t stream, size_t length) {
  const Random random(42, stream);
  Ids ids = {1, 2};
  for (size_t i = 2; i < length; ++i) {
    const bool strays = random.below(5, 2 * i) == 0;
    const auto any = static_cast<int32_t>(random.below(7, 2 * i + 1));
    ids.push_back(strays ? any : (ids[i - 1] + ids[i - 2]) % 7);
  }
  return ids;
}

TEST(NgramModel, UnigramAddsOne) {
  NgramModel model(1, 3);
  model.add(Ids{0, 0, 1});
  model.finish();
  EXPECT_NEAR(probability(model, {}, 0), 3.0 / 6.0, 1e-12);
  EXPECT_NEAR(probability(model, {2, 2}, 1), 2.0 / 6.0, 1e-12);
  EXPECT_NEAR(probability(model, {}, 2), 1.0 / 6.0, 1e-12);
}

TEST(NgramModel, BigramAgreesWithKneserNeyByHand) {
  // Bigrams: start-0 three times, 0-1 twice, 0-2 once; so Y = 1/3, D1 = 1/3, D2 = 1, D3 = 1/2
  // (nothing occurs four times). Every id follows one different id, so below all have 1/3.
  NgramModel model(2, 3);
  for (const Ids& ids : {Ids{0, 1}, Ids{0, 1}, Ids{0, 2}}) model.add(ids);
  model.finish();
  EXPECT_NEAR(probability(model, {0}, 1), 13.0 / 27.0, 1e-12);
  EXPECT_NEAR(probability(model, {0}, 2), 10.0 / 27.0, 1e-12);
  EXPECT_NEAR(probability(model, {0}, 0), 4.0 / 27.0, 1e-12);
  EXPECT_NEAR(probability(model, {}, 0), 8.0 / 9.0, 1e-12);
}

TEST(NgramModel, LowerOrderCountsDifferentNeighboursNotOccurrences) {
  // 2 occurs often, but after 1 only; 3 occurs less often, but after 0, 2 and 4.
  NgramModel model(2, 6);
  for (int i = 0; i < 20; ++i) model.add(Ids{1, 2});
  for (const int32_t before : {0, 2, 4}) model.add(Ids{before, 3});
  model.finish();
  EXPECT_GT(probability(model, {5}, 3), probability(model, {5}, 2));
}

TEST(NgramModel, ProbabilitiesSumToOneAfterAnyContext) {
  for (const int order : {1, 2, 3, 5, 8}) {
    NgramModel model(order, 11);
    for (uint64_t i = 0; i < 20; ++i) model.add(markov_source(i, 50 + i));
    model.finish();
    const Random random(7, 7);
    uint64_t step = 0;
    for (int trial = 0; trial < 200; ++trial) {
      Ids context;
      for (uint64_t n = random.below(10, step++); n > 0; --n) {
        context.push_back(static_cast<int32_t>(random.below(11, step++)));
      }
      double sum = 0.0;
      for (int32_t next = 0; next < 11; ++next) {
        const double p = probability(model, context, next);
        EXPECT_GT(p, 0.0);
        sum += p;
      }
      EXPECT_NEAR(sum, 1.0, 1e-9) << "order " << order;
    }
  }
}

TEST(NgramModel, HigherOrderPredictsAMarkovSourceBetter) {
  const Ids held_out = markov_source(99, 5000);
  std::vector<double> bits;
  for (const int order : {1, 2, 3, 5}) {
    NgramModel model(order, 7);
    model.add(markov_source(1, 20'000));
    model.finish();
    bits.push_back(model.bits_of(held_out) / static_cast<double>(held_out.size()));
  }
  // The source's own entropy: one id with 0.8 + 0.2 / 7, six with 0.2 / 7.
  const double most = 0.8 + 0.2 / 7.0;
  const double few = 0.2 / 7.0;
  const double entropy = -most * std::log2(most) - 6.0 * few * std::log2(few);
  EXPECT_NEAR(bits[0], std::log2(7.0), 0.02);  // one id alone says nothing
  EXPECT_LT(bits[2], bits[1] - 0.5);           // two before say all
  EXPECT_NEAR(bits[2], entropy, 0.05);
  EXPECT_LT(bits[3], bits[1] - 0.5);  // more do not harm much
}

TEST(NgramModel, UnseenContextBacksOffToTheKnownPartOfIt) {
  NgramModel model(3, 10);
  model.add(markov_source(1, 2000));  // ids 0 .. 6
  model.finish();
  for (int32_t next = 0; next < 10; ++next) {
    EXPECT_EQ(probability(model, {8, 3}, next), probability(model, {9, 3}, next));
    EXPECT_NE(probability(model, {2, 3}, next), probability(model, {9, 3}, next));
  }
}

TEST(NgramModel, KnowsTheStartOfASequence) {
  NgramModel model(3, 4);
  for (int i = 0; i < 10; ++i) model.add(Ids{0, 1, 2, 1, 2, 1, 2});
  model.finish();
  EXPECT_GT(probability(model, {}, 0), 0.8);
  EXPECT_LT(probability(model, {2, 1}, 0), 0.1);
  EXPECT_GT(probability(model, {0}, 1), 0.8);
}

TEST(NgramModel, IsUniformBeforeItHasSeenAnything) {
  NgramModel model(4, 8);
  model.finish();
  EXPECT_NEAR(probability(model, {1, 2, 3}, 4), 1.0 / 8.0, 1e-12);
}

TEST(NgramModel, BitsAreTheSumOverTheSequence) {
  NgramModel model(2, 3);
  for (const Ids& ids : {Ids{0, 1}, Ids{0, 1}, Ids{0, 2}}) model.add(ids);
  model.finish();
  EXPECT_NEAR(model.bits_of(Ids{0, 1}), -std::log2(8.0 / 9.0) - std::log2(13.0 / 27.0), 1e-12);
  EXPECT_EQ(model.bits_of({}), 0.0);
}

TEST(NgramModel, RefusesWhatItCannotCount) {
  EXPECT_THROW(NgramModel(0, 10), Error);
  EXPECT_THROW(NgramModel(9, 10), Error);
  EXPECT_THROW(NgramModel(3, 0), Error);
  NgramModel model(3, 10);
  EXPECT_THROW(model.add(Ids{1, 10}), Error);
  EXPECT_THROW(model.add(Ids{-1}), Error);
  EXPECT_EQ(model.count_ngrams(), 0U);  // a refused sequence is not half counted
}

TEST(CountTable, KeepsEveryKeyWhileItGrows) {
  CountTable table;
  for (uint64_t key = 0; key < 100'000; ++key) table[key * key] += static_cast<uint32_t>(key);
  EXPECT_EQ(table.size(), 100'000U);
  for (uint64_t key = 0; key < 100'000; ++key) {
    const uint32_t* value = table.find(key * key);
    ASSERT_NE(value, nullptr);
    EXPECT_EQ(*value, key);
  }
  EXPECT_EQ(table.find(3), nullptr);
}

}  // namespace
}  // namespace motet
