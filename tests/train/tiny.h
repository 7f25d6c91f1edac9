// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "motet/train/trainer.h"

namespace motet::train {

/// A decoder that learns in seconds.
inline models::DecoderConfig tiny_decoder() {
  models::DecoderConfig config;
  config.vocab_size = 17;
  config.hidden_size = 32;
  config.intermediate_size = 64;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 4;
  config.num_key_value_heads = 2;
  return config;
}

inline TrainerConfig tiny_trainer() {
  TrainerConfig config;
  config.steps = 6;
  config.rows = 2;
  config.length = 24;
  config.learning_rate = 1e-2;
  config.warmup_steps = 2;
  config.checkpoint_every = 3;
  config.log_every = 1;
  config.threads = 2;
  return config;
}

/// Counts up from a start that depends on step and row: what follows is certain.
inline data::Batch counting_batch(uint64_t step) {
  data::Batch batch{.rows = 2, .length = 24, .ids = {}, .counts = {}};
  for (uint64_t row = 0; row < 2; ++row) {
    for (uint64_t t = 0; t <= 24; ++t) {
      batch.ids.push_back(static_cast<int32_t>((step * 5 + row * 3 + t) % 17));
    }
  }
  batch.counts.assign(48, 1);
  return batch;
}

/// A folder of its own for a test, empty at its start.
inline std::filesystem::path fresh_folder(const std::string& name) {
  const auto folder = std::filesystem::temp_directory_path() / ("motet_train_" + name);
  std::filesystem::remove_all(folder);
  return folder;
}

}  // namespace motet::train
