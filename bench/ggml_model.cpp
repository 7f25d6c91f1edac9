// SPDX-License-Identifier: Apache-2.0
#include "bench/ggml_model.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "motet/base/error.h"

namespace motet::bench {
namespace {

constexpr size_t kMostTensors = 4096;
constexpr size_t kMostNodes = 4096;

ggml_context_ptr make_context(size_t tensors) {
  return ggml_context_ptr(ggml_init(
      {.mem_size = tensors * ggml_tensor_overhead() + ggml_graph_overhead_custom(kMostNodes, false),
       .mem_buffer = nullptr,
       .no_alloc = true}));
}

ggml_backend_buffer_ptr allocate(ggml_context* context, ggml_backend_buffer_type_t type) {
  ggml_backend_buffer_ptr buffer(ggml_backend_alloc_ctx_tensors_from_buft(context, type));
  if (!buffer) throw Error(ErrorCode::kInvalidArgument, "ggml: could not allocate");
  return buffer;
}

/// Whether the processor's backend multiplies by such a matrix when it lies in this memory.
bool multiplies_from(ggml_backend_dev_t device, ggml_backend_buffer_type_t memory, ggml_type type,
                     const models::DecoderConfig& config) {
  const ggml_context_ptr context = make_context(4);
  ggml_tensor* w =
      ggml_new_tensor_2d(context.get(), type, config.hidden_size, config.intermediate_size);
  ggml_tensor* x = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, config.hidden_size, 1);
  ggml_tensor* y = ggml_mul_mat(context.get(), w, x);
  const ggml_backend_buffer_ptr nothing(ggml_backend_buft_alloc_buffer(memory, 0));
  w->buffer = nothing.get();
  const bool does = ggml_backend_dev_supports_op(device, y);
  w->buffer = nullptr;
  return does;
}

/// The layout that llama.cpp would choose: the first of ggml's own that can hold such matrices. Not
/// AMX's, in which ggml d99724f ends with a segmentation fault here.
ggml_backend_buffer_type_t preferred_memory(ggml_backend_t backend, ggml_type type,
                                            const models::DecoderConfig& config) {
  ggml_backend_dev_t device = ggml_backend_get_device(backend);
  const auto extra =
      reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(ggml_backend_reg_get_proc_address(
          ggml_backend_dev_backend_reg(device), "ggml_backend_dev_get_extra_bufts"));
  if (extra != nullptr) {
    for (ggml_backend_buffer_type_t* each = extra(device); each != nullptr && *each != nullptr;
         ++each) {
      const bool is_amx = std::string_view(ggml_backend_buft_name(*each)) == "AMX";
      if (!is_amx && multiplies_from(device, *each, type, config)) return *each;
    }
  }
  return ggml_backend_cpu_buffer_type();
}

}  // namespace

GgmlModel::GgmlModel(const models::DecoderConfig& config, ggml_type weights, size_t threads)
    : config_(config), tables_(make_context(kMostTensors)), matrices_(make_context(kMostTensors)) {
  ggml_threadpool_params params = ggml_threadpool_params_default(static_cast<int>(threads));
  pool_.reset(ggml_threadpool_new(&params));
  backend_.reset(ggml_backend_cpu_init());
  ggml_backend_cpu_set_n_threads(backend_.get(), static_cast<int>(threads));
  ggml_backend_cpu_set_threadpool(backend_.get(), pool_.get());
  const int64_t D = config.hidden_size;
  const int64_t F = config.intermediate_size;
  const int64_t Q = config.num_attention_heads * config.head_size();
  const int64_t K = config.num_key_value_heads * config.head_size();
  const auto gain = [&] { return ggml_new_tensor_1d(tables_.get(), GGML_TYPE_F32, D); };
  embed_ = ggml_new_tensor_2d(tables_.get(), GGML_TYPE_Q8_0, D, config.vocab_size);
  norm_ = gain();
  head_ = matrix(weights, config.vocab_size, D);
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) {
    blocks_.push_back({.input_norm = gain(),
                       .q = matrix(weights, Q, D),
                       .k = matrix(weights, K, D),
                       .v = matrix(weights, K, D),
                       .o = matrix(weights, D, Q),
                       .attention_norm = gain(),
                       .gate = matrix(weights, F, D),
                       .up = matrix(weights, F, D),
                       .down = matrix(weights, D, F)});
  }
  tables_memory_ = allocate(tables_.get(), ggml_backend_cpu_buffer_type());
  matrices_memory_ = allocate(matrices_.get(), preferred_memory(backend_.get(), weights, config));
  ggml_backend_buffer_set_usage(matrices_memory_.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
  for (ggml_context* context : {tables_.get(), matrices_.get()}) {
    for (ggml_tensor* each = ggml_get_first_tensor(context); each != nullptr;
         each = ggml_get_next_tensor(context, each)) {
      fill(each);
    }
  }
}

