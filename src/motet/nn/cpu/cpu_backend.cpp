// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/cpu/cpu_backend.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "motet/base/error.h"
#include "motet/nn/cpu/bfloat16.h"
#include "motet/nn/cpu/packed.h"

namespace motet::nn {
namespace {

constexpr int64_t kCostOfExponential = 12;  // in multiplications
constexpr int64_t kBytesAtOnce = 8;         // an int8 multiplication costs an eighth of a float's

const PackedMatrix* packed_of(const Tensor& tensor) {
  return dynamic_cast<const PackedMatrix*>(tensor.storage.get());
}

const HalvedMatrix* halved_of(const Tensor& tensor) {
  return dynamic_cast<const HalvedMatrix*>(tensor.storage.get());
}

float* floats(const Tensor& tensor) {
  assert(dynamic_cast<const Floats*>(tensor.storage.get()) != nullptr);
  return static_cast<Floats*>(tensor.storage.get())->data.get();
}

/// The sums of (byte - 128) over each 32 of a row.
void sum_blocks(const uint8_t* bytes, size_t blocks, int* sums) {
  for (size_t b = 0; b < blocks; ++b) {
    int sum = -128 * static_cast<int>(kInt4Block);
    for (int64_t i = 0; i < kInt4Block; ++i) sum += bytes[static_cast<int64_t>(b) * kInt4Block + i];
    sums[b] = sum;
  }
}

/// All dimensions but the last, as one.
int64_t rows_of(const Tensor& x) { return count_of(x.shape) / std::max<int64_t>(x.dim(-1), 1); }

Shape with_last(const Shape& shape, int64_t size) {
  Shape result = shape;
  result.back() = size;
  return result;
}

}  // namespace

CpuBackend::CpuBackend(ThreadPool& pool) : CpuBackend(pool, kernels::best()) {}

CpuBackend::CpuBackend(ThreadPool& pool, const kernels::KernelTable& kernel,
                       const CpuOptions& options)
    : pool_(pool), kernel_(kernel), options_(options) {}

template <typename Work>
void CpuBackend::share(int64_t count, int64_t cost, const Work& work) {
  constexpr int64_t kWorthWaking = 1 << 14;  // multiplications: some two microseconds
  if (count <= 0) return;
  if (pool_.size() == 1 || count == 1 || count * cost < kWorthWaking) {
    work(int64_t{0}, count);
    return;
  }
  pool_.run(static_cast<size_t>(count), [&](size_t begin, size_t end) {
    work(static_cast<int64_t>(begin), static_cast<int64_t>(end));
  });
}

Tensor CpuBackend::make(const Shape& shape) {
  return {shape, buffers_.floats(static_cast<size_t>(count_of(shape)))};
}

Tensor CpuBackend::parameter(const HostTensor& weights) {
  if (weights.shape.size() == 2) {
    const bool wants_blocks = options_.weights == WeightType::kInt8Block;
    if (weights.type == DType::kI8Block &&
        (wants_blocks || options_.weights == WeightType::kAsStored)) {
      return {weights.shape, std::make_shared<PackedInt8Block>(weights, weight_memory_)};
    }
    if (wants_blocks && weights.type != DType::kI8 && weights.type != DType::kI4 &&
        weights.shape[1] % kInt8Block == 0) {
      const Int8BlockMatrix blocks = to_int8_blocks(weights);
      return {weights.shape, std::make_shared<PackedInt8Block>(blocks.view(), weight_memory_)};
    }
    const bool is_int4 = weights.type == DType::kI4 ||
                         (options_.weights == WeightType::kInt4 && weights.type != DType::kI8 &&
                          weights.shape[1] % kInt4Block == 0);
    if (is_int4)
      return {weights.shape, std::make_shared<PackedInt4>(to_int4(weights), weight_memory_)};
    if (weights.type == DType::kI8 || options_.weights == WeightType::kInt8 ||
        options_.weights == WeightType::kInt4 || wants_blocks) {
      return {weights.shape, std::make_shared<PackedInt8>(to_int8(weights), weight_memory_)};
    }
    if (weights.type == DType::kBF16 || options_.weights == WeightType::kBFloat16) {
      return {weights.shape, std::make_shared<HalvedMatrix>(weights, weight_memory_)};
    }
  }
  Tensor y{weights.shape, std::make_shared<Floats>(static_cast<size_t>(count_of(weights.shape)))};
  if (weights.type == DType::kF32) {
    if (!weights.bytes.empty()) std::memcpy(floats(y), weights.bytes.data(), weights.bytes.size());
  } else {
    std::ranges::copy(to_floats(weights), floats(y));
  }
  return y;
}

Tensor CpuBackend::indices(std::span<const int32_t> ids, int64_t rows, int64_t length) {
  assert(static_cast<int64_t>(ids.size()) == rows * length);
  auto storage = buffers_.indices();
  storage->ids.assign(ids.begin(), ids.end());
  return {{rows, length}, std::move(storage)};
}

std::vector<float> CpuBackend::to_host(const Tensor& tensor) {
  const float* x = floats(tensor);
  return {x, x + count_of(tensor.shape)};
}

void CpuBackend::copy_to_host(const Tensor& tensor, std::span<float> to) {
  assert(static_cast<int64_t>(to.size()) == count_of(tensor.shape));
  std::copy_n(floats(tensor), to.size(), to.begin());
}

Tensor CpuBackend::embed(const Tensor& table, const Tensor& ids) {
  const int64_t V = table.dim(0);
  const int64_t D = table.dim(1);
  Tensor y = make({ids.dim(0), ids.dim(1), D});
  float* out = floats(y);
  const PackedMatrix* packed = packed_of(table);
  const HalvedMatrix* halved = halved_of(table);
  for (const int32_t id : static_cast<const Indices&>(*ids.storage).ids) {
    if (id < 0 || id >= V) {
      throw Error(ErrorCode::kInvalidArgument, "token id " + std::to_string(id) +
                                                   " is outside the vocabulary, 0.." +
                                                   std::to_string(V - 1));
    }
    if (packed != nullptr) {
      packed->row(id, out);
    } else if (halved != nullptr) {
      std::transform(halved->data() + id * D, halved->data() + (id + 1) * D, out, kernels::widened);
    } else {
      std::memcpy(out, floats(table) + id * D, static_cast<size_t>(D) * sizeof(float));
    }
    out += D;
  }
  return y;
}

/// The rows of x in int8, valid until the next call; their blocks' sums too, if some weight is
/// int4.
kernels::Int8Rows CpuBackend::rounded(const Tensor& x, bool has_int4) {
  const int64_t M = x.dim(-1);
  const int64_t rows = rows_of(x);
  const auto stride = static_cast<size_t>((M + kInt4Block - 1) / kInt4Block * kInt4Block);
  const size_t blocks = stride / static_cast<size_t>(kInt4Block);
  bytes_.resize(std::max(bytes_.size(), static_cast<size_t>(rows) * stride));
  scales_.resize(std::max(scales_.size(), static_cast<size_t>(rows)));
  block_sums_.resize(std::max(block_sums_.size(), static_cast<size_t>(rows) * blocks));
  const float* in = floats(x);
  share(rows, 2 * M / kBytesAtOnce, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const auto row = static_cast<size_t>(r);
      scales_[row] =
          kernel_.quantize(in + r * M, bytes_.data() + row * stride, static_cast<size_t>(M));
      if (has_int4) sum_blocks(bytes_.data() + row * stride, blocks, &block_sums_[row * blocks]);
    }
  });
  return {.bytes = bytes_.data(),
          .scales = scales_.data(),
          .stride = stride,
          .count = static_cast<size_t>(rows),
          .block_sums = block_sums_.data()};
}

