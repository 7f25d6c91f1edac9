// SPDX-License-Identifier: Apache-2.0
#include "motet/train/trainer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <future>
#include <numbers>
#include <string>
#include <utility>

#include "motet/base/error.h"
#include "motet/base/random.h"
#include "motet/nn/torch/fused.h"
#include "motet/nn/torch/torch_backend.h"
#include "motet/nn/torch/torch_tensor.h"

namespace motet::train {
namespace {

constexpr double kDeviation = 0.02;

/// Normal numbers, two from each step of the generator (Box and Muller, 1958).
std::vector<float> normal_values(const Random& random, size_t count, double deviation) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; i += 2) {
    const double radius = deviation * std::sqrt(-2.0 * std::log(1.0 - random.uniform(i)));
    const double angle = 2.0 * std::numbers::pi * random.uniform(i + 1);
    values[i] = static_cast<float>(radius * std::cos(angle));
    if (i + 1 < count) values[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
  return values;
}

std::vector<float> first_values(const models::DecoderConfig& config, uint64_t seed, uint64_t index,
                                const std::string& name, const nn::Shape& shape) {
  const auto count = static_cast<size_t>(nn::count_of(shape));
  if (shape.size() == 1) return std::vector<float>(count, 1.0F);
  const bool is_residual = name.ends_with("o_proj.weight") || name.ends_with("down_proj.weight");
  const double depth = std::sqrt(2.0 * static_cast<double>(config.num_hidden_layers));
  return normal_values(Random(seed, index), count, kDeviation / (is_residual ? depth : 1.0));
}

nn::HostTensor view_of(const NamedValues& tensor) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(tensor.values.data());
  return {.type = nn::DType::kF32,
          .shape = tensor.shape,
          .bytes = {bytes, tensor.values.size() * sizeof(float)}};
}

/// A tensor of the decoder and what AdamW remembers about it.
struct Learnt {
  std::string name;
  at::Tensor value;
  at::Tensor mean;     // m
  at::Tensor square;   // v
  at::Tensor average;  // undefined where none is kept
};

at::Tensor from_values(const NamedValues& tensor, const at::Tensor& like) {
  auto* data = const_cast<float*>(tensor.values.data());  // from_blob asks; nothing is written
  return at::from_blob(data, tensor.shape, at::kFloat).to(like.device());
}

NamedValues to_values(const std::string& name, const at::Tensor& tensor) {
  const at::Tensor host = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
  const float* data = host.data_ptr<float>();
  return {name, nn::Shape(host.sizes().begin(), host.sizes().end()), {data, data + host.numel()}};
}

}  // namespace

struct Trainer::State {
  State(const models::DecoderConfig& decoder_config, const TrainerConfig& trainer_config,
        BatchSource batches)
      : config(trainer_config),
        source(std::move(batches)),
        backend({.compute = nn::compute_type_of(config.compute),
                 .device = config.device,
                 .threads = static_cast<int>(config.threads)}),
        decoder(decoder_config, first_weights(decoder_config)) {}

  models::DecoderWeights first_weights(const models::DecoderConfig& sizes) {
    models::DecoderWeights weights;
    weights.blocks.resize(static_cast<size_t>(sizes.num_hidden_layers));
    models::each_tensor(
        sizes, weights, [&](const std::string& name, nn::Tensor& tensor, const nn::Shape& shape) {
          const uint64_t index = learnt.size();
          const NamedValues first{name, shape,
                                  first_values(sizes, config.seed, index, name, shape)};
          tensor = backend.parameter(view_of(first));
          at::Tensor value = nn::torch_of(tensor);
          value.set_requires_grad(true);
          const at::Tensor plain = value.detach();
          learnt.push_back({name, value, at::zeros_like(plain), at::zeros_like(plain),
                            config.ema_decay > 0.0 ? plain.clone() : at::Tensor()});
        });
    return weights;
  }

  std::vector<data::Batch> draw(int64_t step) const {
    std::vector<data::Batch> batches;
    for (int64_t i = 0; i < config.accumulate; ++i) {
      batches.push_back(source(static_cast<uint64_t>(step * config.accumulate + i)));
      check(batches.back());
    }
    return batches;
  }

