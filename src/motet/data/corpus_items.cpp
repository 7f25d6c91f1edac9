// SPDX-License-Identifier: Apache-2.0
#include "motet/data/corpus_items.h"

#include <fstream>
#include <string>
#include <utility>

#include "motet/data/catalogue.h"
#include "motet/data/licence.h"
#include "motet/data/work.h"

namespace motet::data {
namespace {

namespace fs = std::filesystem;

struct Stopped {};  // how a visitor's "false" leaves the readers

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

PrepareItem to_item(const CatalogueEntry& entry, bool is_split) {
  PrepareItem item;
  item.path = fs::path(entry.root) / entry.file;
  item.papers = to_manifest(entry);
  item.was_scanned = true;
  if (item.papers.split.empty()) item.papers.split = "train";
  if (is_split && entry.split.empty() && entry.purpose != "none") {
    item.papers.purpose = "none";
    item.papers.reason = "it has no split, and others do; `motet data split` gives it one";
  }
  if (!entry.duplicate_of.empty() && entry.purpose != "none") {
    item.papers.purpose = "none";
    item.papers.reason = "it is a near-copy of " + entry.duplicate_of + ", which is kept";
  }
  item.corpus = {entry.file, entry.source,   entry.rights, entry.title,
                 "",         entry.composer, entry.genre,  item.papers.split};
  return item;
}

}  // namespace

void each_item(const fs::path& corpus, const std::function<bool(PrepareItem item)>& visit) {
  if (!fs::is_directory(corpus)) {
    Catalogue catalogue(corpus, Database::Mode::kRead);
    const bool is_split =
        catalogue.database().number("SELECT EXISTS (SELECT 1 FROM piece WHERE split <> '')") != 0;
    catalogue.each(Catalogue::Tunes::kLeaveOut,
                   [&](const CatalogueEntry& entry) { return visit(to_item(entry, is_split)); });
    return;
  }
  try {
    each_corpus_item(corpus, [&](const CorpusItem& item) {
      if (!visit({corpus / item.file, item, papers_of(item), false})) throw Stopped();
    });
  } catch (const Stopped&) {
  }
}

int64_t count_items(const fs::path& corpus) {
  if (!fs::is_directory(corpus)) return Catalogue(corpus, Database::Mode::kRead).size();
  std::ifstream in(corpus / "metadata.jsonl");
  int64_t count = 0;
  for (std::string line; std::getline(in, line);) count += line.empty() ? 0 : 1;
  return count;
}

}  // namespace motet::data
