// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/public_model.h"

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/generate/token_session.h"
#include "motet/nn/cpu/cpu_backend.h"
#include "motet/nn/tensor_source.h"
#include "motet/tasks/public_request.h"
#include "motet/tokens/vocabulary.h"

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

std::unique_ptr<const tokens::EventTokenizer> open_events(const fs::path& folder,
                                                          const models::DecoderConfig& config) {
  const fs::path path = folder / "tokenizer.json";
  std::unique_ptr<const tokens::EventTokenizer> tokenizer = tokens::load_event_tokenizer(path);
  if (!generate::can_write(*tokenizer)) {
    throw Error(ErrorCode::kInvalidFile,
                path.string() +
                    ": composing knows MidiTok's REMI and TSD without a learned model; this is "
                    "another one");
  }
  const auto size = static_cast<int64_t>(tokenizer->vocabulary().size());
  if (config.vocab_size < size) {
    throw Error(ErrorCode::kInvalidFile, (folder / "config.json").string() +
                                             ": vocab_size: expected " + std::to_string(size) +
                                             " at least, as in tokenizer.json, found " +
                                             std::to_string(config.vocab_size));
  }
  return tokenizer;
}

/// A shape has no music of its own: its tokenizer.json must be Motet's.
void require_own_vocabulary(const fs::path& folder, const models::DecoderConfig& config) {
  const fs::path path = folder / "tokenizer.json";
  if (!is_file(path)) {
    throw Error(ErrorCode::kNotFound,
                path.string() +
                    ": not there; a LLaMA or GPT-2 needs the tokenizer.json that says what its ids "
                    "mean, and that of Motet is what `motet tokenize --vocabulary` prints");
  }
  tokens::require_vocabulary(read_text(path), path.string());
  if (config.vocab_size != tokens::vocabulary_size()) {
    throw Error(ErrorCode::kInvalidFile,
                (folder / "config.json").string() + ": vocab_size: expected " +
                    std::to_string(tokens::vocabulary_size()) + " as in tokenizer.json, found " +
                    std::to_string(config.vocab_size));
  }
}

}  // namespace

bool states_midi_tok(const fs::path& folder) {
  const fs::path path = folder / "tokenizer.json";
  if (!is_file(path)) return false;
  try {
    const Json json = parse_json(read_text(path), path.string());
    return json.is_object() && json.contains("tokenization");
  } catch (const Error&) {
    return false;  // opening it as a bundle says what is wrong
  }
}

bool is_public_model(const fs::path& path) {
  if (path.extension() == ".gguf") return true;
  const std::optional<Family> family = models::family_of(path);
  if (family) return *family != Family::kLlama || states_midi_tok(path);
  return holds_notagen(path);
}

PublicModel::PublicModel(const fs::path& path, ThreadPool& pool)
    : backend_(std::make_unique<nn::CpuBackend>(pool)),
      checkpoint_(models::open_checkpoint(path, *backend_)) {
  const fs::path folder = fs::is_directory(path) ? path : path.parent_path();
  if (family() == Family::kMidiLlm) text_ = open_text(folder);
  if (!composes_as_bundle(family())) return;
  if (states_midi_tok(folder)) {
    events_ = open_events(folder, checkpoint_.body->config());
  } else {
    require_own_vocabulary(folder, checkpoint_.body->config());
  }
}

PublicModel::~PublicModel() = default;

}  // namespace motet::tasks