/// One job over the panels of all weights, one matrix after the other.
void CpuBackend::linears_packed(std::span<const Tensor* const> weights, const Tensor& x,
                                std::span<Tensor> y) {
  const auto is_int4 = [](const Tensor* weight) { return packed_of(*weight)->wants_block_sums(); };
  const kernels::Int8Rows in = rounded(x, std::ranges::any_of(weights, is_int4));
  size_t panels = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    assert(weights[i]->dim(1) == x.dim(-1));
    y[i] = make(with_last(x.shape, weights[i]->dim(0)));
    panels += packed_of(*weights[i])->panel_count();
  }
  const auto width = static_cast<int64_t>(kernels::kPanelColumns);
  const int64_t cost = width * x.dim(-1) * static_cast<int64_t>(in.count) / kBytesAtOnce;
  share(static_cast<int64_t>(panels), cost, [&](int64_t from, int64_t to) {
    auto begin = static_cast<size_t>(from);
    auto end = static_cast<size_t>(to);
    for (size_t i = 0; i < weights.size() && end > 0; ++i) {
      const PackedMatrix& weight = *packed_of(*weights[i]);
      const size_t count = weight.panel_count();
      if (begin < count) {
        weight.multiply(kernel_, begin, std::min(end, count), in, floats(y[i]));
      }
      begin -= std::min(begin, count);
      end -= std::min(end, count);
    }
  });
}

