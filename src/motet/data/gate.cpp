// SPDX-License-Identifier: Apache-2.0
#include "motet/data/gate.h"

#include <algorithm>

#include "motet/base/error.h"
#include "motet/data/catalogue.h"
#include "motet/data/licence.h"

namespace motet::data {
namespace {

namespace fs = std::filesystem;

fs::path manifest_of(const fs::path& path) {
  return fs::is_directory(path) ? path / "manifest.jsonl" : path;
}

void require_manifest(const fs::path& path) {
  if (fs::exists(path)) return;
  throw Error(ErrorCode::kNotFound,
              path.string() +
                  ": there is no manifest here, and nothing is trained on without papers; "
                  "`motet data prepare` writes one");
}

[[noreturn]] void refuse(const Shard& shard, size_t piece, const std::string& why) {
  throw Error(ErrorCode::kInvalidFile,
              shard.path().string() + ": piece " + std::to_string(piece) + ": " + why);
}

}  // namespace

std::string reason_of_papers(const ManifestEntry& entry) {
  const Licence licence = judge_licence(entry.rights);
  if (!licence.may_train) {
    return "\"" + entry.rights + "\" does not let it be trained on: " + licence.why;
  }
  if (entry.purpose == "train") return "";
  if (entry.purpose == "evaluate") return "it is there to evaluate with, not to train on";
  return entry.reason.empty() ? "its papers name no purpose" : entry.reason;
}

Gate::Gate(const fs::path& manifest, const OptOuts& opt_outs)
    : manifest_(manifest_of(manifest)), opt_outs_(opt_outs) {
  require_manifest(manifest_);
  if (manifest_.extension() == ".jsonl") {
    each_entry(manifest_, [&](const ManifestEntry& entry) { add(entry); });
  } else {
    Catalogue catalogue(manifest_, Database::Mode::kRead);
    catalogue.each(Catalogue::Tunes::kLeaveOut, [&](const CatalogueEntry& entry) {
      add(to_manifest(entry));
      return true;
    });
  }
}

void Gate::add(const ManifestEntry& entry) {
  if (entry.sha256.empty()) return;
  const std::string why = reason_of_papers(entry);
  const auto [known, is_new] = reasons_.emplace(entry.sha256, why);
  if (!is_new && why.empty()) known->second.clear();
}

Fingerprint Gate::fingerprint_in(const Shard& shard, size_t piece) const {
  if (!opt_outs_.has_fingerprints()) return {};
  if (shard.has_names()) return shard.fingerprint(piece);
  throw Error(ErrorCode::kInvalidFile,
              shard.path().string() +
                  ": it is of the first version, which cannot be held against fingerprints; "
                  "`motet data prepare` writes it anew");
}

std::string Gate::reason(const std::string& sha256, const Fingerprint& fingerprint) const {
  const std::string opted_out = opt_outs_.reason(sha256, fingerprint);
  if (!opted_out.empty()) return opted_out;
  const auto found = reasons_.find(sha256);
  if (found != reasons_.end()) return found->second;
  return "it is not in the manifest " + manifest_.string() + " (SHA-256 " + sha256 +
         "), and nothing is trained on without papers";
}

std::vector<std::string> piece_names(const Shard& shard, const fs::path& manifest) {
  std::vector<std::string> names;
  if (shard.has_names()) {
    for (size_t i = 0; i < shard.size(); ++i) names.push_back(shard.sha256(i));
    return names;
  }
  each_entry(manifest, [&](const ManifestEntry& entry) {
    if (entry.source != shard.source() || entry.purpose != "train") return;
    const size_t at = names.size();
    if (at >= shard.size() || shard.piece(at).size() != static_cast<size_t>(entry.ids)) {
      refuse(shard, std::min(at, shard.size()),
             "it is not the piece of its place in the manifest " + manifest.string());
    }
    names.push_back(entry.sha256);
  });
  if (names.size() < shard.size()) {
    refuse(shard, names.size(), "it is not in the manifest " + manifest.string());
  }
  return names;
}

void require_papers(const std::vector<Shard>& shards, const fs::path& manifest,
                    const OptOuts& opt_outs) {
  const Gate gate(manifest, opt_outs);
  for (const Shard& shard : shards) {
    const std::vector<std::string> names = piece_names(shard, gate.manifest());
    for (size_t i = 0; i < shard.size(); ++i) {
      const std::string why = gate.reason(names[i], gate.fingerprint_in(shard, i));
      if (!why.empty()) refuse(shard, i, why);
    }
  }
}

}  // namespace motet::data
