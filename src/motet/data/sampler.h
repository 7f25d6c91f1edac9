// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "motet/data/shard.h"

namespace motet::data {

/// A batch for the trainer: row b predicts ids[b][1..T] from ids[b][0..T-1].
struct Batch {
  int64_t rows = 0;             ///< B
  int64_t length = 0;           ///< T
  std::vector<int32_t> ids;     ///< [B, T + 1]
  std::vector<uint8_t> counts;  ///< [B, T]: 1 where predicting ids[b][t + 1] is part of the loss
};

struct SamplerConfig {
  int64_t rows = 16;
  int64_t length = 1024;
  uint64_t seed = 1;
  bool augment = true;               ///< move some documents to any key, drop controls, make gaps
  std::filesystem::path opt_outs{};  ///< a list as in opt_outs.h; empty: none
  /// Of a curriculum: step 0 draws from the first tenth of every shard, and the part grows in a
  /// line to the whole at this step. 0: none. The shards are ordered by a recipe (recipe.h).
  uint64_t curriculum_steps = 0;
};

/// Draws training batches from shards. Which pieces are in batch `step` is a pure function of
/// (seed, step), so that training resumes bit-exact.
class Sampler {
 public:
  /// Opens all train*.shard files of a folder, and refuses a piece that its manifest.jsonl does not
  /// list for training, that its licence forbids, or that is opted out (see gate.h). Throws
  /// Error(kInvalidFile) or Error(kNotFound).
  Sampler(const std::filesystem::path& folder, const SamplerConfig& config);
  /// Of shards that have passed the gate already (see checked.h); opt_outs is not looked at.
  Sampler(std::vector<Shard> shards, const SamplerConfig& config);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  int64_t vocab_size() const noexcept;
  int64_t pieces() const noexcept;
  Batch batch(uint64_t step) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace motet::data
