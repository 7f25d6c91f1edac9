// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "motet/data/database.h"
#include "motet/data/fingerprint.h"

namespace motet::data {

/// Which pieces have a hash in their fingerprint: a temporary table, so that memory does not grow
/// with the corpus. Of a long fingerprint only the coarser half is kept: enough to be found by.
class HashIndex {
 public:
  explicit HashIndex(Database& database);

  void add(uint32_t piece, const Fingerprint& fingerprint);

  /// Pieces by how many hashes they share with a fingerprint, most first: at most `most`, each with
  /// at least `fewest`.
  std::vector<std::pair<uint32_t, uint32_t>> find(const Fingerprint& fingerprint, uint32_t fewest,
                                                  size_t most);

 private:
  Statement put_;
  Statement find_;
};

}  // namespace motet::data