void CpuBackend::linears(std::span<const Tensor* const> weights, const Tensor& x,
                         std::span<Tensor> y) {
  const auto is_int8 = [](const Tensor* weight) { return packed_of(*weight) != nullptr; };
  if (std::ranges::all_of(weights, is_int8)) {
    linears_packed(weights, x, y);
  } else {
    for (size_t i = 0; i < weights.size(); ++i) y[i] = linear(*weights[i], x);
  }
}

Tensor CpuBackend::linear(const Tensor& weight, const Tensor& x) {
  if (packed_of(weight) == nullptr) return linear_float(weight, x);
  Tensor y;
  linears_packed(std::array{&weight}, x, {&y, 1});
  return y;
}

Tensor CpuBackend::linear_float(const Tensor& weight, const Tensor& x) {
  constexpr int64_t kGrain = 8;  // rows of weight that a thread takes together
  const int64_t N = weight.dim(0);
  const int64_t M = weight.dim(1);
  assert(x.dim(-1) == M);
  const int64_t rows = rows_of(x);
  Tensor y = make(with_last(x.shape, N));
  const HalvedMatrix* halved = halved_of(weight);
  const float* in = floats(x);
  const auto multiply = [&](const auto& kernel, const auto* w, int64_t first, int64_t count) {
    kernel(w + first * M, static_cast<size_t>(M), static_cast<size_t>(count), in,
           static_cast<size_t>(M), static_cast<size_t>(rows), floats(y) + first,
           static_cast<size_t>(N), static_cast<size_t>(M));
  };
  share((N + kGrain - 1) / kGrain, kGrain * M * rows, [&](int64_t begin, int64_t end) {
    const int64_t first = begin * kGrain;
    const int64_t count = std::min(end * kGrain, N) - first;
    if (halved != nullptr) {
      multiply(kernel_.linear_bfloat16, halved->data(), first, count);
    } else {
      multiply(kernel_.linear, floats(weight), first, count);
    }
  });
  return y;
}

Tensor CpuBackend::add(const Tensor& a, const Tensor& b) {
  assert(a.shape == b.shape);
  Tensor y = make(a.shape);
  const int64_t D = a.dim(-1);
  share(rows_of(a), D, [&](int64_t begin, int64_t end) {
    const auto count = static_cast<size_t>((end - begin) * D);
    kernel_.add(floats(a) + begin * D, floats(b) + begin * D, floats(y) + begin * D, count);
  });
  return y;
}

Tensor CpuBackend::rms_norm(const Tensor& gain, const Tensor& x, float eps) {
  Tensor y = make(x.shape);
  const int64_t D = x.dim(-1);
  assert(gain.dim(0) == D);
  share(rows_of(x), 2 * D, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      kernel_.rms_norm(floats(x) + r * D, floats(gain), eps, floats(y) + r * D,
                       static_cast<size_t>(D));
    }
  });
  return y;
}

Tensor CpuBackend::layer_norm(const Tensor& gain, const Tensor& bias, const Tensor& x, float eps) {
  Tensor y = make(x.shape);
  const int64_t D = x.dim(-1);
  assert(gain.dim(0) == D && bias.dim(0) == D);
  share(rows_of(x), 4 * D, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      kernel_.layer_norm(floats(x) + r * D, floats(gain), floats(bias), eps, floats(y) + r * D,
                         static_cast<size_t>(D));
    }
  });
  return y;
}

Tensor CpuBackend::add_bias(const Tensor& x, const Tensor& bias) {
  Tensor y = make(x.shape);
  const int64_t N = x.dim(-1);
  assert(bias.dim(0) == N);
  share(rows_of(x), N, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      kernel_.add(floats(x) + r * N, floats(bias), floats(y) + r * N, static_cast<size_t>(N));
    }
  });
  return y;
}

Tensor CpuBackend::gelu(const Tensor& x) {
  Tensor y = make(x.shape);
  const int64_t F = x.dim(-1);
  share(rows_of(x), kCostOfExponential * F, [&](int64_t begin, int64_t end) {
    const auto count = static_cast<size_t>((end - begin) * F);
    kernel_.gelu(floats(x) + begin * F, floats(y) + begin * F, count);
  });
  return y;
}

Tensor CpuBackend::swiglu(const Tensor& gate, const Tensor& up) {
  assert(gate.shape == up.shape);
  Tensor y = make(gate.shape);
  const int64_t F = gate.dim(-1);
  share(rows_of(gate), kCostOfExponential * F, [&](int64_t begin, int64_t end) {
    const auto count = static_cast<size_t>((end - begin) * F);
    kernel_.swiglu(floats(gate) + begin * F, floats(up) + begin * F, floats(y) + begin * F, count);
  });
  return y;
}

