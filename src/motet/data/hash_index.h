// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "motet/data/fingerprint.h"

namespace motet::data {

/// Which pieces have a hash in their fingerprint. 16 bytes or so a hash of a piece.
class HashIndex {
 public:
  void add(uint32_t piece, const Fingerprint& fingerprint);

  /// Pieces by how many hashes they share with a fingerprint, most first: at most `most`, each with
  /// at least `fewest`.
  std::vector<std::pair<uint32_t, uint32_t>> find(const Fingerprint& fingerprint, uint32_t fewest,
                                                  size_t most) const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Head {
    uint32_t first = kNone;
    uint32_t count = 0;
  };
  struct Link {
    uint32_t piece;
    uint32_t next;
  };
  std::unordered_map<uint32_t, Head> heads_;
  std::vector<Link> links_;
};

}  // namespace motet::data
