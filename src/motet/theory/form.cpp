// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/form.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace motet {
namespace {

constexpr size_t kQuarters = 4;   // of a bar, for pitch
constexpr size_t kPlaces = 16;    // of a bar, for rhythm
constexpr double kSame = 0.86;    // mean similarity of sections with one letter
constexpr double kVariant = 0.7;  // ... of variants

// A bar as two unit vectors, or nothing where nothing sounds.
struct BarShape {
  static constexpr size_t kTones = kQuarters * 12;
  std::array<float, kTones + kPlaces> values{};  // pitch, then rhythm
  bool has_tones = false;
  bool has_rhythm = false;
};

bool normalise(float* values, size_t n) {
  double squares = 0.0;
  for (size_t i = 0; i < n; ++i) squares += double{values[i]} * values[i];
  if (squares <= 0.0) return false;
  const auto scale = static_cast<float>(1.0 / std::sqrt(squares));
  for (size_t i = 0; i < n; ++i) values[i] *= scale;
  return true;
}

std::vector<BarShape> shapes_of(const Score& score, const std::vector<Bar>& bars) {
  std::vector<BarShape> shapes(bars.size());
  if (bars.empty()) return shapes;
  for (const Part& part : score.parts) {
    if (part.notes.empty()) continue;
    auto bar = bars.begin();
    for (const Note& note : part.notes) {
      if (std::next(bar) != bars.end() && std::next(bar)->begin <= note.onset) {
        bar = std::prev(std::upper_bound(bar, bars.end(), note.onset,
                                         [](Ticks t, const Bar& b) { return t < b.begin; }));
      }
      BarShape& shape = shapes[static_cast<size_t>(bar - bars.begin())];
      const double place = static_cast<double>((note.onset - bar->begin).value) /
                           static_cast<double>(std::max<int64_t>(1, bar->length.value));
      const double within = std::clamp(place, 0.0, 0.999);
      shape.values[BarShape::kTones + static_cast<size_t>(within * kPlaces)] += 1.0F;
      if (part.is_drums) continue;
      const auto quarter = static_cast<size_t>(within * kQuarters);
      shape.values[quarter * 12 + note.pitch % 12] +=
          std::sqrt(static_cast<float>(note.duration.value));
    }
  }
  for (BarShape& shape : shapes) {
    shape.has_tones = normalise(shape.values.data(), BarShape::kTones);
    shape.has_rhythm = normalise(shape.values.data() + BarShape::kTones, kPlaces);
  }
  return shapes;
}

// 0..1. The sums stand in lanes, so that compilers may add many at once; their order is fixed.
float likeness(const BarShape& a, const BarShape& b) {
  constexpr size_t kLanes = 16;
  static_assert(kPlaces == kLanes && BarShape::kTones % kLanes == 0);
  std::array<float, kLanes> lanes{};
  for (size_t i = 0; i < a.values.size(); i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      lanes[lane] += a.values[i + lane] * b.values[i + lane];
    }
  }
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  float sum = lanes[0];
  if (!a.has_tones && !b.has_tones) sum += 1.0F;  // silence is like silence
  if (!a.has_rhythm && !b.has_rhythm) sum += 1.0F;
  return 0.5F * sum;
}

// How far apart the bars of a piece of `bars` are held against each other.
size_t reach_of(size_t bars) {
  constexpr size_t kPairs = 4'000'000;
  constexpr size_t kLeast = 256;
  return std::max(kLeast, kPairs / std::max<size_t>(1, bars));
}

double section_similarity(const std::vector<BarShape>& shapes, size_t a, size_t b, size_t length) {
  double sum = 0.0;
  for (size_t i = 0; i < length; ++i) sum += likeness(shapes[a + i], shapes[b + i]);
  return sum / static_cast<double>(length);
}

// Foote's checkerboard of four bars each way: high where what was before is unlike what comes.
double novelty(const std::vector<BarShape>& shapes, size_t at) {
  constexpr size_t kReach = 4;
  const size_t reach = std::min({kReach, at, shapes.size() - at});
  if (reach == 0) return 1.0;
  double inside = 0.0;
  double across = 0.0;
  for (size_t i = 0; i < reach; ++i) {
    for (size_t j = 0; j < reach; ++j) {
      inside += 0.5 * (likeness(shapes[at - 1 - i], shapes[at - 1 - j]) +
                       likeness(shapes[at + i], shapes[at + j]));
      across += likeness(shapes[at - 1 - i], shapes[at + j]);
    }
  }
  return (inside - across) / static_cast<double>(reach * reach);
}

double length_bonus(size_t bars) {
  switch (bars) {
    case 8:
      return 0.5;
    case 16:
      return 0.2;
    case 12:
      return 0.1;
    case 4:
      return -0.4;
    default:
      return bars % 2 == 0 ? -0.5 : -0.9;
  }
}

constexpr size_t kLeastBars = 4;  // of a section
constexpr size_t kMostBars = 16;

