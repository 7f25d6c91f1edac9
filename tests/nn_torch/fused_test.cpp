// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/torch/fused.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include "tests/support/expect_close.h"
#include "tests/support/random_floats.h"

namespace motet::nn {
namespace {

using Tensors = std::vector<at::Tensor>;
using Operation = std::function<at::Tensor(const Tensors&)>;

at::Tensor random(at::IntArrayRef shape, uint64_t seed) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  auto floats = test::random_floats(static_cast<size_t>(count), seed);
  return at::from_blob(floats.data(), shape, at::kFloat).clone();
}

std::span<const float> floats_of(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<size_t>(tensor.numel())};
}

/// The result, then the gradient of sum(result * weights) for each input.
Tensors run(const Operation& operation, const Tensors& inputs, at::ScalarType type) {
  Tensors leaves;
  Tensors cast;
  for (const at::Tensor& input : inputs) {
    leaves.push_back(input.clone().set_requires_grad(true));
    cast.push_back(leaves.back().to(type));
  }
  const at::Tensor y = operation(cast).to(at::kFloat).contiguous();
  (y * random(y.sizes(), 99)).sum().backward();
  Tensors results{y.detach()};
  for (const at::Tensor& leaf : leaves) results.push_back(leaf.grad().contiguous());
  return results;
}

/// The fused operation and the one composed of LibTorch's agree, forward and backward.
void expect_same(const Operation& fused, const Operation& composed, const Tensors& inputs) {
  const Tensors expected = run(composed, inputs, at::kFloat);
  const Tensors actual = run(fused, inputs, at::kFloat);
  const Tensors rough = run(fused, inputs, at::kBFloat16);
  for (size_t i = 0; i < expected.size(); ++i) {
    SCOPED_TRACE(i == 0 ? "result" : "gradient " + std::to_string(i));
    test::expect_close(floats_of(actual[i]), floats_of(expected[i]), 1e-5, 2e-5);
    const double size = expected[i].abs().max().item<double>();
    test::expect_close(floats_of(rough[i]), floats_of(expected[i]), 0.03, 0.03 * size);  // 8 bits
  }
}

TEST(Fused, RmsNormAgreesWithItsFormula) {
  for (const int64_t width : {1, 7, 16, 33, 256}) {
    SCOPED_TRACE(width);
    const auto composed = [](const Tensors& in) {
      return in[0] * (in[0].square().mean(-1, true) + 1e-5).rsqrt() * in[1];
    };
    const auto fused = [](const Tensors& in) {
      return fused::rms_norm(in[0].to(at::kFloat), in[1].to(at::kFloat), 1e-5, in[0].scalar_type());
    };
    expect_same(fused, composed, {random({3, 50, width}, 1), random({width}, 2)});
  }
}

TEST(Fused, SwigluAgreesWithItsFormula) {
  const auto composed = [](const Tensors& in) { return in[0] * at::sigmoid(in[0]) * in[1]; };
  const auto fused = [](const Tensors& in) { return fused::swiglu(in[0], in[1]); };
  expect_same(fused, composed, {random({2, 5, 77}, 1) * 8, random({2, 5, 77}, 2)});
}

TEST(Fused, RopeAgreesWithItsFormula) {
  constexpr int64_t kHalf = 6;
  const at::Tensor angle = random({9, kHalf}, 3);
  const at::Tensor cosine = angle.cos();
  const at::Tensor sine = angle.sin();
  const auto composed = [&](const Tensors& in) {
    const at::Tensor x = in[0].view({2, 9, 3, 2 * kHalf});
    const at::Tensor a = x.narrow(3, 0, kHalf);
    const at::Tensor b = x.narrow(3, kHalf, kHalf);
    const at::Tensor c = cosine.unsqueeze(1);
    const at::Tensor s = sine.unsqueeze(1);
    return at::cat({a * c - b * s, b * c + a * s}, 3).view(in[0].sizes());
  };
  const auto fused = [&](const Tensors& in) { return fused::rope(in[0], cosine, sine); };
  expect_same(fused, composed, {random({2, 9, 3 * 2 * kHalf}, 1)});
}

TEST(Fused, CrossEntropyAgreesWithItsFormulaAndSkipsWhatDoesNotCount) {
  const std::vector<int64_t> chosen{0, -1, 36, 5, -1, 17};
  const at::Tensor targets = at::tensor(chosen, at::kLong);
  const auto composed = [&](const Tensors& in) {
    const at::Tensor logs = at::log_softmax(in[0], -1);
    at::Tensor loss = at::zeros({});
    for (size_t row = 0; row < chosen.size(); ++row) {
      if (chosen[row] >= 0) loss = loss - logs[static_cast<int64_t>(row)][chosen[row]];
    }
    return loss.view({1});
  };
  const auto fused = [&](const Tensors& in) {
    return fused::cross_entropy_sum(in[0], targets).view({1});
  };
  expect_same(fused, composed, {random({6, 37}, 1) * 5});
}

TEST(Fused, CrossEntropyHoldsForLogitsFarOut) {
  const at::Tensor logits = at::tensor(std::vector<float>{1000.0F, -1000.0F, 999.0F}).view({1, 3});
  const at::Tensor targets = at::tensor(std::vector<int64_t>{2}, at::kLong);
  const auto loss = fused::cross_entropy_sum(logits, targets).item<double>();
  EXPECT_NEAR(loss, 1.0 + std::log1p(std::exp(-1.0)), 1e-3);  // float32 near 1000
}

}  // namespace
}  // namespace motet::nn
