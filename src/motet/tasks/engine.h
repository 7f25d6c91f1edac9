// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "motet/base/threads.h"
#include "motet/models/decoder.h"
#include "motet/nn/backend.h"

namespace motet::tasks {

/// A loaded bundle on the fast backend: what every verb needs. Made once, used for many requests.
class Engine {
 public:
  /// Opens a bundle folder. Throws as models::load_decoder does, and Error(kInvalidFile) when its
  /// tokenizer.json or its vocabulary is not this engine's. The pool must outlive the engine.
  Engine(const std::filesystem::path& bundle, ThreadPool& pool);
  ~Engine();

  const models::Decoder& decoder() const noexcept { return *decoder_; }
  nn::Backend& backend() const noexcept { return *backend_; }
  const std::filesystem::path& bundle() const noexcept { return bundle_; }

 private:
  std::filesystem::path bundle_;
  std::unique_ptr<nn::Backend> backend_;
  std::shared_ptr<const models::Decoder> decoder_;
};

}  // namespace motet::tasks