Tensor CpuBackend::gated_linear(const Tensor& gate, const Tensor& up, const Tensor& x) {
  const auto* gates = dynamic_cast<const PackedInt8*>(gate.storage.get());
  const auto* ups = dynamic_cast<const PackedInt8*>(up.storage.get());
  if (gates == nullptr || ups == nullptr) return Backend::gated_linear(gate, up, x);
  assert(gate.shape == up.shape && gate.dim(1) == x.dim(-1));
  const int64_t F = gate.dim(0);
  const kernels::Int8Rows in = rounded(x, false);
  Tensor y = make(with_last(x.shape, F));
  const auto width = static_cast<int64_t>(kernels::kPanelColumns);
  const int64_t cost =
      (2 * x.dim(-1) / kBytesAtOnce + kCostOfExponential) * width * static_cast<int64_t>(in.count);
  share(static_cast<int64_t>(gates->panel_count()), cost, [&](int64_t begin, int64_t end) {
    kernel_.gated_int8(gates->panels(), ups->panels(), static_cast<size_t>(begin),
                       static_cast<size_t>(end), in, floats(y), static_cast<size_t>(F));
  });
  return y;
}

Tensor CpuBackend::rope_each(const Tensor& x, int64_t head_size, const RopeConfig& config,
                             std::span<const int64_t> positions) {
  constexpr std::array<int64_t, 1> kZero{0};
  const int64_t B = x.dim(0);
  const int64_t T = x.dim(1);
  const int64_t width = x.dim(2);
  const int64_t S = head_size;
  assert(S % 2 == 0 && width % S == 0);
  assert(positions.empty() || static_cast<int64_t>(positions.size()) == B);
  rotary_.prepare(head_size, config,
                  positions.empty() ? std::span<const int64_t>(kZero) : positions, T);
  const int64_t rows = positions.empty() ? T : B * T;  // of the table
  Tensor y = make(x.shape);
  share(B * T, 4 * width, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      for (int64_t i = row * width; i < (row + 1) * width; i += S) {
        kernel_.rope(floats(x) + i, rotary_.cosine(row % rows), rotary_.sine(row % rows),
                     floats(y) + i, static_cast<size_t>(S / 2));
      }
    }
  });
  return y;
}

/// Fills stores_ and starts_: one a sequence, or none where nothing is stored.
void CpuBackend::append(const Tensor& k, const Tensor& v, const AttentionShape& shape,
                        std::span<KvLayer* const> caches, std::span<const int64_t> positions) {
  const int64_t B = k.dim(0);
  const int64_t T = k.dim(1);
  const int64_t K = shape.kv_heads;
  const int64_t S = shape.head_size;
  starts_.assign(static_cast<size_t>(B), 0);
  std::ranges::copy(positions, starts_.begin());
  stores_.assign(static_cast<size_t>(B), nullptr);
  // Keys and values are rounded whether they are kept or not: the same logits either way.
  if (caches.empty() && options_.cache == CacheType::kFloat32) return;
  passing_.clear();
  if (caches.empty()) passing_.resize(static_cast<size_t>(B));
  const KvLayout layout(options_.cache, K, S);
  for (size_t b = 0; b < stores_.size(); ++b) {
    KvLayer& layer = caches.empty() ? passing_[b] : *caches[b];
    stores_[b] = &own(layer, pages_, layout, starts_[b], starts_[b] + T);
  }
  share(B * K, 4 * T * S, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t batch = item / K;
      const int64_t head = item % K;
      const auto b = static_cast<size_t>(batch);
      auto& store = const_cast<KvStore&>(*stores_[b]);  // ours alone: see own()
      for (int64_t t = 0; t < T; ++t) {
        const int64_t at = ((batch * T + t) * K + head) * S;
        store.put(kernel_, head, starts_[b] + t, floats(k) + at, floats(v) + at);
      }
    }
  });
}

