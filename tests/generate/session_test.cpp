// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/session.h"

#include <gtest/gtest.h>

#include "motet/base/threads.h"
#include "motet/nn/cpu/cpu_backend.h"
#include "tests/generate/plans.h"

namespace motet::generate {
namespace {

using tokens::GridPiece;

/// A decoder with random weights: it knows no music, but it runs.
class SessionTest : public ::testing::Test {
 protected:
  SessionTest() : decoder_(make_decoder(on_, 96)) {}

  static models::Decoder make_decoder(nn::Backend& on, int64_t window) {
    models::DecoderConfig config{.vocab_size = tokens::vocabulary_size(),
                                 .hidden_size = 16,
                                 .intermediate_size = 32,
                                 .num_hidden_layers = 1,
                                 .num_attention_heads = 2,
                                 .num_key_value_heads = 1,
                                 .max_position_embeddings = window};
    models::DecoderWeights weights;
    weights.blocks.resize(1);
    uint64_t stream = 0;
    models::each_tensor(
        config, weights, [&](const std::string&, nn::Tensor& tensor, const nn::Shape& shape) {
          const Random random(1, stream++);
          std::vector<float> values(static_cast<size_t>(nn::count_of(shape)));
          for (size_t i = 0; i < values.size(); ++i) {
            values[i] = static_cast<float>(random.uniform(i) - 0.5);
          }
          tensor =
              on.parameter({nn::DType::kF32,
                            shape,
                            {reinterpret_cast<const uint8_t*>(values.data()), 4 * values.size()}});
        });
    return {config, weights};
  }

  ThreadPool pool_{1};
  nn::CpuBackend on_{pool_};
  models::Decoder decoder_;
};

TEST_F(SessionTest, TheSameSeedGivesTheSamePieceWithAnyNumberOfThreads) {
  ThreadPool pool(3);
  nn::CpuBackend other(pool);
  const models::Decoder decoder = make_decoder(other, 96);
  const Plan plan = test::random_plan(4);
  const auto one = write(plan, decoder_, on_, {.seed = 7}, {});
  EXPECT_EQ(one.piece, write(plan, decoder, other, {.seed = 7}, {}).piece);
  EXPECT_NE(one.piece, write(plan, decoder_, on_, {.seed = 8}, {}).piece);
}

TEST_F(SessionTest, PiecesThatOutgrowTheWindowAreStillComplete) {
  Plan plan = test::random_plan(5);
  plan.frame.bars.resize(60, plan.frame.bars.front());
  const WriteResult result = write(plan, decoder_, on_, {.seed = 1}, {});
  EXPECT_EQ(result.piece.bars.size(), 60U);
  EXPECT_GT(result.tokens, 96) << "the test must outgrow the window";
  EXPECT_FALSE(result.piece.bars.back().cells.empty());
}

TEST_F(SessionTest, FillingLeavesLockedCellsAsTheyWere) {
  Plan plan = test::random_plan(5);
  plan.frame.bars.resize(12, plan.frame.bars.front());
  plan.frame = write(plan, decoder_, on_, {.seed = 1}, {}).piece;
  const GridPiece before = plan.frame;
  plan.given = before.bars.size();
  for (size_t bar = 4; bar < 8; ++bar) {
    for (tokens::Cell& cell : plan.frame.bars[bar].cells) cell = {.gap = true, .notes = {}};
  }
  const GridPiece after = write(plan, decoder_, on_, {.seed = 2}, {}).piece;
  ASSERT_EQ(after.bars.size(), before.bars.size());
  for (size_t bar = 0; bar < before.bars.size(); ++bar) {
    if (bar < 4 || bar >= 8) {
      EXPECT_EQ(after.bars[bar], before.bars[bar]) << bar;
    }
  }
  EXPECT_TRUE(tokens::gaps_of(after).empty());
}

TEST_F(SessionTest, AStopKeepsTheBarsWrittenUntilThen) {
  Plan plan = test::random_plan(5);
  plan.frame.bars.resize(12, plan.frame.bars.front());
  Progress* self = nullptr;
  Progress progress([&](const ProgressEvent& event) {
    if (event.done == 3) self->request_stop();
  });
  self = &progress;
  const WriteResult result = write(plan, decoder_, on_, {.seed = 1}, progress);
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(result.piece.bars.size(), 3U);
}

}  // namespace
}  // namespace motet::generate
