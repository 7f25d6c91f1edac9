// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "motet/nn/backend.h"
#include "motet/nn/cpu/kernels.h"

namespace motet::nn {

/// How keys and values are kept between calls.
enum class CacheType : uint8_t {
  kFloat32,
  kInt8,  ///< a scale for each head of each position: a quarter of the memory, and of the reading
  kBFloat16,  ///< half of the memory
};

/// Positions of a page. Every sum over positions is cut here, so that neither the split of a prompt
/// nor a fork changes a bit.
constexpr int64_t kPagePositions = 64;
static_assert(kPagePositions == kernels::kPanelColumns);

/// Where things lie in a page: for each of K heads its keys, then its values.
///   float32, bfloat16  keys [64, S], values [64, S]
///   int8     keys as one panel of kernels::Int8Panels whose 64 columns are the positions, with
///            their scales and sums; values as the rows of kernels::Int8Values, with their scales
struct KvLayout {
  KvLayout(CacheType cache_type, int64_t kv_heads, int64_t head_size);

  bool operator==(const KvLayout&) const = default;

  CacheType type;
  int64_t K;
  int64_t S;
  size_t key_scales = 0;  // offsets in bytes inside a head's part
  size_t key_sums = 0;
  size_t values = 0;
  size_t value_scales = 0;
  size_t head_bytes = 0;
  size_t page_bytes = 0;
};

class KvPool;

/// Keys and values of one layer at 64 consecutive positions, shared by the caches that forked
/// behind them.
struct KvPage {
  std::byte* bytes = nullptr;  // aligned to a cache line
  size_t size = 0;
  std::atomic<int> owners{1};
};

/// Pages that caches gave back wait here for the next one, so that decoding allocates none.
/// Caches may be used, copied and dropped on any thread.
class KvPool {
 public:
  KvPool() = default;
  ~KvPool();
  KvPool(const KvPool&) = delete;
  KvPool& operator=(const KvPool&) = delete;

  KvPage* take(size_t bytes);
  void give_back(KvPage* page) noexcept;
  size_t bytes_in_use() const;

 private:
  struct Kind {
    std::vector<KvPage*> free;
    size_t made = 0;
  };

  mutable std::mutex mutex_;
  std::map<size_t, Kind> kinds_;  // by size
  size_t in_use_ = 0;
};

/// What the cpu backend keeps in a KvLayer: a list of pages. A copy shares them all; a shared page
/// is copied before it is written to.
class KvStore final : public Storage {
 public:
  KvStore(std::shared_ptr<KvPool> pool, const KvLayout& layout, KvWindow window);
  KvStore(const KvStore& other);
  KvStore& operator=(const KvStore&) = delete;
  ~KvStore() override;

  const KvLayout& layout() const noexcept { return layout_; }
  /// Pages 0 .. sink_pages() - 1 are always seen.
  int64_t sink_pages() const noexcept { return sinks_; }
  /// The first page, not below sink_pages(), that a query at this position sees.
  int64_t first_seen(int64_t position) const noexcept;
  const std::byte* page(int64_t number) const noexcept;

  /// Pages behind the sinks that are no longer held, and the most that a query behind `length`
  /// positions does not see.
  int64_t dropped() const noexcept { return dropped_; }
  int64_t most_dropped(int64_t length) const noexcept;
  /// How many pages hold the first `length` positions, those dropped not counted; and one of them,
  /// sinks first.
  int64_t pages_held(int64_t length) const noexcept;
  const std::byte* held_page(int64_t index) const noexcept {
    return pages_[static_cast<size_t>(index)]->bytes;
  }
  /// For an empty store that is to be filled from a file: as if so many pages had been dropped, and
  /// a page's content, of layout().page_bytes.
  void skip(int64_t pages) noexcept { dropped_ = pages; }
  void add_page(std::span<const uint8_t> content);

  /// Makes room for positions `held` .. needed - 1 and forgets what lay there; drops the pages that
  /// no query from `held` on sees.
  /// throws  Error(kInvalidArgument) when the window has left what a query at `held` must see
  void prepare(int64_t held, int64_t needed);
  /// k, v: one head's [S] at a position that prepare() made room for.
  void put(const kernels::KernelTable& kernel, int64_t head, int64_t position, const float* k,
           const float* v) noexcept;

 private:
  int64_t index_of(int64_t number) const noexcept {
    return number < sinks_ ? number : number - dropped_;
  }
  void drop(int64_t from, int64_t to);  // of pages_, by index
  void make_own(int64_t number);

  std::shared_ptr<KvPool> pool_;
  KvLayout layout_;
  int64_t sinks_;
  int64_t window_;       // pages; 0: all are seen
  int64_t dropped_ = 0;  // pages behind the sinks that are no longer held
  std::vector<KvPage*> pages_;
};

/// The layer's store, owned by it alone, after prepare(held, needed).
KvStore& own(KvLayer& layer, const std::shared_ptr<KvPool>& pool, const KvLayout& layout,
             int64_t held, int64_t needed);

}  // namespace motet::nn
