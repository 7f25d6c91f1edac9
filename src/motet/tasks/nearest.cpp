// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/nearest.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace motet::tasks {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> nearest(std::string_view text, const std::vector<std::string>& candidates,
                                 size_t count) {
  constexpr size_t kLongest = 64;  // a longer text is no misspelt name
  const std::string_view start = text.substr(0, kLongest);
  std::vector<std::pair<size_t, size_t>> order;  // distance, index
  for (size_t i = 0; i < candidates.size(); ++i) {
    order.emplace_back(edit_distance(start, candidates[i]), i);
  }
  std::ranges::sort(order);
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(count, order.size()); ++i) {
    names.push_back(candidates[order[i].second]);
  }
  return names;
}

std::string joined_by_or(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace motet::tasks
