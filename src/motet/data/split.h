// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "motet/base/progress.h"
#include "motet/data/catalogue.h"

namespace motet::data {

struct SplitOptions {
  double valid = 0.05;  ///< 0..1: how likely a work is to be in it
  double test = 0.0;    ///< likewise; the two leave something for training
  uint64_t seed = 1;
};

/// A piece whose papers state another split than its work has now.
struct MovedPiece {
  std::string file;
  std::string stated;
  std::string split;
};

struct SplitReport {
  int64_t works = 0;
  int64_t moved = 0;
  std::map<std::string, int64_t> pieces;  ///< by split
};

/// Gives every piece of a corpus a split, a work at a time: what has one name (work.h), one family
/// (dedup.h) or the same bytes is one work, however long the chain, and no work is in two splits.
///
/// A split that the papers state is kept, for the whole work. Where the papers of one work state
/// two, the work is held out, "test" before others: what a model is judged on must not be what it
/// has learnt. All other works are drawn: a pure function of the seed and of the names of the work,
/// so that neither the order of the files nor other works matter.
///
/// Memory: some 20 bytes a piece. Stopped by progress, it leaves the corpus as it was.
///
/// throws  Error(kInvalidArgument) for shares that are none
SplitReport split(Catalogue& catalogue, const SplitOptions& options,
                  const std::function<void(const MovedPiece&)>& tell, const Progress& progress);

}  // namespace motet::data
