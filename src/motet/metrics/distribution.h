// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace motet {

/// One set of numbers, in short.
struct Summary {
  size_t count = 0;
  double mean = 0.0;
  double standard_deviation = 0.0;  ///< divisor count - 1; 0 for fewer than two values
  double minimum = 0.0;
  double first_quartile = 0.0;  ///< between order statistics, linearly: (n - 1) p from the lowest
  double median = 0.0;
  double third_quartile = 0.0;
  double maximum = 0.0;
};

/// All 0 for no values. Quantiles are Hyndman and Fan's type 7, which numpy uses.
Summary summarise(std::span<const double> values);

/// How far two sets of numbers come from the same distribution: the integral of the smaller of
/// their densities, 0 (disjoint) .. 1 (the same). Densities are Gaussian kernel estimates with
/// Scott's bandwidth, standard deviation * count^(-1/5).
///
/// Integrates over the whole line. The original stops at the smallest and largest value, so that
/// a set would not even overlap itself by 1.
/// returns  nothing when a set has fewer than two values; a set without spread is a point, which
///          overlaps an equal point by 1 and all else by 0
/// source   Yang and Lerch, "On the evaluation of generative models in music", Neural Computing
///          and Applications 32, 2020, section 4.2
std::optional<double> overlap_area(std::span<const double> a, std::span<const double> b);

}  // namespace motet
