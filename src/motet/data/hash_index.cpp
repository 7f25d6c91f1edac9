// SPDX-License-Identifier: Apache-2.0
#include "motet/data/hash_index.h"

#include <algorithm>

namespace motet::data {
namespace {

/// A hash that more pieces have is a turn that everybody uses: the first ones will do.
constexpr uint32_t kMostPieces = 64;

}  // namespace

void HashIndex::add(uint32_t piece, const Fingerprint& fingerprint) {
  for (const uint32_t hash : fingerprint.hashes) {
    Head& head = heads_[hash];
    if (head.count >= kMostPieces) continue;
    ++head.count;
    links_.push_back({piece, head.first});
    head.first = static_cast<uint32_t>(links_.size() - 1);
  }
}

std::vector<std::pair<uint32_t, uint32_t>> HashIndex::find(const Fingerprint& fingerprint,
                                                           uint32_t fewest, size_t most) const {
  std::unordered_map<uint32_t, uint32_t> counts;
  for (const uint32_t hash : fingerprint.hashes) {
    const auto head = heads_.find(hash);
    if (head == heads_.end()) continue;
    for (uint32_t at = head->second.first; at != kNone; at = links_[at].next) {
      ++counts[links_[at].piece];
    }
  }
  std::vector<std::pair<uint32_t, uint32_t>> found;
  for (const auto& [piece, count] : counts) {
    if (count >= fewest) found.emplace_back(piece, count);
  }
  std::ranges::sort(found, [](const auto& x, const auto& y) {
    return x.second != y.second ? x.second > y.second : x.first < y.first;
  });
  if (found.size() > most) found.resize(most);
  return found;
}

}  // namespace motet::data
