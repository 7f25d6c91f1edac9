// SPDX-License-Identifier: Apache-2.0
#include "motet/data/prepare.h"

#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/data/corpus.h"
#include "motet/data/licence.h"
#include "motet/data/manifest.h"
#include "motet/data/shard.h"
#include "motet/score/midi.h"
#include "motet/tokens/tokenizer.h"
#include "motet/trust/hash.h"

namespace motet::data {
namespace {

/// Shorter pieces teach nothing about form and are mostly fragments of the conversion.
constexpr size_t kFewestIds = 24;

ManifestEntry papers_of(const CorpusItem& item) {
  const Licence licence = judge_licence(item.license);
  ManifestEntry entry;
  entry.file = item.file;
  entry.source = item.source;
  entry.licence = licence.spdx;
  entry.rights = item.license;
  entry.work = work_of(item);
  entry.split = item.split;
  entry.purpose = !licence.may_train ? "none" : item.split == "train" ? "train" : "evaluate";
  if (!licence.may_train) entry.reason = licence.why;
  return entry;
}

std::vector<uint16_t> to_ids(const ByteView bytes, const CorpusItem& item, ManifestEntry& entry) {
  const Reading reading = read_midi(bytes);
  entry.notes = static_cast<int64_t>(count_notes(reading.score));
  const std::vector<tokens::TokenId> ids = tokens::encode(to_training_piece(reading.score, item));
  if (ids.size() < kFewestIds) {
    throw Error(ErrorCode::kInvalidArgument,
                "it is shorter than " + std::to_string(kFewestIds) + " tokens");
  }
  entry.ids = static_cast<int64_t>(ids.size());
  return {ids.begin(), ids.end()};
}

}  // namespace

std::map<std::string, PreparedSource> prepare(const std::filesystem::path& corpus,
                                              const std::filesystem::path& out,
                                              const Progress& progress) {
  const std::vector<CorpusItem> items = read_corpus(corpus);
  std::filesystem::create_directories(out);
  std::map<std::string, PreparedSource> summary;
  std::map<std::string, ShardContent> shards;
  std::vector<ManifestEntry> manifest;
  for (size_t i = 0; i < items.size() && !progress.stop_requested(); ++i) {
    const CorpusItem& item = items[i];
    PreparedSource& source = summary[item.source];
    ManifestEntry entry = papers_of(item);
    try {
      const Bytes bytes = read_file(corpus / item.file);
      entry.sha256 = trust::sha256(bytes);
      if (entry.purpose != "none") {
        ShardContent& shard = shards[item.split + "-" + item.source];
        shard.pieces.push_back(to_ids(bytes, item, entry));
        shard.source = item.source;
        shard.weight = mixture_weight(item.source);
        shard.vocab_size = static_cast<uint32_t>(tokens::vocabulary_size());
        ++(item.split == "train" ? source.train : source.valid);
        source.notes += entry.notes;
        source.ids += entry.ids;
      }
    } catch (const Error& error) {
      entry.purpose = "none";
      entry.reason = error.what();
    }
    source.refused += entry.purpose == "none" ? 1 : 0;
    manifest.push_back(std::move(entry));
    progress.report({"preparing", static_cast<int64_t>(i + 1), static_cast<int64_t>(items.size()),
                     item.source});
  }
  for (const auto& [name, content] : shards) write_shard(out / (name + ".shard"), content);
  write_manifest(out / "manifest.jsonl", manifest);
  write_file(out / "tokenizer.json", tokens::vocabulary_json());
  return summary;
}

}  // namespace motet::data