/// The turn that brings sinks to where the window begins, for each block of each sequence.
void CpuBackend::prepare_sinks(const AttentionShape& shape, int64_t length, int64_t blocks,
                               std::span<const int64_t> positions) {
  shifts_.clear();
  bool any = false;
  for (size_t b = 0; b < stores_.size(); ++b) {
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t at = positions[b] / kQueryBlock + block;
      const KvStore* store = stores_[b];
      const bool is_there = at * kQueryBlock < positions[b] + length && store != nullptr;
      const int64_t pages =
          is_there ? store->first_seen(at * kQueryBlock) - store->sink_pages() : 0;
      const bool is_shifted = is_there && store->sink_pages() > 0 && pages > 0;
      shifts_.push_back(is_shifted ? -pages * kPagePositions : 0);
      any = any || is_shifted;
    }
  }
  if (!any || !shape.rope) {
    shifts_.clear();
    return;
  }
  RopeConfig turn = *shape.rope;
  turn.attention_factor = 1.0F;
  shift_table_.prepare(shape.head_size, turn, shifts_, 1);
}

Tensor CpuBackend::attention_each(const Tensor& q, const Tensor& k, const Tensor& v,
                                  const AttentionShape& shape, std::span<KvLayer* const> caches,
                                  std::span<const int64_t> positions) {
  const int64_t B = q.dim(0);
  const int64_t T = q.dim(1);
  const int64_t S = shape.head_size;
  const int64_t H = shape.heads;
  const int64_t K = shape.kv_heads;
  assert(q.dim(2) == H * S && k.dim(2) == K * S && k.shape == v.shape);
  assert(caches.size() == positions.size());
  assert(caches.empty() || static_cast<int64_t>(caches.size()) == B);
  append(k, v, shape, caches, positions);
  int64_t blocks = 1;
  int64_t width = 0;
  for (size_t b = 0; b < stores_.size(); ++b) {
    const int64_t end = starts_[b] + T;
    blocks = std::max(blocks, (end - 1) / kQueryBlock - starts_[b] / kQueryBlock + 1);
    width = std::max(width, seen_width(stores_[b], starts_[b], end));
  }
  prepare_sinks(shape, T, blocks, starts_);
  const int64_t rows = H / K * std::min(T, kQueryBlock);
  const int64_t scratch_size = attention_scratch(rows, width, S);
  const bool is_int8 = options_.cache == CacheType::kInt8;
  const int64_t cost = 2 * rows * width * S / (is_int8 ? kBytesAtOnce : 1);
  // A scratch for each share that pool_.run makes.
  const auto scratches = static_cast<int64_t>(pool_.most_shares());
  const Tensor scratch = make({scratches, scratch_size});
  std::atomic<int64_t> taken{0};
  Tensor y = make(q.shape);
  share(B * K * blocks, cost, [&](int64_t begin, int64_t end) {
    float* memory = floats(scratch) + taken.fetch_add(1) * scratch_size;
    for (int64_t item = begin; item < end; ++item) {
      // Sequences side by side: what forks share is then read once.
      const int64_t batch = item % B;
      const int64_t block = item / B % blocks;
      const int64_t head = item / B / blocks;
      const int64_t start = starts_[static_cast<size_t>(batch)];
      const int64_t whole = (start / kQueryBlock + block) * kQueryBlock;
      const int64_t first = std::max(whole, start);
      const int64_t count = std::min(whole + kQueryBlock, start + T) - first;
      if (count <= 0) continue;
      const int64_t at = ((batch * T + first - start) * H + head * (H / K)) * S;
      const int64_t shift = batch * blocks + block;
      const bool is_shifted = !shifts_.empty() && shifts_[static_cast<size_t>(shift)] != 0;
      const auto next = static_cast<size_t>((item + 1) % B);
      const bool is_last = item + 1 == end;
      attend(kernel_,
             {.store = stores_[static_cast<size_t>(batch)],
              .loose = {.keys = floats(k) + (batch * T * K + head) * S,
                        .values = floats(v) + (batch * T * K + head) * S,
                        .stride = K * S},
              .kv_head = head,
              .heads = H / K,
              .head_size = S,
              .first = first,
              .count = count,
              .q = floats(q) + at,
              .y = floats(y) + at,
              .stride = H * S,
              .cosine = is_shifted ? shift_table_.cosine(shift) : nullptr,
              .sine = is_shifted ? shift_table_.sine(shift) : nullptr,
              .next = is_last ? nullptr
                              : first_keys(stores_[next], (item + 1) / B / blocks, starts_[next])},
             memory);
    }
  });
  passing_.clear();
  return y;
}

Tensor CpuBackend::last(const Tensor& x) {
  const int64_t B = x.dim(0);
  const int64_t T = x.dim(1);
  const int64_t D = x.dim(2);
  Tensor y = make({B, 1, D});
  for (int64_t b = 0; b < B; ++b) {
    std::memcpy(floats(y) + b * D, floats(x) + ((b + 1) * T - 1) * D,
                static_cast<size_t>(D) * sizeof(float));
  }
  return y;
}

}  // namespace motet::nn
