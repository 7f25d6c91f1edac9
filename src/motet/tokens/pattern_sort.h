// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

namespace motet::tokens {

/// Pattern-defeating quicksort with block partitioning. It is not stable, and that is why it is
/// here: MidiTok keeps the last of several tempo or metre changes at one tick, and which one is
/// last after symusic has sorted them depends on the steps of this very algorithm. Everything else
/// sorts with std::stable_sort.
///
/// source  O. Peters, "Pattern-defeating Quicksort", arXiv 2106.05123; the block partition:
///         S. Edelkamp, A. Weiss, "BlockQuicksort", arXiv 1604.06697
template <typename T, typename Less>
class PatternSorter {
 public:
  PatternSorter(std::vector<T>& items, Less less) : items_(items), less_(less) {}

  void sort() {
    if (items_.size() < 2) return;
    loop(0, items_.size(), static_cast<int>(std::bit_width(items_.size())) - 1, true);
  }

 private:
  static constexpr size_t kInsertionSize = 24;  ///< below this, insertion sort
  static constexpr size_t kNintherSize = 128;   ///< above this, the pivot is a median of medians
  static constexpr size_t kPatience = 8;        ///< moves before a nearly sorted guess is dropped
  static constexpr size_t kBlock = 64;

  bool less(size_t a, size_t b) const { return less_(items_[a], items_[b]); }
  void swap(size_t a, size_t b) { std::swap(items_[a], items_[b]); }
  void order(size_t a, size_t b) {
    if (less(b, a)) swap(a, b);
  }
  void order(size_t a, size_t b, size_t c) {
    order(a, b);
    order(b, c);
    order(a, b);
  }

  /// Insertion sort; gives up (false) once more than `patience` steps were taken.
  bool insert(size_t begin, size_t end, size_t patience) {
    size_t steps = 0;
    for (size_t i = begin + 1; i < end; ++i) {
      if (less(i, i - 1)) {
        T item = std::move(items_[i]);
        size_t hole = i;
        while (hole > begin && less_(item, items_[hole - 1])) {
          items_[hole] = std::move(items_[hole - 1]);
          --hole;
        }
        items_[hole] = std::move(item);
        steps += i - hole;
      }
      if (steps > patience) return false;
    }
    return true;
  }

  void choose_pivot(size_t begin, size_t end) {
    const size_t half = (end - begin) / 2;
    const size_t middle = begin + half;
    if (end - begin <= kNintherSize) return order(middle, begin, end - 1);
    order(begin, middle, end - 1);
    order(begin + 1, middle - 1, end - 2);
    order(begin + 2, middle + 1, end - 3);
    order(middle - 1, middle, middle + 1);
    swap(begin, middle);
  }

  /// Puts what equals the pivot (at `begin`) to its left; nothing in the range is less than it.
  size_t partition_equal(size_t begin, size_t end) {
    T pivot = items_[begin];
    size_t first = begin;
    size_t last = end;
    while (less_(pivot, items_[--last])) {
    }
    if (last + 1 == end) {
      while (first < last && !less_(pivot, items_[++first])) {
      }
    } else {
      while (!less_(pivot, items_[++first])) {
      }
    }
    while (first < last) {
      swap(first, last);
      while (less_(pivot, items_[--last])) {
      }
      while (!less_(pivot, items_[++first])) {
      }
    }
    items_[begin] = std::move(items_[last]);
    items_[last] = std::move(pivot);
    return last;
  }

  struct Split {
    size_t pivot;
    bool was_partitioned;
  };

  /// Splits around the pivot (at `begin`) into what is less, and the rest.
  Split partition(size_t begin, size_t end) {
    T pivot = items_[begin];
    size_t first = begin;
    size_t last = end;
    while (less_(items_[++first], pivot)) {
    }
    if (first - 1 == begin) {
      while (first < last && !less_(items_[--last], pivot)) {
      }
    } else {
      while (!less_(items_[--last], pivot)) {
      }
    }
    const bool was_partitioned = first >= last;
    if (!was_partitioned) {
      swap(first, last);
      ++first;
      first = partition_blocks(first, last, pivot);
    }
    const size_t place = first - 1;
    items_[begin] = std::move(items_[place]);
    items_[place] = std::move(pivot);
    return {place, was_partitioned};
  }

  /// Misplaced items of one side, as distances from its base.
  struct Block {
    size_t offsets[kBlock];
    size_t count = 0;
    size_t start = 0;
    size_t base = 0;
    void drop(size_t used) {
      count -= used;
      start += used;
    }
  };