// The most each section is like another stretch of as many bars that does not overlap it, summed
// over its bars: [length][begin]. One diagonal of the similarity matrix at a time, so that the
// matrix is never whole.
std::vector<std::vector<float>> best_repetitions(const std::vector<BarShape>& shapes) {
  const size_t n = shapes.size();
  std::vector<std::vector<float>> best(kMostBars + 1);
  for (size_t length = kLeastBars; length <= kMostBars; ++length) best[length].resize(n, 0.0F);
  std::vector<float> alike(n);
  std::vector<float> sums(n);
  for (size_t lag = kLeastBars; lag < n && lag <= reach_of(n); ++lag) {
    const size_t pairs = n - lag;
    for (size_t i = 0; i < pairs; ++i) alike[i] = likeness(shapes[i], shapes[i + lag]);
    std::fill(sums.begin(), sums.end(), 0.0F);
    for (size_t length = 1; length <= std::min({kMostBars, lag, pairs}); ++length) {
      const size_t windows = pairs - length + 1;
      for (size_t i = 0; i < windows; ++i) sums[i] += alike[i + length - 1];
      if (length < kLeastBars) continue;
      float* earlier = best[length].data();
      for (size_t i = 0; i < windows; ++i) earlier[i] = std::max(earlier[i], sums[i]);
      float* later = earlier + lag;
      for (size_t i = 0; i < windows; ++i) later[i] = std::max(later[i], sums[i]);
    }
  }
  return best;
}

// The first bars of the best sections, and the end.
std::vector<size_t> cut(const std::vector<BarShape>& shapes) {
  const size_t n = shapes.size();
  const std::vector<std::vector<float>> repeated = best_repetitions(shapes);
  std::vector<double> best(n + 1, -std::numeric_limits<double>::infinity());
  std::vector<size_t> from(n + 1, 0);
  std::vector<double> corner(n + 1, 0.0);
  for (size_t at = kLeastBars; at < n; ++at) corner[at] = novelty(shapes, at);
  best[0] = 0.0;
  for (size_t begin = 0; begin < n; ++begin) {
    if (!std::isfinite(best[begin])) continue;
    for (size_t length = kLeastBars; length <= kMostBars && begin + length <= n; ++length) {
      const size_t end = begin + length;
      // What is left over at the end may be of any length from two bars.
      const double value =
          best[begin] + double{repeated[length][begin]} + 2.0 * length_bonus(length) + corner[end];
      if (value > best[end]) {
        best[end] = value;
        from[end] = begin;
      }
    }
    const size_t rest = n - begin;
    if (rest < kLeastBars && best[begin] - 1.0 > best[n]) {
      best[n] = best[begin] - 1.0;
      from[n] = begin;
    }
  }
  std::vector<size_t> cuts = {n};
  while (cuts.back() > 0) cuts.push_back(from[cuts.back()]);
  std::reverse(cuts.begin(), cuts.end());
  return cuts;
}

std::string letter(size_t index) {
  std::string text(1, static_cast<char>('A' + index % 26));
  return index < 26 ? text : text + std::to_string(index / 26);
}

void label(const std::vector<BarShape>& shapes, std::vector<FormSection>& sections) {
  std::vector<size_t> letters;  // index of each section's letter
  const size_t reach = reach_of(shapes.size());
  size_t used = 0;
  size_t first = 0;
  for (size_t s = 0; s < sections.size(); ++s) {
    FormSection& section = sections[s];
    double best = 0.0;
    size_t like = 0;
    for (; sections[first].begin + reach < section.begin; ++first) {
    }
    for (size_t e = first; e < s; ++e) {
      const FormSection& earlier = sections[e];
      const size_t a = section.end - section.begin;
      const size_t b = earlier.end - earlier.begin;
      if (std::min(a, b) * 4 < std::max(a, b) * 3) continue;
      const double same = section_similarity(shapes, earlier.begin, section.begin, std::min(a, b));
      if (same > best) {
        best = same;
        like = e;
      }
    }
    letters.push_back(best >= kVariant ? letters[like] : used++);
    section.label = letter(letters.back());
    if (best >= kVariant && best < kSame) section.label += "'";
  }
}

}  // namespace

std::vector<std::vector<double>> bar_similarity(const Score& score) {
  constexpr size_t kMost = 2000;
  const std::vector<BarShape> shapes = shapes_of(score, bars_of(score));
  const size_t n = std::min(kMost, shapes.size());
  std::vector<std::vector<double>> alike(n, std::vector<double>(n, 1.0));
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = i + 1; j < n; ++j) {
      alike[i][j] = alike[j][i] = std::min(1.0, double{likeness(shapes[i], shapes[j])});
    }
  }
  return alike;
}

std::vector<FormSection> find_form(const Score& score) {
  constexpr size_t kLeastForForm = 8;
  const std::vector<BarShape> shapes = shapes_of(score, bars_of(score));
  const size_t bars = shapes.size();
  if (bars == 0) return {};
  if (bars < kLeastForForm) return {{.begin = 0, .end = bars, .label = "A"}};
  const std::vector<size_t> cuts = cut(shapes);
  std::vector<FormSection> sections;
  for (size_t i = 0; i + 1 < cuts.size(); ++i) {
    sections.push_back({.begin = cuts[i], .end = cuts[i + 1], .label = {}});
  }
  label(shapes, sections);
  return sections;
}

std::string form_text(const std::vector<FormSection>& sections) {
  std::string text;
  for (const FormSection& section : sections) text += section.label;
  return text;
}

}  // namespace motet
