// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "motet/base/progress.h"
#include "motet/generate/grammar.h"
#include "motet/generate/guidance.h"
#include "motet/generate/id_reader.h"
#include "motet/generate/sampler.h"
#include "motet/models/decoder.h"
#include "motet/nn/backend.h"

namespace motet::generate {

struct WriteSettings {
  SamplingConfig sampling = {};
  Guidance guidance = {};  ///< empty: the model alone decides
  uint64_t seed = 0;
};

struct WriteResult {
  tokens::GridPiece piece;
  bool stopped = false;  ///< a stop was requested: what is written until then is there
  int64_t tokens = 0;    ///< how many were written
};

/// Writes what a plan asks for, token by token: the grammar says what may come, the model how
/// likely it is, the guidance leans, the sampler chooses. A piece that outgrows the model's window
/// goes on from its header and its latest bars, as training windows do.
///
/// The same plan, settings and seed give the same piece, whatever the backend's threads. The reader
/// is begun anew, and its network has Motet's vocabulary.
/// throws  Error(kInvalidArgument) as SamplingConfig::validate does
WriteResult write(const Plan& plan, IdReader& reader, const WriteSettings& settings,
                  const Progress& progress);
WriteResult write(const Plan& plan, const models::Decoder& decoder, nn::Backend& on,
                  const WriteSettings& settings, const Progress& progress);

}  // namespace motet::generate
