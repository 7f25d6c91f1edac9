// SPDX-License-Identifier: Apache-2.0
#include "motet/train/config.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "motet/base/error.h"

namespace motet::train {
namespace {

void require(bool holds, const std::string& sentence) {
  if (!holds) throw Error(ErrorCode::kInvalidArgument, "trainer: " + sentence);
}

}  // namespace

void TrainerConfig::validate() const {
  require(steps >= 1, "steps must be at least 1");
  require(rows >= 1 && rows <= 65'536, "rows must be in 1..65536");
  require(length >= 1 && length <= 1 << 20, "length must be in 1..1048576");
  require(accumulate >= 1, "accumulate must be at least 1");
  require(learning_rate > 0.0 && learning_rate < 10.0, "learning_rate must be in (0, 10)");
  require(warmup_steps >= 0, "warmup_steps must be at least 0");
  require(min_ratio >= 0.0 && min_ratio <= 1.0, "min_ratio must be in [0, 1]");
  require(weight_decay >= 0.0 && weight_decay < 10.0, "weight_decay must be in [0, 10)");
  require(beta1 >= 0.0 && beta1 < 1.0, "beta1 must be in [0, 1)");
  require(beta2 >= 0.0 && beta2 < 1.0, "beta2 must be in [0, 1)");
  require(epsilon > 0.0, "epsilon must be positive");
  require(clip >= 0.0, "clip must be at least 0");
  require(ema_decay >= 0.0 && ema_decay < 1.0, "ema_decay must be in [0, 1)");
  require(checkpoint_every >= 0, "checkpoint_every must be at least 0");
  require(log_every >= 1, "log_every must be at least 1");
  require(threads >= 0 && threads <= 1024, "threads must be in 0..1024");
}

double learning_rate_at(const TrainerConfig& config, int64_t step) {
  if (step < config.warmup_steps) {
    return config.learning_rate * static_cast<double>(step + 1) /
           static_cast<double>(config.warmup_steps);
  }
  const auto length = static_cast<double>(std::max<int64_t>(1, config.steps - config.warmup_steps));
  const double along = std::min(1.0, static_cast<double>(step - config.warmup_steps) / length);
  const double cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * along));
  return config.learning_rate * (config.min_ratio + (1.0 - config.min_ratio) * cosine);
}

}  // namespace motet::train
