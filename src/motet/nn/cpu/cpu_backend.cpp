// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/cpu/cpu_backend.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "motet/base/error.h"

namespace motet::nn {
namespace {

constexpr size_t kCacheLine = 64;
constexpr int64_t kCostOfExponential = 12;  // in multiplications

struct Free {
  void operator()(float* p) const noexcept { std::free(p); }
};

/// Uninitialised floats, aligned to a cache line.
std::unique_ptr<float[], Free> allocate(size_t count) {
  const size_t bytes = (std::max<size_t>(count, 1) * sizeof(float) + kCacheLine - 1) / kCacheLine;
  auto* floats = static_cast<float*>(std::aligned_alloc(kCacheLine, bytes * kCacheLine));
  if (floats == nullptr) throw std::bad_alloc();
  return std::unique_ptr<float[], Free>(floats);
}

struct Floats final : Storage {
  explicit Floats(size_t count) : data(allocate(count)) {}
  std::unique_ptr<float[], Free> data;
};

struct Int8Weights final : Storage {
  explicit Int8Weights(const Int8Matrix& weights) : matrix(weights) {}
  PackedInt8 matrix;
};

const PackedInt8* int8_of(const Tensor& tensor) {
  const auto* weights = dynamic_cast<const Int8Weights*>(tensor.storage.get());
  return weights == nullptr ? nullptr : &weights->matrix;
}

struct Indices final : Storage {
  std::vector<int32_t> ids;
};

Tensor make(Shape shape) {
  auto storage = std::make_shared<Floats>(static_cast<size_t>(count_of(shape)));
  return {std::move(shape), std::move(storage)};
}

float* floats(const Tensor& tensor) {
  assert(dynamic_cast<const Floats*>(tensor.storage.get()) != nullptr);
  return static_cast<Floats*>(tensor.storage.get())->data.get();
}

/// All dimensions but the last, as one.
int64_t rows_of(const Tensor& x) { return count_of(x.shape) / std::max<int64_t>(x.dim(-1), 1); }

Shape with_last(const Shape& shape, int64_t size) {
  Shape result = shape;
  result.back() = size;
  return result;
}

/// Keys or values of one key/value head: floats, position t at floats + t * stride, or int8.
struct HeadRows {
  const float* floats = nullptr;
  size_t stride = 0;
  kernels::Int8Rows bytes = {};  // where floats is null
};

struct HeadView {
  HeadRows keys;
  HeadRows values;
};

/// Attention of one query head at `count` consecutive positions, the first of which sees `seen`
/// positions. q and y: rows at q_stride. Each position is reduced alone, so that neither a block
/// nor a call's end changes a bit.
void attend(const kernels::KernelTable& kernel, HeadView head, const float* q, float* y,
            int64_t q_stride, int64_t count, int64_t seen, int64_t head_size,
            std::vector<float>& scores) {
  const auto S = static_cast<size_t>(head_size);
  const auto rows = static_cast<size_t>(count);
  const auto width = static_cast<size_t>(seen + count - 1);
  const auto step = static_cast<size_t>(q_stride);
  const float scale = 1.0F / std::sqrt(static_cast<float>(head_size));
  scores.resize(rows * width);
  if (head.keys.floats != nullptr) {
    kernel.linear(head.keys.floats, head.keys.stride, width, q, step, rows, scores.data(), width,
                  S);
  } else {
    head.keys.bytes.count = width;
    kernel.scores_int8(head.keys.bytes, q, step, rows, scores.data(), width, S);
  }
  for (int64_t t = 0; t < count; ++t) {
    float* weights = scores.data() + static_cast<size_t>(t) * width;
    const auto length = static_cast<size_t>(seen + t);
    const float sum = kernel.soften(weights, scale, length);
    if (head.values.floats != nullptr) {
      kernel.mix(weights, head.values.floats, head.values.stride, length, 1.0F / sum,
                 y + t * q_stride, S);
    } else {
      head.values.bytes.count = length;
      kernel.mix_int8(weights, head.values.bytes, 1.0F / sum, y + t * q_stride, S);
    }
  }
}

HeadRows rows_of_head(const KvStore& store, const KvRows& rows, int64_t head) {
  if (store.type == CacheType::kInt8) return {.bytes = store.head_bytes(rows, head, 0)};
  return {.floats = store.head_floats(rows, head), .stride = static_cast<size_t>(store.S)};
}

}  // namespace

CpuBackend::CpuBackend(ThreadPool& pool) : CpuBackend(pool, kernels::best()) {}

CpuBackend::CpuBackend(ThreadPool& pool, const kernels::KernelTable& kernel,
                       const CpuOptions& options)
    : pool_(pool), kernel_(kernel), options_(options) {}

template <typename Work>
void CpuBackend::share(int64_t count, int64_t cost, const Work& work) {
  constexpr int64_t kWorthWaking = 1 << 17;  // multiplications: some ten microseconds
  if (count <= 0) return;
  if (pool_.size() == 1 || count == 1 || count * cost < kWorthWaking) {
    work(int64_t{0}, count);
    return;
  }
  pool_.run(static_cast<size_t>(count), [&](size_t begin, size_t end) {
    work(static_cast<int64_t>(begin), static_cast<int64_t>(end));
  });
}

Tensor CpuBackend::parameter(const HostTensor& weights) {
  const bool is_int8 = weights.type == DType::kI8 || options_.weights == WeightType::kInt8;
  if (is_int8 && weights.shape.size() == 2) {
    return {weights.shape, std::make_shared<Int8Weights>(to_int8(weights))};
  }
  Tensor y = make(weights.shape);
  if (weights.type == DType::kF32) {
    if (!weights.bytes.empty()) std::memcpy(floats(y), weights.bytes.data(), weights.bytes.size());
  } else {
    std::ranges::copy(to_floats(weights), floats(y));
  }
  return y;
}

Tensor CpuBackend::indices(std::span<const int32_t> ids, int64_t rows, int64_t length) {
  assert(static_cast<int64_t>(ids.size()) == rows * length);
  auto storage = std::make_shared<Indices>();
  storage->ids.assign(ids.begin(), ids.end());
  return {{rows, length}, std::move(storage)};
}

std::vector<float> CpuBackend::to_host(const Tensor& tensor) {
  const float* x = floats(tensor);
  return {x, x + count_of(tensor.shape)};
}

Tensor CpuBackend::embed(const Tensor& table, const Tensor& ids) {
  const int64_t V = table.dim(0);
  const int64_t D = table.dim(1);
  Tensor y = make({ids.dim(0), ids.dim(1), D});
  float* out = floats(y);
  const PackedInt8* packed = int8_of(table);
  for (const int32_t id : static_cast<const Indices&>(*ids.storage).ids) {
    if (id < 0 || id >= V) {
      throw Error(ErrorCode::kInvalidArgument, "token id " + std::to_string(id) +
                                                   " is outside the vocabulary, 0.." +
                                                   std::to_string(V - 1));
    }
    if (packed != nullptr) {
      packed->row(id, out);
    } else {
      std::memcpy(out, floats(table) + id * D, static_cast<size_t>(D) * sizeof(float));
    }
    out += D;
  }
  return y;
}

Tensor CpuBackend::linear_int8(const PackedInt8& weight, const Tensor& x, int64_t columns) {
  const int64_t M = x.dim(-1);
  const int64_t rows = rows_of(x);
  const auto stride = static_cast<size_t>((M + 15) / 16 * 16);
  bytes_.resize(static_cast<size_t>(rows) * stride);
  scales_.resize(static_cast<size_t>(rows));
  const float* in = floats(x);
  share(rows, 2 * M, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const auto row = static_cast<size_t>(r);
      scales_[row] =
          kernel_.quantize(in + r * M, bytes_.data() + row * stride, static_cast<size_t>(M));
    }
  });
  Tensor y = make(with_last(x.shape, columns));
  float* out = floats(y);
  const kernels::Int8Panels panels = weight.panels();
  const kernels::Int8Rows bytes{.bytes = bytes_.data(),
                                .scales = scales_.data(),
                                .stride = stride,
                                .count = static_cast<size_t>(rows)};
  constexpr int64_t kBytesAtOnce = 8;  // an int8 multiplication costs an eighth of a float's
  const int64_t cost = static_cast<int64_t>(kernels::kPanelColumns) * M * rows / kBytesAtOnce;
  share(static_cast<int64_t>(weight.panel_count()), cost, [&](int64_t begin, int64_t end) {
    kernel_.linear_int8(panels, static_cast<size_t>(begin), static_cast<size_t>(end), bytes, out,
                        static_cast<size_t>(columns));
  });
  return y;
}

