// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "motet/models/decoder.h"
#include "motet/nn/tensor_source.h"

namespace motet::models {

inline constexpr int64_t kPatch = 16;      ///< characters in a patch of NotaGen
inline constexpr int64_t kAlphabet = 128;  ///< and how many there are to choose from

inline constexpr int64_t kAnticipationVocabulary = 55'028;
inline constexpr int64_t kMidiLlmVocabulary = 128'256 + 55'030;

/// Public families of checkpoints. The first two are shapes without music of their own.
enum class Family : uint8_t {
  kLlama,
  kGpt2,
  kAnticipation,  ///< Anticipatory Music Transformer. Thickstun et al., 2023
  kMidiLlm,    ///< Wu et al., "MIDI-LLM", 2025: LLaMA 3.2 with the former's tokens behind its own
  kMidiModel,  ///< SkyTNT midi-model: a network of events and one of the tokens within an event
  kAria,       ///< Bradshaw and Colton, "Aria", 2025: solo piano and more in absolute time
  kNotaGen,    ///< Wang et al., "NotaGen", 2025: a decoder of ABC patches and one of characters
};

std::string_view name_of(Family family);       ///< "Anticipatory Music Transformer"
std::string_view tokenizer_of(Family family);  ///< one phrase; "none of music" for the two shapes

/// What config.json, or the tensors themselves, say about a checkpoint.
struct CheckpointConfig {
  Family family = Family::kLlama;
  DecoderConfig body;  ///< reads tokens, events or patches
  TensorNames body_names;
  std::optional<DecoderConfig> inner;  ///< writes within an event or a patch
  TensorNames inner_names;
  bool optimise_midi = false;  ///< kMidiModel: tracks and channels are numbered anew
};

/// Which family config.json names by its model_type and vocabulary, without a look at the tensors;
/// nothing where there is no config.json or it names none of these. Of a .gguf file, its metadata.
std::optional<Family> family_of(const std::filesystem::path& path);

/// Reads config.json of a folder. Fields that a family's own code gives a default have it here too.
/// Throws Error(kInvalidFile) naming the file and the field: one that is missing, of the wrong
/// type, or asks for what is not supported; a model_type that is none of these.
CheckpointConfig read_checkpoint_config(const std::filesystem::path& folder);

/// NotaGen publishes weights alone: its sizes are read from the shapes of the tensors.
bool is_notagen(const nn::TensorSource& source);
CheckpointConfig notagen_config(const nn::TensorSource& source);

/// The names of Hugging Face's GPT2Model behind a prefix.
TensorNames gpt2_names(const std::string& prefix);

}  // namespace motet::models
