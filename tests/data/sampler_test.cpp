// SPDX-License-Identifier: Apache-2.0
#include "motet/data/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "motet/base/error.h"
#include "motet/data/prepare.h"
#include "motet/data/shard.h"
#include "motet/tokens/tokenizer.h"
#include "motet/trust/hash.h"
#include "tests/data/corpus_folder.h"

namespace motet::data {
namespace {

class SamplerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    corpus_ = new test::TemporaryFolder("sampler-corpus");
    shards_ = new test::TemporaryFolder("sampler-shards");
    test::make_corpus(corpus_->path());
    prepare(corpus_->path(), shards_->path(), {});
  }
  static void TearDownTestSuite() {
    delete corpus_;
    delete shards_;
  }

  static inline test::TemporaryFolder* corpus_ = nullptr;
  static inline test::TemporaryFolder* shards_ = nullptr;
};

TEST_F(SamplerTest, ABatchIsAPureFunctionOfSeedAndStep) {
  const Sampler one(shards_->path(), {.rows = 3, .length = 64, .seed = 5});
  const Sampler two(shards_->path(), {.rows = 3, .length = 64, .seed = 5});
  const Sampler other(shards_->path(), {.rows = 3, .length = 64, .seed = 6});
  (void)one.batch(17);
  EXPECT_EQ(one.batch(3).ids, two.batch(3).ids);
  EXPECT_EQ(one.batch(3).counts, two.batch(3).counts);
  EXPECT_NE(one.batch(3).ids, one.batch(4).ids);
  EXPECT_NE(one.batch(3).ids, other.batch(3).ids);
}

TEST_F(SamplerTest, TheBatchesOfATrainingOnceBegunStayTheSame) {
  const Sampler sampler(shards_->path(), {.rows = 4, .length = 200, .seed = 7});
  std::string all;
  for (uint64_t step = 0; step < 20; ++step) {
    const Batch batch = sampler.batch(step);
    for (const int32_t id : batch.ids) all += std::to_string(id) + " ";
    for (const uint8_t counts : batch.counts) all += counts != 0 ? "+" : "-";
  }
  // Changes with what the key estimate or the token grammar say, and with nothing in this module.
  EXPECT_EQ(trust::sha256(std::string_view(all)),
            "462d3968d7a77ddd5462935f5d40bfcbe17bd204823f1e444f2d671075ea5073");
}

TEST_F(SamplerTest, BatchesHaveTheirShapeAndKnowWhatCounts) {
  const Sampler sampler(shards_->path(), {.rows = 4, .length = 80, .seed = 1});
  for (uint64_t step = 0; step < 50; ++step) {
    const Batch batch = sampler.batch(step);
    ASSERT_EQ(batch.ids.size(), 4U * 81U);
    ASSERT_EQ(batch.counts.size(), 4U * 80U);
    for (size_t row = 0; row < 4; ++row) {
      for (size_t t = 0; t < 80; ++t) {
        const int32_t target = batch.ids[row * 81 + t + 1];
        ASSERT_LT(target, sampler.vocab_size());
        const tokens::Kind kind = tokens::meaning(target).kind;
        const bool given = kind == tokens::Kind::kBegin || kind == tokens::Kind::kGap ||
                           kind == tokens::Kind::kFill || kind == tokens::Kind::kProgram ||
                           kind == tokens::Kind::kStyle;
        if (given) {
          EXPECT_EQ(batch.counts[row * 80 + t], 0) << tokens::name_of(target);
        }
        if (kind == tokens::Kind::kPitch) {
          EXPECT_EQ(batch.counts[row * 80 + t], 1);
        }
      }
    }
  }
}

TEST_F(SamplerTest, AugmentingShowsGapsAndMoreThanTheKeysThatAreThere) {
  std::set<int32_t> plain;
  std::set<int32_t> moved;
  int64_t gaps = 0;
  for (const bool augment : {false, true}) {
    const Sampler sampler(shards_->path(),
                          {.rows = 4, .length = 128, .seed = 1, .augment = augment});
    for (uint64_t step = 0; step < 40; ++step) {
      for (const int32_t id : sampler.batch(step).ids) {
        const tokens::Kind kind = tokens::meaning(id).kind;
        if (kind == tokens::Kind::kKey) (augment ? moved : plain).insert(id);
        gaps += kind == tokens::Kind::kGap ? 1 : 0;
        if (!augment) {
          ASSERT_NE(kind, tokens::Kind::kGap);
        }
      }
    }
  }
  EXPECT_GT(moved.size(), plain.size());
  EXPECT_GT(gaps, 0);
}

TEST_F(SamplerTest, ACurriculumBeginsWithTheFirstPiecesAndEndsWithAll) {
  const SamplerConfig all{.rows = 2, .length = 64, .seed = 3};
  SamplerConfig some = all;
  some.curriculum_steps = 100;
  const Sampler plain(shards_->path(), all);
  const Sampler guided(shards_->path(), some);
  EXPECT_EQ(guided.batch(100).ids, plain.batch(100).ids);
  EXPECT_EQ(guided.batch(1000).ids, plain.batch(1000).ids);
  const std::vector<Shard> shards = open_shards(shards_->path(), "train");
  ASSERT_EQ(shards.size(), 1U);
  ShardWriter first(shards_->path() / "first.only", {"nifc-chopin", 1.0, shards[0].vocab_size()});
  size_t ids = 0;  // the pieces that reach into the first tenth
  for (size_t i = 0; i < shards[0].size() && 10 * ids < shards[0].ids(); ++i) {
    ids += shards[0].piece(i).size();
    first.add(shards[0].piece(i), shards[0].sha256(i), shards[0].fingerprint(i));
  }
  first.finish();
  std::vector<Shard> easy;
  easy.emplace_back(shards_->path() / "first.only");
  std::filesystem::remove(shards_->path() / "first.only");
  std::set<int32_t> may;
  for (size_t i = 0; i < easy[0].size(); ++i) {
    for (const uint16_t id : easy[0].piece(i)) {
      if (tokens::meaning(id).kind == tokens::Kind::kProgram) may.insert(id);
    }
  }
  std::set<int32_t> seen_first;
  std::set<int32_t> seen_last;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    some.seed = seed;
    const Sampler sampler(shards_->path(), some);
    for (const int32_t id : sampler.batch(0).ids) {
      if (tokens::meaning(id).kind == tokens::Kind::kProgram) seen_first.insert(id);
    }
    for (const int32_t id : sampler.batch(100).ids) {
      if (tokens::meaning(id).kind == tokens::Kind::kProgram) seen_last.insert(id);
    }
  }
  EXPECT_TRUE(std::ranges::includes(may, seen_first));
  EXPECT_GT(seen_last.size(), seen_first.size());
}

TEST_F(SamplerTest, OnlyTrainingPiecesAreDrawn) {
  const Sampler sampler(shards_->path(), {.rows = 1, .length = 16, .seed = 1});
  EXPECT_EQ(sampler.pieces(), 6);
  EXPECT_THROW(Sampler(corpus_->path(), {}), Error);
}

}  // namespace
}  // namespace motet::data
