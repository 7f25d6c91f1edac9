// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "motet/base/progress.h"
#include "motet/generate/abc_grammar.h"
#include "motet/generate/sampler.h"
#include "motet/models/checkpoint.h"

namespace motet::generate {

struct AbcResult {
  std::string header;              ///< lines of fields, given or written
  std::vector<std::string> lines;  ///< written: "[V:1]G2 B2|[V:2]G,4|\n"
  bool stopped = false;            ///< a stop was requested: the line begun then is closed
  int64_t tokens = 0;              ///< how many characters were drawn
};

/// Writes interleaved ABC with NotaGen's two networks: the body reads patches of 16 characters
/// (tokens/abc_patch.h), the inner one gives the characters of the next. What outgrows the body's
/// positions goes on from the header and the latest patches. The same plan, settings and seed give
/// the same text.
/// throws  Error(kInvalidArgument) as SamplingConfig::validate does, and when metadata and header
///         leave no room for music
AbcResult write_abc_patches(const AbcPlan& plan, const models::Checkpoint& model, nn::Backend& on,
                            const SamplingConfig& sampling, uint64_t seed,
                            const Progress& progress);

}  // namespace motet::generate
