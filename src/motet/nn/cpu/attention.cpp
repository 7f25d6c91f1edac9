// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/cpu/attention.h"

#include <algorithm>
#include <cmath>

namespace motet::nn {
namespace {

constexpr auto kPage = static_cast<size_t>(kPagePositions);

int64_t rounded_up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

/// The memory of a task. Rows are (head, position) pairs, positions of a head together.
struct Scratch {
  Scratch(const AttentionTask& task, float* memory, int64_t pages)
      : rows(static_cast<size_t>(task.heads * task.count)),
        width(static_cast<size_t>(pages) * kPage),
        byte_stride(static_cast<size_t>(rounded_up(task.head_size, 16))) {
    scores = memory;
    turned = scores + rows * width;
    q_scales = turned + rows * byte_stride;
    sums = q_scales + rows;
    bytes = reinterpret_cast<unsigned char*>(sums + rows);
  }

  size_t rows;
  size_t width;  // of a row of scores: whole pages
  size_t byte_stride;
  float* scores;         // [rows, width]
  float* turned;         // [rows, S]: queries, as one part of the pages is to see them
  float* q_scales;       // [rows]
  float* sums;           // [rows]
  unsigned char* bytes;  // [rows, byte_stride]
};

/// The pages that a task sees: the sinks, then the window.
struct Seen {
  int64_t sinks;
  int64_t first;  // of the window
  int64_t last;