  void check(const data::Batch& batch) const {
    const auto positions = static_cast<size_t>(config.rows * config.length);
    const bool fits = batch.rows == config.rows && batch.length == config.length &&
                      batch.counts.size() == positions &&
                      batch.ids.size() == positions + static_cast<size_t>(config.rows);
    if (!fits) {
      throw Error(ErrorCode::kInvalidFile,
                  "trainer: expected batches of [" + std::to_string(config.rows) + ", " +
                      std::to_string(config.length) + "], found [" + std::to_string(batch.rows) +
                      ", " + std::to_string(batch.length) + "]");
    }
    for (const int32_t id : batch.ids) {
      if (id < 0 || id >= decoder.config().vocab_size) {
        throw Error(ErrorCode::kInvalidFile, "trainer: token id " + std::to_string(id) +
                                                 " is outside the vocabulary of " +
                                                 std::to_string(decoder.config().vocab_size));
      }
    }
  }

  /// The batches of a step, drawn while the step before was computed; begins on the next.
  std::vector<data::Batch> take_batches() {
    std::vector<data::Batch> batches = next.valid() && next_step == done ? next.get() : draw(done);
    next_step = done + 1;
    if (next_step < config.steps) {
      next = std::async(std::launch::async, [this, step = next_step] { return draw(step); });
    }
    return batches;
  }

  double backward(const data::Batch& batch, double total) {
    std::vector<int32_t> inputs;
    std::vector<int64_t> targets;
    for (int64_t row = 0; row < batch.rows; ++row) {
      const int32_t* ids = batch.ids.data() + row * (batch.length + 1);
      const uint8_t* counts = batch.counts.data() + row * batch.length;
      inputs.insert(inputs.end(), ids, ids + batch.length);
      for (int64_t t = 0; t < batch.length; ++t)
        targets.push_back(counts[t] != 0 ? ids[t + 1] : -1);
    }
    const nn::Tensor logits =
        decoder.forward(backend, backend.indices(inputs, batch.rows, batch.length), nullptr);
    const at::Tensor& value = nn::torch_of(logits);
    const int64_t positions = batch.rows * batch.length;
    const at::Tensor wanted =
        at::from_blob(targets.data(), {positions}, at::kLong).clone().to(value.device());
    const at::Tensor loss =
        nn::fused::cross_entropy_sum(value.reshape({positions, value.size(2)}), wanted) / total;
    loss.backward();
    return loss.item<double>();
  }

  double gradient_norm() const {
    std::vector<at::Tensor> squares;
    for (const Learnt& tensor : learnt) squares.push_back(tensor.value.grad().square().sum());
    return std::sqrt(at::stack(squares).to(at::kDouble).sum().item<double>());
  }

  void update(double learning_rate, double gradient_scale) {
    const double n = static_cast<double>(done + 1);
    const double mean_bias = 1.0 - std::pow(config.beta1, n);
    const double square_bias = 1.0 - std::pow(config.beta2, n);
    const double decay = std::min(config.ema_decay, (1.0 + n) / (10.0 + n));  // forgets the start
    for (Learnt& tensor : learnt) {
      at::Tensor value = tensor.value.detach();  // the same numbers, unseen by autograd
      const at::Tensor gradient = tensor.value.grad().mul_(gradient_scale);
      tensor.mean.mul_(config.beta1).add_(gradient, 1.0 - config.beta1);
      tensor.square.mul_(config.beta2).addcmul_(gradient, gradient, 1.0 - config.beta2);
      if (value.dim() > 1) value.mul_(1.0 - learning_rate * config.weight_decay);
      const at::Tensor root = (tensor.square / square_bias).sqrt_().add_(config.epsilon);
      value.addcdiv_(tensor.mean, root, -learning_rate / mean_bias);
      if (tensor.average.defined()) tensor.average.lerp_(value, 1.0 - decay);
      tensor.value.mutable_grad() = at::Tensor();
    }
  }

  TrainerConfig config;
  BatchSource source;
  nn::TorchBackend backend;
  std::vector<Learnt> learnt;  // filled while the decoder below is made
  models::Decoder decoder;
  int64_t done = 0;
  int64_t next_step = -1;
  std::future<std::vector<data::Batch>> next;  // last: it is waited for before the rest goes
};

