// SPDX-License-Identifier: Apache-2.0
#include "motet/train/trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "tests/train/tiny.h"

namespace motet::train {
namespace {

namespace fs = std::filesystem;

TEST(Trainer, LearnsToCount) {
  TrainerConfig config = tiny_trainer();
  config.steps = 60;
  config.warmup_steps = 5;
  Trainer trainer(tiny_decoder(), config, counting_batch);
  const double first = trainer.step().loss;
  double last = first;
  while (trainer.steps_done() < config.steps) last = trainer.step().loss;
  EXPECT_NEAR(first, std::log(17.0), 0.1);  // it knows nothing
  EXPECT_LT(last, 0.3);
}

TEST(Trainer, Bfloat16LearnsToo) {
  TrainerConfig config = tiny_trainer();
  config.steps = 60;
  config.compute = "bf16";
  Trainer trainer(tiny_decoder(), config, counting_batch);
  double last = 0.0;
  while (trainer.steps_done() < config.steps) last = trainer.step().loss;
  EXPECT_LT(last, 0.4);
}

TEST(Trainer, WhatDoesNotCountIsNotLearnt) {
  const auto source = [](uint64_t step) {
    data::Batch batch = counting_batch(step);
    for (size_t t = 0; t < batch.counts.size(); ++t) {
      if (t % 3 == 0) continue;
      batch.counts[t] = 0;
      batch.ids[t + t / 24 + 1] = 16;  // the target of position t
    }
    return batch;
  };
  const auto other = [&](uint64_t step) {
    data::Batch batch = source(step);
    batch.ids[24] = 3;  // the last target of row 0, which does not count and is no input
    return batch;
  };
  Trainer a(tiny_decoder(), tiny_trainer(), source);
  Trainer b(tiny_decoder(), tiny_trainer(), other);
  EXPECT_EQ(a.step().loss, b.step().loss);
}

TEST(Trainer, TwoHalfBatchesAreOneWholeBatch) {
  TrainerConfig whole = tiny_trainer();
  TrainerConfig halves = whole;
  halves.rows = 1;
  halves.accumulate = 2;
  const auto half_batch = [](uint64_t step) {
    const data::Batch both = counting_batch(step / 2);
    const auto begin = static_cast<std::ptrdiff_t>(step % 2) * 25;
    return data::Batch{.rows = 1,
                       .length = 24,
                       .ids = {both.ids.begin() + begin, both.ids.begin() + begin + 25},
                       .counts = std::vector<uint8_t>(24, 1)};
  };
  Trainer a(tiny_decoder(), whole, counting_batch);
  Trainer b(tiny_decoder(), halves, half_batch);
  for (int i = 0; i < 3; ++i) {
    const StepReport x = a.step();
    const StepReport y = b.step();
    EXPECT_NEAR(x.loss, y.loss, 1e-5);
    EXPECT_NEAR(x.gradient_norm, y.gradient_norm, 1e-4);
    EXPECT_EQ(x.tokens, y.tokens);
  }
}

TEST(Trainer, ResumesBitForBit) {
  for (const double ema_decay : {0.0, 0.9}) {
    TrainerConfig config = tiny_trainer();
    config.ema_decay = ema_decay;
    const fs::path straight = fresh_folder("straight");
    const fs::path broken = fresh_folder("broken");
    Trainer whole(tiny_decoder(), config, counting_batch);
    run(whole, straight, Progress());
    {
      Progress progress;
      Trainer half(tiny_decoder(), config, [&](uint64_t step) {
        if (step >= 3) progress.request_stop();  // asked while the third step is computed
        return counting_batch(step);
      });
      EXPECT_TRUE(run(half, broken, progress).stopped);
      EXPECT_LT(half.steps_done(), config.steps);
    }
    Trainer rest(tiny_decoder(), config, counting_batch);
    EXPECT_FALSE(run(rest, broken, Progress()).stopped);
    for (const char* name : {"model.safetensors", "optimizer.safetensors", "state.txt"}) {
      EXPECT_EQ(read_file(checkpoint_folder(straight, 6) / name),
                read_file(checkpoint_folder(broken, 6) / name))
          << name;
    }
  }
}

TEST(Trainer, AStopKeepsACheckpointAndTheLogTellsNoStepTwice) {
  const fs::path folder = fresh_folder("stop");
  Trainer trainer(tiny_decoder(), tiny_trainer(), counting_batch);
  Progress* stopping = nullptr;
  Progress progress([&](const ProgressEvent& event) {
    if (event.done == 4) stopping->request_stop();
  });
  stopping = &progress;
  const RunReport report = run(trainer, folder, progress);
  EXPECT_TRUE(report.stopped);
  EXPECT_EQ(report.last.step, 4);
  EXPECT_EQ(checkpoints_of(folder).back(), checkpoint_folder(folder, 4));

  fs::remove_all(checkpoint_folder(folder, 4));  // as if it had died: step 3 is the newest
  Trainer again(tiny_decoder(), tiny_trainer(), counting_batch);
  run(again, folder, Progress());
  const std::string log = read_text(folder / "log.jsonl");
  EXPECT_EQ(std::ranges::count(log, '\n'), 6);
  EXPECT_EQ(checkpoints_of(folder).size(), 2U);
}

TEST(Trainer, RefusesIdsBeyondTheVocabulary) {
  Trainer trainer(tiny_decoder(), tiny_trainer(), [](uint64_t step) {
    data::Batch batch = counting_batch(step);
    batch.ids[7] = 17;
    return batch;
  });
  EXPECT_THROW(trainer.step(), Error);
}

TEST(Trainer, RefusesABatchOfAnotherSize) {
  TrainerConfig config = tiny_trainer();
  config.rows = 3;
  Trainer trainer(tiny_decoder(), config, counting_batch);
  EXPECT_THROW(trainer.step(), Error);
}

TEST(TrainerConfig, LearningRateRisesThenFallsToItsShare) {
  TrainerConfig config;
  config.steps = 110;
  config.warmup_steps = 10;
  config.learning_rate = 1.0;
  config.min_ratio = 0.1;
  EXPECT_DOUBLE_EQ(learning_rate_at(config, 0), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate_at(config, 9), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate_at(config, 60), 0.55);
  EXPECT_DOUBLE_EQ(learning_rate_at(config, 110), 0.1);
}

TEST(TrainerConfig, RefusalNamesTheField) {
  TrainerConfig config;
  config.beta2 = 1.0;
  try {
    config.validate();
    FAIL() << "it was accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("beta2"), std::string::npos);
  }
}

}  // namespace
}  // namespace motet::train
