// SPDX-License-Identifier: Apache-2.0
#include "motet/metrics/distribution.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace motet {
namespace {

constexpr size_t kIntervals = 4000;      // of the integral; even. Errs below 1e-5 on smooth sets
constexpr double kTailBandwidths = 6.0;  // a Gaussian beyond holds 1e-9

// sorted is not empty; 0 <= p <= 1.
double quantile(const std::vector<double>& sorted, double p) {
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  const double fraction = place - static_cast<double>(below);
  return sorted[below] + fraction * (sorted[above] - sorted[below]);
}

class KernelDensity {
 public:
  KernelDensity(std::span<const double> values, double bandwidth)
      : sorted_(values.begin(), values.end()), bandwidth_(bandwidth) {
    std::sort(sorted_.begin(), sorted_.end());
  }

  double low() const { return sorted_.front() - kTailBandwidths * bandwidth_; }
  double high() const { return sorted_.back() + kTailBandwidths * bandwidth_; }

  double at(double x) const {
    const double reach = kTailBandwidths * bandwidth_;
    auto value = std::lower_bound(sorted_.begin(), sorted_.end(), x - reach);
    double sum = 0.0;
    for (; value != sorted_.end() && *value <= x + reach; ++value) {
      const double z = (x - *value) / bandwidth_;
      sum += std::exp(-0.5 * z * z);
    }
    const double scale = bandwidth_ * std::sqrt(2.0 * std::numbers::pi);
    return sum / (scale * static_cast<double>(sorted_.size()));
  }

 private:
  std::vector<double> sorted_;
  double bandwidth_;
};

double scott_bandwidth(const Summary& summary) {
  return summary.standard_deviation * std::pow(static_cast<double>(summary.count), -0.2);
}

}  // namespace

Summary summarise(std::span<const double> values) {
  Summary summary;
  if (values.empty()) return summary;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const auto count = static_cast<double>(sorted.size());
  summary.count = sorted.size();
  for (const double value : sorted) summary.mean += value / count;
  double squares = 0.0;
  for (const double value : sorted) squares += (value - summary.mean) * (value - summary.mean);
  if (sorted.size() > 1) summary.standard_deviation = std::sqrt(squares / (count - 1.0));
  summary.minimum = sorted.front();
  summary.first_quartile = quantile(sorted, 0.25);
  summary.median = quantile(sorted, 0.5);
  summary.third_quartile = quantile(sorted, 0.75);
  summary.maximum = sorted.back();
  return summary;
}

std::optional<double> overlap_area(std::span<const double> a, std::span<const double> b) {
  if (a.size() < 2 || b.size() < 2) return std::nullopt;
  const Summary of_a = summarise(a);
  const Summary of_b = summarise(b);
  const bool a_is_point = of_a.minimum == of_a.maximum;
  const bool b_is_point = of_b.minimum == of_b.maximum;
  if (a_is_point && b_is_point) return of_a.minimum == of_b.minimum ? 1.0 : 0.0;
  if (a_is_point || b_is_point) return 0.0;
  const KernelDensity p(a, scott_bandwidth(of_a));
  const KernelDensity q(b, scott_bandwidth(of_b));
  // Where one density is nothing, so is the smaller: integrate where both reach.
  const double low = std::max(p.low(), q.low());
  const double high = std::min(p.high(), q.high());
  if (low >= high) return 0.0;
  const double step = (high - low) / static_cast<double>(kIntervals);
  double sum = 0.0;
  for (size_t i = 0; i <= kIntervals; ++i) {
    const double x = low + step * static_cast<double>(i);
    const double ends = i == 0 || i == kIntervals ? 0.5 : 1.0;
    sum += ends * std::min(p.at(x), q.at(x));
  }
  return std::min(1.0, sum * step);
}

}  // namespace motet