ggml_tensor* GgmlModel::matrix(ggml_type type, int64_t rows, int64_t columns) const {
  return ggml_new_tensor_2d(matrices_.get(), type, columns, rows);
}

/// Ones for gains, and for matrices a pattern of small numbers: their values cost nobody time.
void GgmlModel::fill(ggml_tensor* tensor) const {
  const int64_t width = tensor->ne[0];
  const int64_t rows = ggml_nrows(tensor);
  std::vector<float> row(static_cast<size_t>(width), 1.0F);
  if (tensor->type != GGML_TYPE_F32) {
    uint32_t state = 1;
    for (float& x : row) {  // Numerical Recipes' generator
      state = state * 1664525U + 1013904223U;
      x = (static_cast<float>(state >> 8) * 0x1p-23F - 1.0F) / std::sqrt(static_cast<float>(width));
    }
  }
  const size_t row_bytes = ggml_row_size(tensor->type, width);
  std::vector<uint8_t> bytes(row_bytes * static_cast<size_t>(rows));
  ggml_quantize_chunk(tensor->type, row.data(), bytes.data(), 0, 1, width, nullptr);
  for (size_t r = 1; r < static_cast<size_t>(rows); ++r) {
    std::copy_n(bytes.data(), row_bytes, bytes.data() + r * row_bytes);
  }
  ggml_backend_tensor_set(tensor, bytes.data(), 0, bytes.size());
}

GgmlCache GgmlModel::make_cache(ggml_type type, int64_t positions) const {
  GgmlCache cache{.context = make_context(kMostTensors), .buffer = {}, .keys = {}, .values = {}};
  const int64_t width = config_.num_key_value_heads * config_.head_size();
  for (size_t i = 0; i < blocks_.size(); ++i) {
    cache.keys.push_back(ggml_new_tensor_2d(cache.context.get(), type, width, positions));
    cache.values.push_back(ggml_new_tensor_2d(cache.context.get(), type, width, positions));
  }
  cache.buffer = allocate(cache.context.get(), ggml_backend_cpu_buffer_type());
  ggml_backend_buffer_clear(cache.buffer.get(), 0);
  return cache;
}

ggml_tensor* GgmlModel::attend(const Pass& pass, const GgmlCache& cache, size_t layer,
                               ggml_tensor* x, int64_t width) const {
  ggml_context* on = pass.context.get();
  const GgmlBlock& block = blocks_[layer];
  const int64_t S = config_.head_size();
  const int64_t tokens = x->ne[1];
  const auto turned = [&](ggml_tensor* weight, int64_t heads) {
    ggml_tensor* y = ggml_reshape_3d(on, ggml_mul_mat(on, weight, x), S, heads, tokens);
    return ggml_rope_ext(on, y, pass.positions, nullptr, static_cast<int>(S), GGML_ROPE_TYPE_NEOX,
                         0, config_.rope.theta, 1.0F, 0.0F, 1.0F, 32.0F, 1.0F);
  };
  ggml_tensor* q = turned(block.q, config_.num_attention_heads);
  ggml_tensor* k = turned(block.k, config_.num_key_value_heads);
  ggml_tensor* v = ggml_mul_mat(on, block.v, x);
  ggml_tensor* keys = cache.keys[layer];
  ggml_tensor* values = cache.values[layer];
  const int64_t kv_width = config_.num_key_value_heads * S;
  ggml_build_forward_expand(
      pass.graph, ggml_set_rows(on, keys, ggml_reshape_2d(on, k, kv_width, tokens), pass.rows));
  ggml_build_forward_expand(pass.graph, ggml_set_rows(on, values, v, pass.rows));
  const auto seen = [&](ggml_tensor* all) {
    return ggml_view_3d(on, all, S, width, config_.num_key_value_heads, all->nb[1],
                        ggml_row_size(all->type, S), 0);
  };
  ggml_tensor* y =
      ggml_flash_attn_ext(on, ggml_permute(on, q, 0, 2, 1, 3), seen(keys), seen(values), pass.mask,
                          1.0F / std::sqrt(static_cast<float>(S)), 0.0F, 0.0F);
  y = ggml_reshape_2d(on, y, config_.num_attention_heads * S, tokens);
  return ggml_mul_mat(on, block.o, y);
}

