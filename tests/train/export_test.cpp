// SPDX-License-Identifier: Apache-2.0
#include "motet/train/export.h"

#include <gtest/gtest.h>

#include <cmath>

#include "motet/base/error.h"
#include "motet/models/bundle.h"
#include "motet/nn/torch/torch_backend.h"
#include "tests/train/tiny.h"

namespace motet::train {
namespace {

TEST(Export, TheModelsReaderOpensWhatTheTrainerWrote) {
  Trainer trainer(tiny_decoder(), tiny_trainer(), counting_batch);
  trainer.step();
  const std::vector<NamedValues> weights = trainer.weights();
  for (const nn::DType type : {nn::DType::kF32, nn::DType::kBF16}) {
    const auto folder = fresh_folder("bundle");
    export_bundle(folder, tiny_decoder(), weights,
                  {.type = type, .bos_token_id = 1, .eos_token_id = 3});
    nn::TorchBackend on({});
    const auto decoder = models::load_decoder(folder, on);
    EXPECT_EQ(decoder->config(), tiny_decoder());
    const std::vector<float> embed = on.to_host(decoder->weights().embed);
    ASSERT_EQ(embed.size(), weights[0].values.size());
    const float allowed = type == nn::DType::kF32 ? 0.0F : 1.0F / 256;  // of 8 bits, half the last
    for (size_t i = 0; i < embed.size(); ++i) {
      EXPECT_LE(std::abs(embed[i] - weights[0].values[i]), allowed * std::abs(embed[i]));
    }
  }
}

TEST(Export, LearningOnFromABundleBeginsWithItsWeights) {
  Trainer taught(tiny_decoder(), tiny_trainer(), counting_batch);
  for (int step = 0; step < 6; ++step) taught.step();
  const auto folder = fresh_folder("start_from");
  export_bundle(folder, tiny_decoder(), taught.weights(),
                {.type = nn::DType::kF32, .bos_token_id = 1, .eos_token_id = 3});
  Trainer fresh(tiny_decoder(), tiny_trainer(), counting_batch);
  Trainer pupil(tiny_decoder(), tiny_trainer(), counting_batch);
  pupil.start_from(read_bundle_weights(folder, tiny_decoder()));
  EXPECT_EQ(pupil.weights().front().values, taught.weights().front().values);
  EXPECT_LT(pupil.step().loss, 0.9 * fresh.step().loss);
}

TEST(Export, ABundleOfAnotherShapeNamesTheTensor) {
  Trainer trainer(tiny_decoder(), tiny_trainer(), counting_batch);
  const auto folder = fresh_folder("start_from_other");
  export_bundle(folder, tiny_decoder(), trainer.weights(),
                {.type = nn::DType::kBF16, .bos_token_id = 1, .eos_token_id = 3});
  EXPECT_EQ(read_bundle_weights(folder, tiny_decoder()).size(), trainer.weights().size());
  models::DecoderConfig wider = tiny_decoder();
  wider.intermediate_size = 96;
  try {
    read_bundle_weights(folder, wider);
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("[96, 32]"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace motet::train
