// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ggml-cpp.h>
#include <ggml-cpu.h>

#include <cstdint>
#include <vector>

#include "motet/models/decoder.h"

namespace motet::bench {

struct GgmlBlock {
  ggml_tensor *input_norm, *q, *k, *v, *o, *attention_norm, *gate, *up, *down;
};

/// Keys and values of every layer, [K*S, positions] each.
struct GgmlCache {
  ggml_context_ptr context;
  ggml_backend_buffer_ptr buffer;
  std::vector<ggml_tensor*> keys, values;
};

/// The same decoder as ggml's own graph, of random weights, built as llama.cpp builds it: fused
/// attention, rows set into a cache, weights in the layout that ggml's processor backend prefers.
class GgmlModel {
 public:
  /// weights: Q8_0 or Q4_0. The table of tokens is Q8_0, as in llama.cpp's own files.
  GgmlModel(const models::DecoderConfig& config, ggml_type weights, size_t threads);

  GgmlCache make_cache(ggml_type type, int64_t positions) const;

  /// A pass over `tokens` positions that sees the first `width` of the cache.
  struct Pass {
    ggml_context_ptr context;
    ggml_gallocr_ptr memory;
    ggml_cgraph* graph;
    ggml_tensor *ids, *positions, *rows, *mask;
  };
  Pass make_pass(const GgmlCache& cache, int64_t width, int64_t tokens) const;
  /// Runs it at `first` and the positions behind it.
  void run(const Pass& pass, int64_t first) const;

 private:
  struct StopThreads {
    void operator()(ggml_threadpool* pool) const { ggml_threadpool_free(pool); }
  };

  ggml_tensor* matrix(ggml_type type, int64_t rows, int64_t columns) const;
  void fill(ggml_tensor* tensor) const;
  ggml_tensor* attend(const Pass& pass, const GgmlCache& cache, size_t layer, ggml_tensor* x,
                      int64_t width) const;

  models::DecoderConfig config_;
  std::unique_ptr<ggml_threadpool, StopThreads> pool_;
  ggml_backend_ptr backend_;
  ggml_context_ptr tables_, matrices_;  // the latter in the preferred layout
  ggml_backend_buffer_ptr tables_memory_, matrices_memory_;
  ggml_tensor *embed_, *norm_, *head_;
  std::vector<GgmlBlock> blocks_;
};

}  // namespace motet::bench
