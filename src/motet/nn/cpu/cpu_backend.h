// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "motet/base/threads.h"
#include "motet/nn/backend.h"
#include "motet/nn/cpu/attention.h"
#include "motet/nn/cpu/buffers.h"
#include "motet/nn/cpu/kernels.h"
#include "motet/nn/cpu/kv_pages.h"
#include "motet/nn/cpu/rotary_table.h"
#include "motet/nn/cpu/weight_memory.h"

namespace motet::nn {

/// How a matrix of weights is held and multiplied; vectors are always float32.
enum class WeightType : uint8_t {
  kAsStored,  ///< int8 (by rows or in blocks), int4 or bfloat16 where the bundle holds them, else
              ///< float32
  kInt8,      ///< made int8 with a scale a row; each row of x is rounded to int8 too
  kInt4,  ///< made int4 with a scale for 32 elements of a row, where 32 divides a row; else int8
  kInt8Block,  ///< made int8 with a scale for 32 elements of a row, where 32 divides a row; else
               ///< kInt8
  kBFloat16,   ///< float32 and float16 are rounded to bfloat16
};

struct CpuOptions {
  WeightType weights = WeightType::kAsStored;
  CacheType cache = CacheType::kFloat32;
};

/// The backend that is fast, on one pool of threads.
///
/// The same inputs give the same bits for any number of threads, any instruction set and any split
/// of a prompt into calls, because kernels.h fixes the order of every sum.
///
/// One thread at a time may call it: the pool is not reentrant. The tensors it makes belong to no
/// pool, so several backends may share a model's weights.
class CpuBackend final : public Backend {
 public:
  /// The widest kernels of this machine, or those that MOTET_ISA names. Throws as kernels::best().
  explicit CpuBackend(ThreadPool& pool);
  /// pool must outlive the backend.
  CpuBackend(ThreadPool& pool, const kernels::KernelTable& kernel, const CpuOptions& options = {});

  std::string_view name() const override { return "cpu"; }

  Tensor parameter(const HostTensor& weights) override;
  Tensor indices(std::span<const int32_t> ids, int64_t rows, int64_t length) override;
  std::vector<float> to_host(const Tensor& tensor) override;
  void copy_to_host(const Tensor& tensor, std::span<float> to) override;

  /// Throws Error(kInvalidArgument) when an id is outside the table.
  Tensor embed(const Tensor& table, const Tensor& ids) override;
  Tensor linear(const Tensor& weight, const Tensor& x) override;
  /// int8 and int4 weights are one job for all threads, and x is rounded once.
  void linears(std::span<const Tensor* const> weights, const Tensor& x,
               std::span<Tensor> y) override;
  Tensor add(const Tensor& a, const Tensor& b) override;
  Tensor rms_norm(const Tensor& gain, const Tensor& x, float eps) override;
  Tensor layer_norm(const Tensor& gain, const Tensor& bias, const Tensor& x, float eps) override;
  Tensor add_bias(const Tensor& x, const Tensor& bias) override;
  Tensor gelu(const Tensor& x) override;
  Tensor swiglu(const Tensor& gate, const Tensor& up) override;
  /// int8 weights are one job, and the products never leave the first caches.
  Tensor gated_linear(const Tensor& gate, const Tensor& up, const Tensor& x) override;
  Tensor rope_each(const Tensor& x, int64_t head_size, const RopeConfig& config,
                   std::span<const int64_t> positions) override;
  /// A cache that shares its pages with a copy of itself is separated before it is written to.
  /// A shorter position than before forgets what lay behind it.
  Tensor attention_each(const Tensor& q, const Tensor& k, const Tensor& v,
                        const AttentionShape& shape, std::span<KvLayer* const> caches,
                        std::span<const int64_t> positions) override;
  Tensor last(const Tensor& x) override;

  const CpuOptions& options() const noexcept { return options_; }
  /// Where this backend's caches get their pages.
  const std::shared_ptr<KvPool>& pages() const noexcept { return pages_; }
  /// Bytes of keys and values that caches hold now; what forks share counts once.
  size_t cache_bytes() const { return pages_->bytes_in_use(); }

 private:
  /// work(begin, end) over 0 .. count-1: on all threads where `cost`, the multiplications of one
  /// item, makes that worth waking them.
  template <typename Work>
  void share(int64_t count, int64_t cost, const Work& work);

  Tensor make(const Shape& shape);
  kernels::Int8Rows rounded(const Tensor& x, bool has_int4);
  void linears_packed(std::span<const Tensor* const> weights, const Tensor& x, std::span<Tensor> y);
  Tensor linear_float(const Tensor& weight, const Tensor& x);
  void append(const Tensor& k, const Tensor& v, const AttentionShape& shape,
              std::span<KvLayer* const> caches, std::span<const int64_t> positions);
  void prepare_sinks(const AttentionShape& shape, int64_t length, int64_t blocks,
                     std::span<const int64_t> positions);

  ThreadPool& pool_;
  const kernels::KernelTable& kernel_;
  CpuOptions options_;
  std::shared_ptr<KvPool> pages_ = std::make_shared<KvPool>();
  WeightMemory weight_memory_;
  Buffers buffers_;
  RotaryTable rotary_;

  // Of one call; members so that the next one finds the memory.
  std::vector<uint8_t> bytes_;  // of the rows that linears_packed multiplies
  std::vector<float> scales_;
  std::vector<int> block_sums_;
  std::vector<KvLayer> passing_;        // where no caches are given
  std::vector<const KvStore*> stores_;  // of the sequences
  std::vector<int64_t> starts_;         // of the sequences
  std::vector<int64_t> shifts_;         // of each block of each sequence: how far its sinks are off
  RotaryTable shift_table_;
};

}  // namespace motet::nn
