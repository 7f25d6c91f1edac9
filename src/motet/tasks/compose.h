// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "motet/base/progress.h"
#include "motet/generate/id_reader.h"
#include "motet/score/score.h"
#include "motet/tasks/engine.h"
#include "motet/tasks/request.h"

namespace motet::tasks {

struct Composition {
  Score score;
  bool stopped = false;  ///< a stop was requested; the score holds the bars written until then
  int64_t tokens = 0;    ///< how many the model chose
  std::string abc = {};  ///< what a model of ABC wrote, as a tune; empty for others
};

/// A piece from a request that was resolved (see resolve): exactly its bars, metre, tempo and
/// instruments; style, mood and density as the model understands them. The model writes in C major
/// or A minor, and the piece is moved to its key.
Composition compose(const Request& request, const Engine& engine, const Progress& progress);
/// The same with any network of Motet's vocabulary.
Composition compose(const Request& request, generate::IdReader& reader, const Progress& progress);

/// The piece and request.bars more bars behind it. What is there stays as it is, note for note; the
/// new bars have its parts, and the metre and tempo of its last bar.
///
/// throws  Error(kInvalidArgument) as tokens::to_grid does
Composition continue_piece(const Score& piece, const Request& request, const Engine& engine,
                           const Progress& progress);
Composition continue_piece(const Score& piece, const Request& request, generate::IdReader& reader,
                           const Progress& progress);

}  // namespace motet::tasks