  size_t partition_blocks(size_t first, size_t last, const T& pivot) {
    Block left;
    Block right;
    left.base = first;
    right.base = last;
    while (first < last) {
      const size_t unknown = last - first;
      const size_t left_share = left.count > 0 ? 0 : right.count > 0 ? unknown : unknown / 2;
      const size_t right_share = right.count > 0 ? 0 : unknown - left_share;
      for (size_t i = 0; i < std::min(left_share, kBlock); ++i, ++first) {
        left.offsets[left.count] = i;
        if (!less_(items_[first], pivot)) ++left.count;
      }
      for (size_t i = 0; i < std::min(right_share, kBlock); ++i) {
        right.offsets[right.count] = i + 1;
        if (less_(items_[--last], pivot)) ++right.count;
      }
      const size_t pairs = std::min(left.count, right.count);
      exchange(left, right, pairs);
      left.drop(pairs);
      right.drop(pairs);
      if (left.count == 0) {
        left.start = 0;
        left.base = first;
      }
      if (right.count == 0) {
        right.start = 0;
        right.base = last;
      }
    }
    return finish_blocks(left, right, first, last);
  }

  /// Exchanges pairs; where the counts differ, by one cyclic rotation rather than swaps.
  void exchange(const Block& left, const Block& right, size_t pairs) {
    if (pairs == 0) return;
    const auto on_left = [&](size_t i) { return left.base + left.offsets[left.start + i]; };
    const auto on_right = [&](size_t i) { return right.base - right.offsets[right.start + i]; };
    if (left.count == right.count) {
      for (size_t i = 0; i < pairs; ++i) swap(on_left(i), on_right(i));
      return;
    }
    T item = std::move(items_[on_left(0)]);
    items_[on_left(0)] = std::move(items_[on_right(0)]);
    for (size_t i = 1; i < pairs; ++i) {
      items_[on_right(i - 1)] = std::move(items_[on_left(i)]);
      items_[on_left(i)] = std::move(items_[on_right(i)]);
    }
    items_[on_right(pairs - 1)] = std::move(item);
  }

  size_t finish_blocks(const Block& left, const Block& right, size_t first, size_t last) {
    if (left.count > 0) {
      for (size_t i = left.count; i-- > 0;) swap(left.base + left.offsets[left.start + i], --last);
      first = last;
    }
    for (size_t i = right.count; i-- > 0;) {
      swap(right.base - right.offsets[right.start + i], first++);
    }
    return first;
  }

  /// Breaks a pattern that made a bad split.
  void scatter_left(size_t begin, size_t pivot) {
    const size_t size = pivot - begin;
    if (size < kInsertionSize) return;
    const size_t quarter = size / 4;
    swap(begin, begin + quarter);
    swap(pivot - 1, pivot - quarter);
    if (size <= kNintherSize) return;
    swap(begin + 1, begin + quarter + 1);
    swap(begin + 2, begin + quarter + 2);
    swap(pivot - 2, pivot - quarter - 1);
    swap(pivot - 3, pivot - quarter - 2);
  }

  void scatter_right(size_t pivot, size_t end) {
    const size_t size = end - (pivot + 1);
    if (size < kInsertionSize) return;
    const size_t quarter = size / 4;
    swap(pivot + 1, pivot + 1 + quarter);
    swap(end - 1, end - quarter);
    if (size <= kNintherSize) return;
    swap(pivot + 2, pivot + 2 + quarter);
    swap(pivot + 3, pivot + 3 + quarter);
    swap(end - 2, end - 1 - quarter);
    swap(end - 3, end - 2 - quarter);
  }

  void heap_sort(size_t begin, size_t end) {
    const auto from = items_.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto to = items_.begin() + static_cast<std::ptrdiff_t>(end);
    std::make_heap(from, to, less_);
    std::sort_heap(from, to, less_);
  }

  void loop(size_t begin, size_t end, int bad_allowed, bool leftmost) {
    while (true) {
      const size_t size = end - begin;
      if (size < kInsertionSize) {
        insert(begin, end, items_.size() * items_.size());
        return;
      }
      choose_pivot(begin, end);
      if (!leftmost && !less(begin - 1, begin)) {
        begin = partition_equal(begin, end) + 1;
        continue;
      }
      const Split split = partition(begin, end);
      const size_t left = split.pivot - begin;
      const size_t right = end - (split.pivot + 1);
      if (left < size / 8 || right < size / 8) {
        if (--bad_allowed == 0) return heap_sort(begin, end);
        scatter_left(begin, split.pivot);
        scatter_right(split.pivot, end);
      } else if (split.was_partitioned && insert(begin, split.pivot, kPatience) &&
                 insert(split.pivot + 1, end, kPatience)) {
        return;
      }
      loop(begin, split.pivot, bad_allowed, leftmost);
      begin = split.pivot + 1;
      leftmost = false;
    }
  }

  std::vector<T>& items_;
  Less less_;
};

template <typename T, typename Less>
void pattern_sort(std::vector<T>& items, Less less) {
  PatternSorter<T, Less>(items, less).sort();
}

}  // namespace motet::tokens
