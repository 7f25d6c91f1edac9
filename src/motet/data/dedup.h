// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "motet/base/progress.h"
#include "motet/data/align.h"
#include "motet/data/catalogue.h"

namespace motet::data {

/// Two pieces of a corpus that were found to belong together.
struct Relation {
  CatalogueEntry piece;  ///< both without their tunes
  CatalogueEntry other;  ///< the one that is kept where piece is a copy
  Match match;           ///< from other to piece
  bool is_copy = false;  ///< else they are kin: the same tune in another setting
};

struct DedupReport {
  int64_t pieces = 0;
  int64_t copies = 0;
  int64_t kin = 0;       ///< pairs of kept pieces
  int64_t families = 0;  ///< sets of two pieces or more that belong together
};

/// Finds near-copies: transposed, stretched in time, for other instruments, cropped, or edited a
/// little. Of each set the best is kept, by papers first, then by the number of notes; the others'
/// duplicate_of names it. All that belong together, copies and kin, get one family, so that no
/// split goes through it.
///
/// The pieces come in the order of their worth, 32 at a time; each is held against those kept so
/// far, found by the hashes that their fingerprints share and confirmed by alignment. A piece is a
/// copy only of one that is kept, so likeness does not creep from piece to piece. Memory: that of
/// the pieces held against each other, and 24 bytes a piece; the hashes are in a temporary table.
///
/// threads  1..256; any number finds the same
DedupReport dedup(Catalogue& catalogue, size_t threads,
                  const std::function<void(const Relation&)>& tell, const Progress& progress);

}  // namespace motet::data
