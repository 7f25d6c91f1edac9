// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "motet/models/checkpoint_config.h"
#include "motet/models/decoder.h"

namespace motet::models {

/// A public checkpoint, opened: what its family is, and its networks.
struct Checkpoint {
  Family family = Family::kLlama;
  std::string layout;  ///< "safetensors", "GGUF"
  bool optimise_midi = false;
  std::shared_ptr<const Decoder> body;   ///< reads tokens, events or patches
  std::shared_ptr<const Decoder> inner;  ///< writes within an event or a patch; may be null
  nn::Tensor patch_table;                ///< kNotaGen: [16 * 128, D]
  nn::Tensor patch_bias;                 ///< kNotaGen: [D]
  int64_t parameters = 0;
};

/// Opens a folder as it was published (config.json and safetensors, whole or in shards; NotaGen's
/// weights alone), or a .gguf file.
/// Throws Error(kNotFound) when there is nothing, Error(kInvalidFile) naming the file and the field
/// or the tensor.
Checkpoint open_checkpoint(const std::filesystem::path& path, nn::Backend& on);

/// What the body reads at each position, [1, T, D].
///
/// tokens:  one id a position, for the families of one network
/// groups:  `width` ids a position, position by position: the tokens of an event (kMidiModel),
/// whose
///          embeddings are added up; the characters of a patch (kNotaGen)
nn::Tensor embed_groups(const Checkpoint& checkpoint, nn::Backend& on, std::span<const int32_t> ids,
                        int64_t width);

/// Ids within a position: 8 tokens of an event, 16 characters of a patch, else 1.
int64_t group_width(Family family);

/// Steps through what lies inside one position: begins with the body's hidden state, and gives the
/// logits of the first id within, then of each further one.
class InnerReader {
 public:
  InnerReader(const Checkpoint& checkpoint, nn::Backend& on)
      : checkpoint_(checkpoint), on_(on), cache_(checkpoint.inner->new_cache()) {}

  /// hidden [1, 1, D]; returns [V].
  std::vector<float> begin(const nn::Tensor& hidden);
  std::vector<float> next(int32_t id);

 private:
  std::vector<float> read(const nn::Tensor& x);

  const Checkpoint& checkpoint_;
  nn::Backend& on_;
  nn::KvCache cache_;
};

}  // namespace motet::models
