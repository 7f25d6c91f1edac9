// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/public_model.h"

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/nn/cpu/cpu_backend.h"
#include "motet/nn/tensor_source.h"

namespace motet::tasks {
namespace {

namespace fs = std::filesystem;
using models::Family;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// Weights without a config.json, as NotaGen publishes them.
bool holds_notagen(const fs::path& folder) {
  if (is_file(folder / "config.json") || !is_file(folder / "model.safetensors")) return false;
  return models::is_notagen(*nn::open_safetensors(folder));
}

std::unique_ptr<const tokens::HfTokenizer> open_text(const fs::path& folder) {
  const fs::path path = folder / "tokenizer.json";
  if (!is_file(path)) {
    throw Error(ErrorCode::kNotFound,
                path.string() +
                    ": not there; this model reads a text, and needs the tokenizer.json that is "
                    "published beside it");
  }
  try {
    return std::make_unique<tokens::HfTokenizer>(parse_json(read_text(path), path.string()));
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
}

}  // namespace

bool is_public_model(const fs::path& path) {
  if (path.extension() == ".gguf") return true;
  const std::optional<Family> family = models::family_of(path);
  if (family) return *family != Family::kLlama;
  return holds_notagen(path);
}

PublicModel::PublicModel(const fs::path& path, ThreadPool& pool)
    : backend_(std::make_unique<nn::CpuBackend>(pool)),
      checkpoint_(models::open_checkpoint(path, *backend_)) {
  if (family() == Family::kMidiLlm) text_ = open_text(path);
}

PublicModel::~PublicModel() = default;

}  // namespace motet::tasks
