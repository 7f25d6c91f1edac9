// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/engine.h"

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/models/bundle.h"
#include "motet/nn/cpu/cpu_backend.h"
#include "motet/tokens/vocabulary.h"

namespace motet::tasks {

namespace {

/// Keys and values are kept as finely as the weights.
std::unique_ptr<nn::CpuBackend> make_backend(const std::filesystem::path& bundle,
                                             ThreadPool& pool) {
  const auto cache =
      models::holds_integers(bundle) ? nn::CacheType::kInt8 : nn::CacheType::kFloat32;
  return std::make_unique<nn::CpuBackend>(pool, nn::kernels::best(),
                                          nn::CpuOptions{.cache = cache});
}

}  // namespace

Engine::Engine(const std::filesystem::path& bundle, ThreadPool& pool)
    : bundle_(bundle), backend_(make_backend(bundle, pool)) {
  decoder_ = models::load_decoder(bundle, *backend_);
  const std::filesystem::path tokenizer = bundle / "tokenizer.json";
  tokens::require_vocabulary(read_text(tokenizer), tokenizer.string());
  const int64_t found = decoder_->config().vocab_size;
  if (found != tokens::vocabulary_size()) {
    throw Error(ErrorCode::kInvalidFile,
                (bundle / "config.json").string() + ": vocab_size: expected " +
                    std::to_string(tokens::vocabulary_size()) + " as in tokenizer.json, found " +
                    std::to_string(found));
  }
}

Engine::~Engine() = default;

}  // namespace motet::tasks