  int64_t count() const { return sinks + last - first + 1; }
  int64_t number(int64_t i) const { return i < sinks ? i : first + i - sinks; }
};

Seen seen_by(const AttentionTask& task) {
  const int64_t last = (task.first + task.count - 1) / kPagePositions;
  if (task.store == nullptr) return {.sinks = 0, .first = 0, .last = last};
  // A sequence that has not left its sinks yet sees what there is of them.
  return {.sinks = std::min(task.store->sink_pages(), last + 1),
          .first = std::min(task.store->first_seen(task.first), last + 1),
          .last = last};
}

/// A head's part of a page.
const std::byte* part_of(const AttentionTask& task, int64_t number) {
  return task.store->page(number) +
         static_cast<size_t>(task.kv_head) * task.store->layout().head_bytes;
}

/// Asks the caches for what is read soon.
void ask_for(const std::byte* bytes, size_t count) {
  for (size_t i = 0; i < count; i += kernels::kCacheLine) __builtin_prefetch(bytes + i);
}

/// What an int8 cache reads behind the keys of page `i` of those seen: the keys of the next one, or
/// the first values. What lies behind them is asked for here, they themselves by the kernel.
const std::byte* after_keys(const AttentionTask& task, const Seen& seen, int64_t i) {
  const KvLayout& layout = task.store->layout();
  if (i + 1 < seen.count()) {
    const std::byte* keys = part_of(task, seen.number(i + 1));
    ask_for(keys + layout.key_scales, layout.values - layout.key_scales);
    return keys;
  }
  const std::byte* values = part_of(task, seen.number(0)) + layout.values;
  ask_for(values + layout.value_scales - layout.values, layout.head_bytes - layout.value_scales);
  return values;
}

/// The same behind the values of page `i`.
const std::byte* after_values(const AttentionTask& task, const Seen& seen, int64_t i) {
  const KvLayout& layout = task.store->layout();
  if (i + 1 == seen.count()) return task.next;
  const std::byte* values = part_of(task, seen.number(i + 1)) + layout.values;
  ask_for(values + layout.value_scales - layout.values, layout.head_bytes - layout.value_scales);
  return values;
}

/// The queries as they are, or turned, gathered row by row; int8 too where the cache is.
void gather_queries(const kernels::KernelTable& kernel, const AttentionTask& task, bool is_turned,
                    Scratch& scratch) {
  const auto S = static_cast<size_t>(task.head_size);
  const bool is_int8 = task.store != nullptr && task.store->layout().type == CacheType::kInt8;
  for (size_t row = 0; row < scratch.rows; ++row) {
    const auto head = static_cast<int64_t>(row) / task.count;
    const auto t = static_cast<int64_t>(row) % task.count;
    const float* q = task.q + t * task.stride + head * task.head_size;
    float* to = scratch.turned + row * scratch.byte_stride;
    if (is_turned) {
      kernel.rope(q, task.cosine, task.sine, to, S / 2);
    } else {
      std::copy_n(q, S, to);
    }
    if (is_int8) {
      scratch.q_scales[row] = kernel.quantize(to, scratch.bytes + row * scratch.byte_stride, S);
    }
  }
}

/// Scores of all rows against page `i` of those seen.
void score_page(const kernels::KernelTable& kernel, const AttentionTask& task, const Seen& seen,
                int64_t i, Scratch& scratch) {
  const auto S = static_cast<size_t>(task.head_size);
  const int64_t number = seen.number(i);
  const auto count = static_cast<size_t>(
      std::min(kPagePositions, task.first + task.count - number * kPagePositions));
  float* y = scratch.scores + static_cast<size_t>(i) * kPage;
  if (task.store == nullptr) {
    kernel.linear(task.loose.keys + number * kPagePositions * task.loose.stride,
                  static_cast<size_t>(task.loose.stride), count, scratch.turned,
                  scratch.byte_stride, scratch.rows, y, scratch.width, S);
    return;
  }
  const KvLayout& layout = task.store->layout();
  const std::byte* bytes = part_of(task, number);
  if (layout.type == CacheType::kFloat32) {
    kernel.linear(reinterpret_cast<const float*>(bytes), S, count, scratch.turned,
                  scratch.byte_stride, scratch.rows, y, scratch.width, S);
    return;
  }
  if (layout.type == CacheType::kBFloat16) {
    kernel.linear_bfloat16(reinterpret_cast<const kernels::BFloat16*>(bytes), S, count,
                           scratch.turned, scratch.byte_stride, scratch.rows, y, scratch.width, S);
    return;
  }
  const kernels::Int8Panels keys{
      .bytes = reinterpret_cast<const signed char*>(bytes),
      .scales = reinterpret_cast<const float*>(bytes + layout.key_scales),
      .sums = reinterpret_cast<const int*>(bytes + layout.key_sums),
      .columns = count,
      .groups = (S + 3) / 4,
      .ahead = after_keys(task, seen, i)};
  kernel.linear_int8(keys, 0, 1,
                     {.bytes = scratch.bytes,
                      .scales = scratch.q_scales,
                      .stride = scratch.byte_stride,
                      .count = scratch.rows},
                     y, scratch.width);
}

/// Rows of y gain the values of page `i`, weighed by the scores.
void mix_page(const kernels::KernelTable& kernel, const AttentionTask& task, const Seen& seen,
              int64_t i, Scratch& scratch) {
  const auto S = static_cast<size_t>(task.head_size);
  const int64_t number = seen.number(i);
  const float* p = scratch.scores + static_cast<size_t>(i) * kPage;
  if (task.store != nullptr && task.store->layout().type == CacheType::kInt8) {
    const KvLayout& layout = task.store->layout();
    const std::byte* bytes = part_of(task, number);
    const auto count = std::min(kPagePositions, task.first + task.count - number * kPagePositions);
    kernel.mix_int8(p, scratch.width, scratch.rows,
                    {.bytes = reinterpret_cast<const signed char*>(bytes + layout.values),
                     .scales = reinterpret_cast<const float*>(bytes + layout.value_scales),
                     .count = static_cast<size_t>(count),
                     .ahead = after_values(task, seen, i)},
                    scratch.turned, scratch.byte_stride, S);
    return;
  }
  const std::byte* held =
      task.store != nullptr ? part_of(task, number) + task.store->layout().values : nullptr;
  const float* loose =
      held == nullptr ? task.loose.values + number * kPagePositions * task.loose.stride : nullptr;
  const bool is_halved = held != nullptr && task.store->layout().type == CacheType::kBFloat16;
  for (size_t row = 0; row < scratch.rows; ++row) {
    const int64_t position = task.first + static_cast<int64_t>(row) % task.count;
    const int64_t count = std::min(kPagePositions, position + 1 - number * kPagePositions);
    if (count <= 0) continue;
    const float* weights = p + row * scratch.width;
    float* y = scratch.turned + row * scratch.byte_stride;
    const auto length = static_cast<size_t>(count);
    if (is_halved) {
      kernel.mix_bfloat16(weights, reinterpret_cast<const kernels::BFloat16*>(held), S, length, y,
                          S);
    } else if (held != nullptr) {
      kernel.mix(weights, reinterpret_cast<const float*>(held), S, length, y, S);
    } else {
      kernel.mix(weights, loose, static_cast<size_t>(task.loose.stride), length, y, S);
    }
  }
}

}  // namespace

const std::byte* first_keys(const KvStore* store, int64_t kv_head, int64_t position) {
  if (store == nullptr) return nullptr;
  const int64_t page = store->sink_pages() > 0 ? 0 : store->first_seen(position);
  return store->page(page) + static_cast<size_t>(kv_head) * store->layout().head_bytes;
}

int64_t seen_width(const KvStore* store, int64_t first, int64_t end) {
  const int64_t pages = (end + kPagePositions - 1) / kPagePositions;
  if (store == nullptr) return pages * kPagePositions;
  const int64_t sinks = std::min(store->sink_pages(), pages);
  const int64_t window = pages - std::min(store->first_seen(first), pages);
  return (sinks + window) * kPagePositions;
}

int64_t attention_scratch(int64_t rows, int64_t width, int64_t head_size) {
  const int64_t stride = rounded_up(head_size, 16);
  return rounded_up(rows * (width + stride + 2 + stride / 4), 16);
}

void attend(const kernels::KernelTable& kernel, const AttentionTask& task, float* memory) {
  const Seen seen = seen_by(task);
  Scratch scratch(task, memory, seen.count());
  const bool has_turned = task.cosine != nullptr && seen.sinks > 0;
  if (has_turned) {
    gather_queries(kernel, task, true, scratch);
    for (int64_t i = 0; i < seen.sinks; ++i) score_page(kernel, task, seen, i, scratch);
  }
  gather_queries(kernel, task, false, scratch);
  for (int64_t i = has_turned ? seen.sinks : 0; i < seen.count(); ++i) {
    score_page(kernel, task, seen, i, scratch);
  }
  const float scale = 1.0F / std::sqrt(static_cast<float>(task.head_size));
  const int64_t before = (seen.count() - 1) * kPagePositions;  // positions in whole pages
  for (size_t row = 0; row < scratch.rows; ++row) {
    const int64_t position = task.first + static_cast<int64_t>(row) % task.count;
    const auto length = static_cast<size_t>(before + position - seen.last * kPagePositions + 1);
    float* scores = scratch.scores + row * scratch.width;
    scratch.sums[row] = kernel.soften(scores, scale, length);
    std::fill(scores + length, scores + scratch.width, 0.0F);
  }
  std::fill_n(scratch.turned, scratch.rows * scratch.byte_stride, 0.0F);
  for (int64_t i = 0; i < seen.count(); ++i) mix_page(kernel, task, seen, i, scratch);
  for (size_t row = 0; row < scratch.rows; ++row) {
    const auto head = static_cast<int64_t>(row) / task.count;
    const auto t = static_cast<int64_t>(row) % task.count;
    float* y = task.y + t * task.stride + head * task.head_size;
    const float factor = 1.0F / scratch.sums[row];
    const float* from = scratch.turned + row * scratch.byte_stride;
    for (int64_t i = 0; i < task.head_size; ++i) y[i] = from[i] * factor;
  }
}

}  // namespace motet::nn
