// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "motet/base/progress.h"
#include "motet/data/sampler.h"
#include "motet/models/decoder.h"
#include "motet/train/checkpoint.h"
#include "motet/train/config.h"

namespace motet::train {

/// The batch of a step: a pure function, called from another thread while a step is computed.
/// data::Sampler::batch is one.
using BatchSource = std::function<data::Batch(uint64_t step)>;

struct StepReport {
  int64_t step = 0;    ///< steps done, this one among them
  int64_t tokens = 0;  ///< positions computed
  double loss = 0.0;   ///< nats a counted token, before this step's change
  double learning_rate = 0.0;
  double gradient_norm = 0.0;  ///< before clipping
};

/// A decoder that learns: AdamW over nn/torch.
///
/// First weights: normal with deviation 0.02 from base/random.h, divided by sqrt(2L) for what is
/// written to the residual stream (o, down); gains 1. The same on every machine.
/// source  Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2;
///         Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, section 2.3
class Trainer {
 public:
  /// Throws Error as both configs' validate() and TorchBackend do.
  Trainer(const models::DecoderConfig& decoder, const TrainerConfig& config, BatchSource source);
  ~Trainer();

  const models::DecoderConfig& decoder_config() const noexcept;
  const TrainerConfig& config() const noexcept;
  int64_t steps_done() const noexcept;

  /// One step of the optimiser. Throws Error(kInvalidArgument) when the gradient is no longer
  /// finite, Error(kInvalidFile) for a batch of another size or with ids beyond the vocabulary.
  StepReport step();

  /// Before the first step: learns on from these weights of the same decoder, in the order of
  /// each_tensor, instead of random ones.
  void start_from(const std::vector<NamedValues>& weights);

  Checkpoint checkpoint() const;
  /// Goes on from a checkpoint of the same decoder, bit for bit.
  void restore(const Checkpoint& checkpoint);

  /// What to export: the average of the weights where config.ema_decay asks for one, else the
  /// weights.
  std::vector<NamedValues> weights() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct RunReport {
  StepReport last;
  bool stopped = false;  ///< because progress asked for it; a checkpoint was kept
};

/// Trains until config.steps are done or progress asks to stop. In `folder`: a checkpoint every
/// checkpoint_every steps and at the end, of which the last two are kept, and log.jsonl, a line
/// each log_every steps with step, loss, learning_rate, gradient_norm, tokens_per_second, seconds.
/// Goes on from the newest checkpoint that is there; the log loses what came after it.
/// Throws as Trainer does, Error(kInvalidArgument) when the folder cannot be written.
RunReport run(Trainer& trainer, const std::filesystem::path& folder, const Progress& progress);

}  // namespace motet::train
