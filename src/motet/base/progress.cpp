// SPDX-License-Identifier: Apache-2.0
#include "motet/base/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace motet {
namespace {

constexpr int kNarrowestBar = 8;
constexpr int kWidestBar = 40;
constexpr std::string_view kGap = "  ";

/// "3.2/s", or "12 s each" when it is slow.
std::string rate_text(double units_per_second) {
  char text[48];
  if (units_per_second >= 0.1) {
    const int decimals = units_per_second < 100.0 ? 1 : 0;
    std::snprintf(text, sizeof text, "%.*f/s", decimals, units_per_second);
  } else {
    std::snprintf(text, sizeof text, "%.0f s each", 1.0 / units_per_second);
  }
  return text;
}

/// "02:40" or "1:02:40".
std::string clock_text(double seconds) {
  constexpr double kLongest = 359'999.0;
  const int whole = static_cast<int>(std::lround(std::clamp(seconds, 0.0, kLongest)));
  char text[48];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%02d:%02d", whole / 60, whole % 60);
  }
  return text;
}

std::string bar_text(double share, int width) {
  const int full = static_cast<int>(std::floor(share * width));
  return "[" + std::string(static_cast<size_t>(full), '#') +
         std::string(static_cast<size_t>(width - full), '.') + "]";
}

/// Everything that follows the bar.
std::string figures_of(const ProgressEvent& event, double elapsed_seconds) {
  std::string text(kGap);
  text += std::to_string(event.done);
  if (event.total > 0) {
    text += "/" + std::to_string(event.total) + std::string(kGap);
    text +=
        std::to_string(100 * std::clamp<int64_t>(event.done, 0, event.total) / event.total) + "%";
  }
  if (event.done > 0 && elapsed_seconds > 0.0) {
    const double rate = static_cast<double>(event.done) / elapsed_seconds;
    text += std::string(kGap) + rate_text(rate);
    if (event.total > event.done) {
      const double left = static_cast<double>(event.total - event.done) / rate;
      text += std::string(kGap) + clock_text(left) + " left";
    }
  }
  if (!event.detail.empty()) text += std::string(kGap) + event.detail;
  return text;
}

}  // namespace

std::string progress_line(const ProgressEvent& event, double elapsed_seconds, int columns) {
  const std::string figures = figures_of(event, elapsed_seconds);
  std::string line = event.stage;
  const int brackets_and_gap = 4;
  const int room = columns - static_cast<int>(line.size() + figures.size()) - brackets_and_gap;
  if (event.total > 0 && room >= kNarrowestBar) {
    const double share = static_cast<double>(std::clamp<int64_t>(event.done, 0, event.total)) /
                         static_cast<double>(event.total);
    line += std::string(kGap) + bar_text(share, std::min(room, kWidestBar));
  }
  line += figures;
  if (columns > 0 && line.size() > static_cast<size_t>(columns)) {
    line.resize(static_cast<size_t>(columns));
  }
  return line;
}

}  // namespace motet