GgmlModel::Pass GgmlModel::make_pass(const GgmlCache& cache, int64_t width, int64_t tokens) const {
  Pass pass{.context = make_context(kMostTensors),
            .memory = ggml_gallocr_ptr(ggml_gallocr_new(ggml_backend_cpu_buffer_type())),
            .graph = nullptr,
            .ids = nullptr,
            .positions = nullptr,
            .rows = nullptr,
            .mask = nullptr};
  ggml_context* on = pass.context.get();
  pass.graph = ggml_new_graph_custom(on, kMostNodes, false);
  pass.ids = ggml_new_tensor_1d(on, GGML_TYPE_I32, tokens);
  pass.positions = ggml_new_tensor_1d(on, GGML_TYPE_I32, tokens);
  pass.rows = ggml_new_tensor_1d(on, GGML_TYPE_I64, tokens);
  pass.mask = ggml_new_tensor_2d(on, GGML_TYPE_F16, width, tokens);
  for (ggml_tensor* each : {pass.ids, pass.positions, pass.rows, pass.mask}) ggml_set_input(each);
  const auto normed = [&](ggml_tensor* x, ggml_tensor* gain) {
    return ggml_mul(on, ggml_rms_norm(on, x, config_.norm_eps), gain);
  };
  ggml_tensor* x = ggml_get_rows(on, embed_, pass.ids);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const GgmlBlock& block = blocks_[i];
    x = ggml_add(on, x, attend(pass, cache, i, normed(x, block.input_norm), width));
    ggml_tensor* m = normed(x, block.attention_norm);
    ggml_tensor* inner =
        ggml_swiglu_split(on, ggml_mul_mat(on, block.gate, m), ggml_mul_mat(on, block.up, m));
    x = ggml_add(on, x, ggml_mul_mat(on, block.down, inner));
  }
  x = ggml_view_2d(on, x, x->ne[0], 1, x->nb[1], static_cast<size_t>(tokens - 1) * x->nb[1]);
  ggml_tensor* logits = ggml_mul_mat(on, head_, normed(x, norm_));
  ggml_set_output(logits);
  ggml_build_forward_expand(pass.graph, logits);
  if (!ggml_gallocr_alloc_graph(pass.memory.get(), pass.graph)) {
    throw Error(ErrorCode::kInvalidArgument, "ggml: could not allocate its graph");
  }
  return pass;
}

void GgmlModel::run(const Pass& pass, int64_t first) const {
  const int64_t tokens = pass.ids->ne[0];
  const int64_t width = pass.mask->ne[0];
  std::vector<int32_t> ids(static_cast<size_t>(tokens), 5);
  std::vector<int32_t> positions;
  std::vector<int64_t> rows;
  std::vector<ggml_fp16_t> mask;
  const ggml_fp16_t seen = ggml_fp32_to_fp16(0.0F);
  const ggml_fp16_t hidden = ggml_fp32_to_fp16(-INFINITY);
  for (int64_t t = 0; t < tokens; ++t) {
    positions.push_back(static_cast<int32_t>(first + t));
    rows.push_back(first + t);
    for (int64_t at = 0; at < width; ++at) mask.push_back(at <= first + t ? seen : hidden);
  }
  ggml_backend_tensor_set(pass.ids, ids.data(), 0, ids.size() * sizeof(int32_t));
  ggml_backend_tensor_set(pass.positions, positions.data(), 0, positions.size() * sizeof(int32_t));
  ggml_backend_tensor_set(pass.rows, rows.data(), 0, rows.size() * sizeof(int64_t));
  ggml_backend_tensor_set(pass.mask, mask.data(), 0, mask.size() * sizeof(ggml_fp16_t));
  if (ggml_backend_graph_compute(backend_.get(), pass.graph) != GGML_STATUS_SUCCESS) {
    throw Error(ErrorCode::kInvalidArgument, "ggml: could not compute its graph");
  }
}

}  // namespace motet::bench
