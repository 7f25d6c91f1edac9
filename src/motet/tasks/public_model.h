// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "motet/base/threads.h"
#include "motet/models/checkpoint.h"
#include "motet/tasks/public_request.h"
#include "motet/tokens/event_tokenizer.h"
#include "motet/tokens/hf_tokenizer.h"

namespace motet::tasks {

/// Whether a folder, or a file, holds a public checkpoint rather than a bundle of Motet. A folder
/// that is neither counts as a bundle: opening it says what is wrong.
bool is_public_model(const std::filesystem::path& path);

/// Whether the tokenizer.json of a folder is one of MidiTok's.
bool states_midi_tok(const std::filesystem::path& folder);

/// A public checkpoint on the fast backend, with the tokenizer of its texts. Made once, used for
/// many requests.
class PublicModel {
 public:
  /// Throws as models::open_checkpoint does; Error(kNotFound) when the family's tokenizer.json is
  /// not there, Error(kInvalidFile) when it is not the family's. The pool must outlive the model.
  PublicModel(const std::filesystem::path& path, ThreadPool& pool);
  ~PublicModel();

  models::Family family() const noexcept { return checkpoint_.family; }
  ModelKind kind() const noexcept { return {family(), events_ != nullptr}; }
  const models::Checkpoint& checkpoint() const noexcept { return checkpoint_; }
  nn::Backend& backend() const noexcept { return *backend_; }
  /// The text's tokenizer of kMidiLlm; null for other families.
  const tokens::HfTokenizer* text() const noexcept { return text_.get(); }
  /// MidiTok's tokenizer of a kLlama or kGpt2; null where the vocabulary is Motet's.
  const tokens::EventTokenizer* events() const noexcept { return events_.get(); }

 private:
  std::unique_ptr<nn::Backend> backend_;
  models::Checkpoint checkpoint_;
  std::unique_ptr<const tokens::HfTokenizer> text_;
  std::unique_ptr<const tokens::EventTokenizer> events_;
};

}  // namespace motet::tasks
