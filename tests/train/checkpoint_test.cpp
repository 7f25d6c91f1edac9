// SPDX-License-Identifier: Apache-2.0
#include "motet/train/checkpoint.h"

#include <gtest/gtest.h>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "tests/train/tiny.h"

namespace motet::train {
namespace {

namespace fs = std::filesystem;

Checkpoint some_checkpoint() {
  Trainer trainer(tiny_decoder(), tiny_trainer(), counting_batch);
  trainer.step();
  return trainer.checkpoint();
}

std::string refusal(const fs::path& folder, const models::DecoderConfig& decoder) {
  try {
    read_checkpoint(folder, decoder, false);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Checkpoint, ComesBackAsItWent) {
  const fs::path folder = fresh_folder("checkpoint");
  const Checkpoint written = some_checkpoint();
  write_checkpoint(folder, written);
  const Checkpoint read = read_checkpoint(folder, tiny_decoder(), false);
  EXPECT_EQ(read.step, 1);
  ASSERT_EQ(read.weights.size(), written.weights.size());
  ASSERT_EQ(read.optimizer.size(), written.optimizer.size());
  for (size_t i = 0; i < read.weights.size(); ++i) {
    EXPECT_EQ(read.weights[i].name, written.weights[i].name);
    EXPECT_EQ(read.weights[i].values, written.weights[i].values);
  }
  for (size_t i = 0; i < read.optimizer.size(); ++i) {
    EXPECT_EQ(read.optimizer[i].values, written.optimizer[i].values);
  }
}

TEST(Checkpoint, AnotherDecoderIsRefusedByFieldAndBothValues) {
  const fs::path folder = fresh_folder("other");
  write_checkpoint(folder, some_checkpoint());
  models::DecoderConfig other = tiny_decoder();
  other.hidden_size = 64;
  const std::string message = refusal(folder, other);
  EXPECT_NE(message.find("hidden_size: expected 64, found 32"), std::string::npos) << message;
}

TEST(Checkpoint, ACutFileIsRefused) {
  const fs::path folder = fresh_folder("cut");
  write_checkpoint(folder, some_checkpoint());
  Bytes bytes = read_file(folder / "model.safetensors");
  for (const size_t size : {bytes.size() - 1, size_t{100}, size_t{3}}) {
    bytes.resize(size);
    write_file(folder / "model.safetensors", ByteView(bytes));
    EXPECT_FALSE(refusal(folder, tiny_decoder()).empty()) << size;
  }
}

TEST(Checkpoint, AHalfWrittenOneIsNotSeen) {
  const fs::path run = fresh_folder("half");
  write_checkpoint(checkpoint_folder(run, 3), some_checkpoint());
  fs::create_directories(run / "step-0000009");  // no state.txt
  fs::create_directories(run / "step-0000012.half");
  write_file(run / "step-0000012.half" / "state.txt", "step 12\n");
  EXPECT_EQ(checkpoints_of(run), std::vector<fs::path>{checkpoint_folder(run, 3)});
}

}  // namespace
}  // namespace motet::train
