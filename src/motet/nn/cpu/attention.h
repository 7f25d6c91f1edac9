// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "motet/nn/backend.h"
#include "motet/nn/cpu/kernels.h"
#include "motet/nn/cpu/kv_pages.h"

namespace motet::nn {

/// Query positions that are computed together; blocks are cut at multiples of it, so that all of
/// one see the same pages.
constexpr int64_t kQueryBlock = 16;
static_assert(kPagePositions % kQueryBlock == 0);

/// Keys and values that are not kept: rows at a stride, as the product left them.
struct LooseRows {
  const float* keys = nullptr;
  const float* values = nullptr;
  int64_t stride = 0;
};

/// Attention of the query heads of one key/value head, at `count` consecutive positions from
/// `first`, of one block.
struct AttentionTask {
  const KvStore* store = nullptr;  ///< or null:
  LooseRows loose = {};
  int64_t kv_head = 0;
  int64_t heads = 1;  ///< query heads that share it
  int64_t head_size = 1;
  int64_t first = 0;
  int64_t count = 1;
  const float* q = nullptr;  ///< of the first head and position; [S] each head, positions at stride
  float* y = nullptr;        ///< likewise
  int64_t stride = 0;
  const float* cosine = nullptr;    ///< [S/2]: the turn that brings the sinks next to the window;
  const float* sine = nullptr;      ///< null where they are next to it already
  const std::byte* next = nullptr;  ///< the keys that the next task reads first, if they are known
};

/// Where the first keys lie that a query at `position` sees; null where nothing is stored.
const std::byte* first_keys(const KvStore* store, int64_t kv_head, int64_t position);

/// Positions, in whole pages, that queries at first .. end - 1 see at most; store may be null.
int64_t seen_width(const KvStore* store, int64_t first, int64_t end);

/// Floats of scratch memory that a task of so many rows (heads times positions) needs.
int64_t attention_scratch(int64_t rows, int64_t width, int64_t head_size);

/// Each position is reduced alone, page by page in order, so that neither a block nor a call's end
/// changes a bit.
void attend(const kernels::KernelTable& kernel, const AttentionTask& task, float* scratch);

}  // namespace motet::nn
