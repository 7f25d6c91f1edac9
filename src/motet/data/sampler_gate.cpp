// SPDX-License-Identifier: Apache-2.0
//
// Apart from sampler.cpp, which a bare trainer without JSON and SQLite is made of too.
#include "motet/data/gate.h"
#include "motet/data/sampler.h"

namespace motet::data {
namespace {

std::vector<Shard> open_with_papers(const std::filesystem::path& folder,
                                    const std::filesystem::path& list) {
  std::vector<Shard> shards = open_shards(folder, "train");
  const OptOuts opt_outs = list.empty() ? OptOuts() : OptOuts(list);
  require_papers(shards, folder, opt_outs);
  return shards;
}

}  // namespace

Sampler::Sampler(const std::filesystem::path& folder, const SamplerConfig& config)
    : Sampler(open_with_papers(folder, config.opt_outs), config) {}

}  // namespace motet::data
