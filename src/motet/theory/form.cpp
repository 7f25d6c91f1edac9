// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/form.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace motet {
namespace {

constexpr size_t kQuarters = 4;  // of a bar, for pitch
constexpr size_t kPlaces = 16;   // of a bar, for rhythm
constexpr size_t kMostBars = 2000;
constexpr double kSame = 0.86;    // mean similarity of sections with one letter
constexpr double kVariant = 0.7;  // ... of variants

struct BarShape {
  std::array<double, kQuarters * 12> tones{};
  std::array<double, kPlaces> rhythm{};
};

std::vector<BarShape> shapes_of(const Score& score, const std::vector<Bar>& bars) {
  std::vector<BarShape> shapes(bars.size());
  for (const Part& part : score.parts) {
    size_t bar = 0;
    for (const Note& note : part.notes) {
      while (bar + 1 < bars.size() && bars[bar + 1].begin <= note.onset) ++bar;
      if (bar >= bars.size()) break;
      const double place = static_cast<double>((note.onset - bars[bar].begin).value) /
                           static_cast<double>(std::max<int64_t>(1, bars[bar].length.value));
      const double within = std::clamp(place, 0.0, 0.999);
      shapes[bar].rhythm[static_cast<size_t>(within * kPlaces)] += 1.0;
      if (part.is_drums) continue;
      const auto quarter = static_cast<size_t>(within * kQuarters);
      shapes[bar].tones[quarter * 12 + note.pitch % 12] +=
          std::sqrt(static_cast<double>(note.duration.value));
    }
  }
  return shapes;
}

template <size_t kSize>
double cosine(const std::array<double, kSize>& a, const std::array<double, kSize>& b) {
  double dot = 0.0;
  double aa = 0.0;
  double bb = 0.0;
  for (size_t i = 0; i < kSize; ++i) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  if (aa <= 0.0 && bb <= 0.0) return 1.0;  // silence is like silence
  return aa <= 0.0 || bb <= 0.0 ? 0.0 : dot / std::sqrt(aa * bb);
}

using Matrix = std::vector<std::vector<double>>;

double section_similarity(const Matrix& alike, size_t a, size_t b, size_t length) {
  double sum = 0.0;
  for (size_t i = 0; i < length; ++i) sum += alike[a + i][b + i];
  return sum / static_cast<double>(length);
}

// Foote's checkerboard of four bars each way: high where what was before is unlike what comes.
double novelty(const Matrix& alike, size_t at) {
  constexpr size_t kReach = 4;
  const size_t reach = std::min({kReach, at, alike.size() - at});
  if (reach == 0) return 1.0;
  double inside = 0.0;
  double across = 0.0;
  for (size_t i = 0; i < reach; ++i) {
    for (size_t j = 0; j < reach; ++j) {
      inside += 0.5 * (alike[at - 1 - i][at - 1 - j] + alike[at + i][at + j]);
      across += alike[at - 1 - i][at + j];
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

// The most a section is like another stretch of as many bars that does not overlap it.
double best_repetition(const Matrix& alike, size_t begin, size_t length) {
  double best = 0.0;
  for (size_t other = 0; other + length <= alike.size(); ++other) {
    if (other < begin + length && begin < other + length) continue;
    best = std::max(best, section_similarity(alike, begin, other, length));
  }
  return best;
}

// The first bars of the best sections, and the end.
std::vector<size_t> cut(const Matrix& alike) {
  constexpr size_t kLeast = 4;
  constexpr size_t kMost = 16;
  const size_t n = alike.size();
  std::vector<double> best(n + 1, -std::numeric_limits<double>::infinity());
  std::vector<size_t> from(n + 1, 0);
  best[0] = 0.0;
  for (size_t begin = 0; begin < n; ++begin) {
    if (!std::isfinite(best[begin])) continue;
    for (size_t length = kLeast; length <= kMost && begin + length <= n; ++length) {
      const size_t end = begin + length;
      // What is left over at the end may be of any length from two bars.
      const double value = best[begin] +
                           static_cast<double>(length) * best_repetition(alike, begin, length) +
                           2.0 * length_bonus(length) + (end < n ? novelty(alike, end) : 0.0);
      if (value > best[end]) {
        best[end] = value;
        from[end] = begin;
      }
    }
    const size_t rest = n - begin;
    if (rest < kLeast && best[begin] - 1.0 > best[n]) {
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

void label(const Matrix& alike, std::vector<FormSection>& sections) {
  std::vector<size_t> letters;  // index of each section's letter
  size_t used = 0;
  for (size_t s = 0; s < sections.size(); ++s) {
    FormSection& section = sections[s];
    double best = 0.0;
    size_t like = 0;
    for (size_t e = 0; e < s; ++e) {
      const FormSection& earlier = sections[e];
      const size_t a = section.end - section.begin;
      const size_t b = earlier.end - earlier.begin;
      if (std::min(a, b) * 4 < std::max(a, b) * 3) continue;
      const double same = section_similarity(alike, earlier.begin, section.begin, std::min(a, b));
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
  std::vector<Bar> bars = bars_of(score);
  if (bars.size() > kMostBars) bars.resize(kMostBars);
  const std::vector<BarShape> shapes = shapes_of(score, bars);
  Matrix alike(bars.size(), std::vector<double>(bars.size()));
  for (size_t i = 0; i < bars.size(); ++i) {
    for (size_t j = i; j < bars.size(); ++j) {
      alike[i][j] = alike[j][i] = 0.5 * cosine(shapes[i].tones, shapes[j].tones) +
                                  0.5 * cosine(shapes[i].rhythm, shapes[j].rhythm);
    }
  }
  return alike;
}

std::vector<FormSection> find_form(const Score& score) {
  constexpr size_t kLeastBars = 8;
  const Matrix alike = bar_similarity(score);
  const size_t bars = bars_of(score).size();
  if (bars == 0) return {};
  if (bars < kLeastBars) return {{.begin = 0, .end = bars, .label = "A"}};
  const std::vector<size_t> cuts = cut(alike);
  std::vector<FormSection> sections;
  for (size_t i = 0; i + 1 < cuts.size(); ++i) {
    sections.push_back({.begin = cuts[i], .end = cuts[i + 1], .label = {}});
  }
  label(alike, sections);
  sections.back().end = bars;
  return sections;
}

std::string form_text(const std::vector<FormSection>& sections) {
  std::string text;
  for (const FormSection& section : sections) text += section.label;
  return text;
}

}  // namespace motet
