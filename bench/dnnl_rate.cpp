// SPDX-License-Identifier: Apache-2.0
#include "bench/dnnl_rate.h"

#ifdef MOTET_HAS_DNNL
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <oneapi/dnnl/dnnl.hpp>

namespace motet::bench {
namespace {

using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

/// Seconds of the fastest of many products of [rows, depth] by [depth, columns], weights in the
/// layout that the library prefers.
double fastest_product(const dnnl::engine& engine, int64_t rows, int64_t columns, int64_t depth) {
  constexpr int kTries = 60;
  const dnnl::memory::desc x({rows, depth}, Type::u8, Tag::ab);
  const dnnl::memory::desc w({depth, columns}, Type::s8, Tag::any);
  const dnnl::memory::desc y({rows, columns}, Type::s32, Tag::ab);
  const dnnl::matmul::primitive_desc plan(dnnl::matmul::desc(x, w, y), engine);
  const dnnl::matmul product(plan);
  dnnl::stream stream(engine);
  const dnnl::memory in(plan.src_desc(), engine);
  const dnnl::memory weights(plan.weights_desc(), engine);
  const dnnl::memory out(plan.dst_desc(), engine);
  std::fill_n(static_cast<uint8_t*>(in.get_data_handle()), plan.src_desc().get_size(), 3);
  std::fill_n(static_cast<uint8_t*>(weights.get_data_handle()), plan.weights_desc().get_size(), 2);
  double best = 1e9;
  for (int i = 0; i < kTries; ++i) {
    const auto start = std::chrono::steady_clock::now();
    product.execute(stream, {{DNNL_ARG_SRC, in}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, out}});
    stream.wait();
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

}  // namespace

double dnnl_int8_rate(size_t threads) {
  omp_set_num_threads(static_cast<int>(threads));
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  double best = 0.0;
  for (const int64_t width : {1024, 2048}) {
    for (const int64_t rows : {64, 256, 1024}) {
      const double work = 2.0 * static_cast<double>(rows * width * width);
      best = std::max(best, work / fastest_product(engine, rows, width, width));
    }
  }
  return best;
}

}  // namespace motet::bench

#else

namespace motet::bench {

double dnnl_int8_rate(size_t) { return 0.0; }

}  // namespace motet::bench
#endif
