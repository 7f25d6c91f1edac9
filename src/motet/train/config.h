// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace motet::train {

/// How a decoder learns. Nothing here changes what a step computes but by its own meaning: the same
/// settings, data and machine give the same bytes.
struct TrainerConfig {
  int64_t steps = 1000;
  int64_t rows = 8;             ///< B of one micro-batch
  int64_t length = 1024;        ///< T
  int64_t accumulate = 1;       ///< micro-batches a step
  double learning_rate = 2e-3;  ///< at its peak
  int64_t warmup_steps = 100;   ///< linear, from 0
  double min_ratio = 0.02;      ///< the cosine ends at learning_rate * min_ratio
  double weight_decay = 0.1;    ///< decoupled, of matrices only
  double beta1 = 0.9;
  double beta2 = 0.95;
  double epsilon = 1e-8;
  double clip = 1.0;  ///< the longest gradient; 0: any
  double ema_decay =
      0.0;            ///< of an average of the weights, which is then what is exported; 0: none
  uint64_t seed = 1;  ///< of the first weights
  int64_t checkpoint_every = 500;  ///< steps; 0: only at the end and when stopped
  int64_t log_every = 10;          ///< steps
  std::string compute = "f32";     ///< or bf16
  std::string device = "cpu";      ///< or cuda, cuda:0 ...
  int64_t threads = 0;             ///< of LibTorch; 0: its own choice

  /// Throws Error(kInvalidArgument) naming the field and its range.
  void validate() const;
};

/// Calls visit(name, field, help) for each field: flags, --help and checkpoints go through here.
template <typename Config, typename Visit>
void each_field(Config& config, Visit&& visit) {
  visit("steps", config.steps, "optimiser steps in all");
  visit("rows", config.rows, "sequences in a micro-batch");
  visit("length", config.length, "tokens in a sequence");
  visit("accumulate", config.accumulate, "micro-batches a step");
  visit("learning_rate", config.learning_rate, "peak learning rate");
  visit("warmup_steps", config.warmup_steps, "steps of linear warm-up");
  visit("min_ratio", config.min_ratio, "last learning rate / peak");
  visit("weight_decay", config.weight_decay, "decoupled, matrices only");
  visit("beta1", config.beta1, "AdamW: decay of the mean");
  visit("beta2", config.beta2, "AdamW: decay of the square");
  visit("epsilon", config.epsilon, "AdamW: added to the root");
  visit("clip", config.clip, "longest gradient; 0: any");
  visit("ema_decay", config.ema_decay, "average of weights to export; 0: none");
  visit("seed", config.seed, "seed of weights and batches");
  visit("checkpoint_every", config.checkpoint_every, "steps between checkpoints");
  visit("log_every", config.log_every, "steps between lines of log.jsonl");
  visit("compute", config.compute, "f32 or bf16");
  visit("device", config.device, "cpu, cuda or cuda:N");
  visit("threads", config.threads, "threads of LibTorch; 0: its own choice");
}

/// The learning rate of a step, 0 .. steps-1: up a line for warmup_steps, then down half a cosine.
double learning_rate_at(const TrainerConfig& config, int64_t step);

}  // namespace motet::train
