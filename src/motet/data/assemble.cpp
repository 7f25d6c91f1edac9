// SPDX-License-Identifier: Apache-2.0
#include "motet/data/assemble.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/data/chunk.h"
#include "motet/data/corpus.h"
#include "motet/data/shard.h"
#include "motet/tokens/vocabulary.h"

namespace motet::data {
namespace {

namespace fs = std::filesystem;

/// A shard that is to be.
struct Planned {
  std::string source;
  double factor = 1.0;
  uint64_t ids = 0;
  bool is_training = false;
  double weight = 0.0;  ///< of the mixture
};

/// Where a version of a piece stands.
struct Place {
  uint32_t shard = 0;
  uint32_t chunk = 0;
  uint64_t offset = 0;
  double difficulty = 0.0;
};

class Assembly {
 public:
  Assembly(const fs::path& chunks, size_t count, const fs::path& out, const Recipe& recipe,
           PrepareReport& report)
      : chunks_(chunks), count_(count), out_(out), recipe_(recipe), report_(report) {}

  void run() {
    write_manifest();
    find_places();
    weigh();
    sort_places();
    remove_shards();
    for (size_t i = 0; i < names_.size(); ++i) write_shard(i);
    fs::rename(out_ / "manifest.jsonl.part", out_ / "manifest.jsonl");
    report_unused();
  }

 private:
  void write_manifest() {
    const fs::path part = out_ / "manifest.jsonl.part";
    std::ofstream manifest(part, std::ios::binary | std::ios::trunc);
    for (size_t i = 0; i < count_; ++i) {
      each_entry(Chunk(chunks_, i).papers(), [&](const ManifestEntry& entry) {
        manifest << to_line(entry);
        count_piece(entry, report_);
        if (entry.purpose != "none") licences_.insert(entry.licence);
      });
    }
    manifest.close();
    if (manifest) return;
    throw Error(ErrorCode::kInvalidArgument, part.string() + ": cannot be written to its end");
  }

  void find_places() {
    std::map<std::string, uint32_t> numbers;
    Record record;
    for (size_t i = 0; i < count_; ++i) {
      ChunkReader reader{Chunk(chunks_, i)};
      while (reader.next(record)) {
        const auto [known, is_new] =
            numbers.emplace(record.shard, static_cast<uint32_t>(names_.size()));
        if (is_new) {
          names_.push_back(record.shard);
          planned_.push_back({record.source, record.factor, 0, record.shard.starts_with("train-")});
        }
        planned_[known->second].ids += record.ids.size();
        places_.push_back(
            {known->second, static_cast<uint32_t>(i), record.offset, record.difficulty});
      }
    }
  }

  /// Without a mixture, a collection has the share that it has always had, or if it is none of
  /// those its share of all tokens. With one, a collection weighs
  /// factor * (sum of its shards' tokens * factor)^exponent, which its shards divide in proportion.
  void weigh() {
    std::map<std::string, double> sizes;  // of collections
    double all = 0.0;
    for (const Planned& shard : planned_) {
      if (!shard.is_training) continue;
      const double size = static_cast<double>(shard.ids) * shard.factor;
      sizes[shard.source] += size;
      all += size;
    }
    double total = 0.0;
    for (Planned& shard : planned_) {
      shard.weight = mixture_weight(shard.source);
      const double size = static_cast<double>(shard.ids) * shard.factor;
      if (!shard.is_training) continue;
      if (!recipe_.has_mixture) {
        if (shard.weight == 0.0) shard.weight = size / all;
        continue;
      }
      const double whole = sizes[shard.source];
      const double weight = Mixture::factor(recipe_.mixture.source, shard.source) *
                            std::pow(whole, recipe_.mixture.exponent);
      shard.weight = whole > 0.0 ? weight * size / whole : 0.0;
      total += shard.weight;
    }
    if (!recipe_.has_mixture) return;
    for (Planned& shard : planned_) {
      if (shard.is_training && total > 0.0) shard.weight /= total;
    }
  }

  void sort_places() {
    std::ranges::stable_sort(places_, [&](const Place& a, const Place& b) {
      if (a.shard != b.shard) return a.shard < b.shard;
      if (!planned_[a.shard].is_training || a.difficulty == b.difficulty) return false;
      return (a.difficulty < b.difficulty) != recipe_.order.hardest_first;
    });
  }

  /// Those of an earlier corpus would be trained on too; pieces of them a killed run has left.
  void remove_shards() const {
    std::vector<fs::path> old;
    for (const auto& entry : fs::directory_iterator(out_)) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with(".shard") || name.find(".shard.") != std::string::npos) {
        old.push_back(entry.path());
      }
    }
    for (const fs::path& path : old) fs::remove(path);
  }

  void write_shard(size_t number) const {
    const Planned& planned = planned_[number];
    ShardWriter shard(
        out_ / (names_[number] + ".shard"),
        {planned.source, planned.weight, static_cast<uint32_t>(tokens::vocabulary_size())});
    const auto in_shard = [&](const Place& place) { return place.shard == number; };
    auto place = std::ranges::find_if(places_, in_shard);
    std::unique_ptr<ChunkReader> reader;
    uint32_t chunk = 0;
    Record record;
    for (; place != places_.end() && in_shard(*place); ++place) {
      if (!reader || chunk != place->chunk) {
        reader = std::make_unique<ChunkReader>(Chunk(chunks_, place->chunk));
        chunk = place->chunk;
      }
      reader->seek(place->offset);
      reader->next(record);
      shard.add(record.ids, record.sha256, record.fingerprint);
    }
    shard.finish();
  }

  /// A name that is nowhere is probably misspelt.
  void report_unused() {
    const auto look = [&](const char* table, const Mixture::Table& factors, const auto& is_there) {
      for (const auto& [name, factor] : factors) {
        if (name == "*" || is_there(name)) continue;
        report_.unused.push_back("mixture: " + std::string(table) +
                                 ": nothing that is kept is of \"" + name + "\"");
      }
    };
    look("source", recipe_.mixture.source, [&](const std::string& name) {
      return std::ranges::any_of(planned_, [&](const Planned& p) { return p.source == name; });
    });
    look("licence", recipe_.mixture.licence,
         [&](const std::string& name) { return licences_.count(name) != 0; });
    look("style", recipe_.mixture.style, [&](const std::string& name) {
      return std::ranges::any_of(names_, [&](const std::string& shard) {
        return (shard + "-").find("-" + name + "-") != std::string::npos;
      });
    });
  }

  const fs::path& chunks_;
  size_t count_;
  const fs::path& out_;
  const Recipe& recipe_;
  PrepareReport& report_;
  std::set<std::string> licences_;
  std::vector<std::string> names_;  // of the shards
  std::vector<Planned> planned_;    // likewise
  std::vector<Place> places_;
};

}  // namespace

void assemble(const fs::path& chunks, size_t count, const fs::path& out, const Recipe& recipe,
              PrepareReport& report) {
  Assembly(chunks, count, out, recipe, report).run();
}

void count_piece(const ManifestEntry& entry, PrepareReport& report) {
  PreparedSource& source = report.sources[entry.source];
  if (entry.purpose == "none") {
    ++source.refused;
    ++report.reasons[entry.reason];
    return;
  }
  ++(entry.split == "train" ? source.train : source.held_out);
  source.notes += entry.notes;
  source.ids += entry.ids;
}

}  // namespace motet::data