Tensor CpuBackend::linear(const Tensor& weight, const Tensor& x) {
  if (const PackedInt8* packed = int8_of(weight)) return linear_int8(*packed, x, weight.dim(0));
  constexpr int64_t kGrain = 8;  // rows of weight that a thread takes together
  const int64_t N = weight.dim(0);
  const int64_t M = weight.dim(1);
  assert(x.dim(-1) == M);
  const int64_t rows = rows_of(x);
  Tensor y = make(with_last(x.shape, N));
  const float* w = floats(weight);
  const float* in = floats(x);
  float* out = floats(y);
  share((N + kGrain - 1) / kGrain, kGrain * M * rows, [&](int64_t begin, int64_t end) {
    const int64_t first = begin * kGrain;
    const int64_t count = std::min(end * kGrain, N) - first;
    kernel_.linear(w + first * M, static_cast<size_t>(M), static_cast<size_t>(count), in,
                   static_cast<size_t>(M), static_cast<size_t>(rows), out + first,
                   static_cast<size_t>(N), static_cast<size_t>(M));
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

Tensor CpuBackend::attention_each(const Tensor& q, const Tensor& k, const Tensor& v,
                                  const AttentionShape& shape, std::span<KvLayer* const> caches,
                                  std::span<const int64_t> positions) {
  constexpr int64_t kQueryBlock = 16;  // positions that share one pass over the keys
  const int64_t B = q.dim(0);
  const int64_t T = q.dim(1);
  const int64_t S = shape.head_size;
  const int64_t H = shape.heads;
  const int64_t K = shape.kv_heads;
  assert(q.dim(2) == H * S && k.dim(2) == K * S && k.shape == v.shape);
  assert(caches.size() == positions.size());
  assert(caches.empty() || static_cast<int64_t>(caches.size()) == B);
  // int8 rounds keys and values whether they are kept or not: the same logits either way.
  const bool is_stored = !caches.empty() || options_.cache == CacheType::kInt8;
  std::vector<KvLayer> passing(caches.empty() && is_stored ? static_cast<size_t>(B) : 0);
  const auto position_of = [&](int64_t batch) {
    return positions.empty() ? int64_t{0} : positions[static_cast<size_t>(batch)];
  };
  std::vector<const KvStore*> stores;
  for (int64_t batch = 0; is_stored && batch < B; ++batch) {
    const auto at_batch = static_cast<size_t>(batch);
    KvLayer& layer = caches.empty() ? passing[at_batch] : *caches[at_batch];
    const int64_t position = position_of(batch);
    KvStore& store = own(layer, options_.cache, shape, position, position + T);
    const int64_t at = batch * T * K * S;
    store.append(kernel_, floats(k) + at, floats(v) + at, T, position);
    stores.push_back(&store);
  }
  const auto view = [&](int64_t batch, int64_t head) -> HeadView {
    if (is_stored) {
      const KvStore& store = *stores[static_cast<size_t>(batch)];
      return {rows_of_head(store, store.keys, head), rows_of_head(store, store.values, head)};
    }
    const int64_t at = (batch * T * K + head) * S;
    const auto stride = static_cast<size_t>(K * S);
    return {{.floats = floats(k) + at, .stride = stride},
            {.floats = floats(v) + at, .stride = stride}};
  };

  Tensor y = make(q.shape);
  const int64_t blocks = (T + kQueryBlock - 1) / kQueryBlock;
  const int64_t longest = positions.empty() ? 0 : std::ranges::max(positions);
  const int64_t cost = 2 * std::min(T, kQueryBlock) * (longest + T) * S;
  share(B * H * blocks, cost, [&](int64_t begin, int64_t end) {
    std::vector<float> scores;
    for (int64_t item = begin; item < end; ++item) {
      const int64_t first = item % blocks * kQueryBlock;
      const int64_t head = item / blocks % H;
      const int64_t batch = item / blocks / H;
      const int64_t at = ((batch * T + first) * H + head) * S;
      attend(kernel_, view(batch, head / (H / K)), floats(q) + at, floats(y) + at, H * S,
             std::min(kQueryBlock, T - first), position_of(batch) + first + 1, S, scores);
    }
  });
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