Trainer::Trainer(const models::DecoderConfig& decoder, const TrainerConfig& config,
                 BatchSource source) {
  config.validate();
  decoder.validate();
  state_ = std::make_unique<State>(decoder, config, std::move(source));
}

Trainer::~Trainer() = default;

const models::DecoderConfig& Trainer::decoder_config() const noexcept {
  return state_->decoder.config();
}
const TrainerConfig& Trainer::config() const noexcept { return state_->config; }
int64_t Trainer::steps_done() const noexcept { return state_->done; }

StepReport Trainer::step() {
  State& state = *state_;
  const std::vector<data::Batch> batches = state.take_batches();
  StepReport report;
  double counted = 0.0;
  for (const data::Batch& batch : batches) {
    counted +=
        static_cast<double>(std::ranges::count_if(batch.counts, [](uint8_t c) { return c; }));
    report.tokens += batch.rows * batch.length;
  }
  for (const data::Batch& batch : batches) {
    report.loss += state.backward(batch, std::max(counted, 1.0));
  }
  report.gradient_norm = state.gradient_norm();
  if (!std::isfinite(report.gradient_norm)) {
    throw Error(ErrorCode::kInvalidArgument,
                "trainer: the gradient of step " + std::to_string(state.done + 1) +
                    " is not finite; a lower learning_rate or more warmup_steps may help");
  }
  const double clip = state.config.clip;
  const bool is_long = clip > 0.0 && report.gradient_norm > clip;
  report.learning_rate = learning_rate_at(state.config, state.done);
  state.update(report.learning_rate, is_long ? clip / report.gradient_norm : 1.0);
  report.step = ++state.done;
  return report;
}

void Trainer::start_from(const std::vector<NamedValues>& weights) {
  if (weights.size() != state_->learnt.size()) {
    throw Error(ErrorCode::kInvalidFile, "trainer: the weights are of another decoder");
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    Learnt& tensor = state_->learnt[i];
    tensor.value.detach().copy_(from_values(weights[i], tensor.value));
    if (tensor.average.defined()) tensor.average.copy_(tensor.value.detach());
  }
}

Checkpoint Trainer::checkpoint() const {
  Checkpoint checkpoint{
      .step = state_->done, .decoder = decoder_config(), .weights = {}, .optimizer = {}};
  for (const Learnt& tensor : state_->learnt) {
    checkpoint.weights.push_back(to_values(tensor.name, tensor.value));
  }
  using Member = at::Tensor Learnt::*;
  for (const auto& [prefix, member] : std::array<std::pair<std::string, Member>, 3>{
           {{"m.", &Learnt::mean}, {"v.", &Learnt::square}, {"ema.", &Learnt::average}}}) {
    for (const Learnt& tensor : state_->learnt) {
      if (!(tensor.*member).defined()) continue;
      checkpoint.optimizer.push_back(to_values(prefix + tensor.name, tensor.*member));
    }
  }
  return checkpoint;
}

void Trainer::restore(const Checkpoint& checkpoint) {
  const size_t count = state_->learnt.size();
  const size_t memories = state_->config.ema_decay > 0.0 ? 3 : 2;
  if (checkpoint.weights.size() != count || checkpoint.optimizer.size() != count * memories) {
    throw Error(ErrorCode::kInvalidFile, "trainer: the checkpoint is of another decoder");
  }
  for (size_t i = 0; i < count; ++i) {
    Learnt& tensor = state_->learnt[i];
    tensor.value.detach().copy_(from_values(checkpoint.weights[i], tensor.value));
    tensor.mean.copy_(from_values(checkpoint.optimizer[i], tensor.mean));
    tensor.square.copy_(from_values(checkpoint.optimizer[count + i], tensor.square));
    if (memories < 3) continue;
    tensor.average.copy_(from_values(checkpoint.optimizer[2 * count + i], tensor.average));
  }
  state_->done = checkpoint.step;
}

std::vector<NamedValues> Trainer::weights() const {
  std::vector<NamedValues> weights;
  for (const Learnt& tensor : state_->learnt) {
    weights.push_back(
        to_values(tensor.name, tensor.average.defined() ? tensor.average : tensor.value));
  }
  return weights;
}

}  // namespace motet::train
