// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/sampler.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>

#include "motet/base/error.h"

namespace motet::generate {
namespace {

struct Candidate {
  int32_t id;
  double weight;  // a probability up to a factor
};

/// e^x for x <= 0 from additions and multiplications only; relative error below 1e-13.
double exp_of_negative(double x) {
  constexpr double kLog2E = 1.4426950408889634;
  constexpr double kLn2 = 0.6931471805599453;
  constexpr int kTerms = 14;
  if (x < -700.0) return 0.0;
  const double whole = std::nearbyint(x * kLog2E);
  const double rest = x - whole * kLn2;
  double sum = 1.0;
  for (int n = kTerms; n >= 1; --n) sum = 1.0 + sum * rest / n;
  return std::ldexp(sum, static_cast<int>(whole));
}

void require(bool holds, const char* field, const char* range, double found) {
  if (holds) return;
  throw Error(ErrorCode::kInvalidArgument,
              std::string(field) + ": expected " + range + ", found " + std::to_string(found));
}

/// The shortest beginning whose weights reach `share` of the whole, which is not empty.
size_t count_reaching(const std::vector<Candidate>& candidates, double share) {
  double total = 0.0;
  for (const Candidate& candidate : candidates) total += candidate.weight;
  double sum = 0.0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    sum += candidates[i].weight;
    if (sum >= share * total) return i + 1;
  }
  return candidates.size();
}

}  // namespace

void SamplingConfig::validate() const {
  require(temperature >= 0.0F && temperature <= 5.0F, "temperature", "0..5", temperature);
  require(top_k >= 0, "top_k", "0 (all) or more", top_k);
  require(top_p > 0.0F && top_p <= 1.0F, "top_p", "above 0 and at most 1", top_p);
  require(min_p >= 0.0F && min_p <= 1.0F, "min_p", "0..1", min_p);
}

int32_t sample(std::span<const float> logits, std::span<const int32_t> heirs,
               const SamplingConfig& config, double uniform) {
  size_t best = logits.size();
  for (size_t id = 0; id < logits.size(); ++id) {
    if (heirs[id] == kForbidden) continue;
    if (best == logits.size() || logits[id] > logits[best]) best = id;
  }
  assert(best < logits.size());
  if (config.temperature == 0.0F) return heirs[best];
  std::vector<double> weights(logits.size(), 0.0);
  for (size_t id = 0; id < logits.size(); ++id) {
    if (heirs[id] == kForbidden) continue;
    const double below = double{logits[id]} - double{logits[best]};
    weights[static_cast<size_t>(heirs[id])] += exp_of_negative(below / config.temperature);
  }
  std::vector<Candidate> candidates;
  for (size_t id = 0; id < logits.size(); ++id) {
    if (heirs[id] == static_cast<int32_t>(id)) candidates.push_back({heirs[id], weights[id]});
  }
  std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.id < b.id;
  });
  if (config.top_k > 0 && candidates.size() > static_cast<size_t>(config.top_k)) {
    candidates.resize(static_cast<size_t>(config.top_k));
  }
  if (config.top_p < 1.0F) candidates.resize(count_reaching(candidates, config.top_p));
  const double least = config.min_p * candidates.front().weight;
  std::erase_if(candidates, [&](const Candidate& c) { return c.weight < least; });
  return candidates[count_reaching(candidates, uniform) - 1].id;
}

}  // namespace motet::generate
