// SPDX-License-Identifier: Apache-2.0
#include "motet/data/prepare.h"

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/threads.h"
#include "motet/data/checked.h"
#include "motet/data/chunk.h"
#include "motet/data/corpus.h"
#include "motet/data/corpus_items.h"
#include "motet/data/gate.h"
#include "motet/data/opt_outs.h"
#include "motet/data/reading.h"
#include "motet/data/shard.h"
#include "motet/tokens/tokenizer.h"
#include "motet/trust/hash.h"

namespace motet::data {
namespace {

namespace fs = std::filesystem;

/// Shorter pieces teach nothing about form and are mostly fragments of the conversion.
constexpr size_t kFewestIds = 24;
constexpr size_t kChunkPieces = 256;

void refuse(PreparedPiece& piece, const std::string& reason) {
  piece.entry.purpose = "none";
  piece.entry.reason = reason;
  piece.entry.ids = 0;
  piece.ids.clear();
}

/// Reads, checks and encodes one piece; refuses it where anything is amiss.
PreparedPiece prepare_piece(const PrepareItem& item, const OptOuts& opt_outs) {
  PreparedPiece piece{item.papers, {}, {}};
  ManifestEntry& entry = piece.entry;
  try {
    const Bytes bytes = read_file(item.path);
    const std::string scanned = std::exchange(entry.sha256, trust::sha256(bytes));
    if (entry.purpose == "none") return piece;
    if (!scanned.empty() && scanned != entry.sha256) {
      refuse(piece, "it has changed since it was scanned: it is not in the manifest");
      return piece;
    }
    Score score = read_music(bytes, item.path.filename());
    piece.fingerprint = fingerprint_of(tune_of(score));
    if (const std::string why = opt_outs.reason(entry.sha256, piece.fingerprint); !why.empty()) {
      refuse(piece, why);
      return piece;
    }
    entry.notes = static_cast<int64_t>(count_notes(score));
    const auto ids = tokens::encode(to_training_piece(std::move(score), item.corpus));
    if (ids.size() < kFewestIds) {
      refuse(piece, "it is shorter than " + std::to_string(kFewestIds) + " tokens");
      return piece;
    }
    entry.ids = static_cast<int64_t>(ids.size());
    piece.ids.assign(ids.begin(), ids.end());
  } catch (const std::exception& error) {  // a reader's mistake ends its file, not the work
    refuse(piece, error.what());
  }
  return piece;
}

fs::path list_of(const fs::path& corpus) {
  return fs::is_directory(corpus) ? corpus / "metadata.jsonl" : corpus;
}

std::string hash_of_large(const fs::path& path) {
  constexpr size_t kBlock = 1 << 20;
  std::ifstream in(path, std::ios::binary);
  std::vector<char> block(kBlock);
  trust::Sha256 hash;
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    hash.add({reinterpret_cast<const uint8_t*>(block.data()), static_cast<size_t>(in.gcount())});
  }
  return hash.hex();
}

/// Preparation under way: chunks, then shards.
class Preparation {
 public:
  Preparation(const fs::path& corpus, const fs::path& out, const Progress& progress,
              const PrepareOptions& options)
      : corpus_(corpus),
        out_(out),
        chunks_(out / "chunks"),
        progress_(progress),
        options_(options) {
    if (!fs::exists(list_of(corpus))) {
      throw Error(ErrorCode::kNotFound,
                  list_of(corpus).string() + ": no such corpus; `motet data scan` makes one");
    }
    if (!options.opt_outs.empty()) opt_outs_ = OptOuts(options.opt_outs);
    fs::create_directories(chunks_);
    begin_or_resume();
  }

  PrepareReport run() {
    total_ = count_items(corpus_);
    ThreadPool pool(options_.jobs);
    std::vector<PrepareItem> items;
    each_item(corpus_, [&](PrepareItem item) {
      items.push_back(std::move(item));
      if (items.size() == kChunkPieces) do_chunk(items, pool);
      return !progress_.stop_requested();
    });
    if (!items.empty() && !progress_.stop_requested()) do_chunk(items, pool);
    report_.is_complete = !progress_.stop_requested() && all_there();
    if (report_.is_complete) put_together();
    return std::move(report_);
  }

 private:
  /// Chunks of other data or settings are of no use.
  void begin_or_resume() {
    const fs::path path = chunks_ / "settings.json";
    const Json now = {
        {"corpus", fs::weakly_canonical(corpus_).string()},
        {"sha256", hash_of_large(list_of(corpus_))},
        {"opt_outs", options_.opt_outs.empty() ? "" : trust::sha256_of_file(options_.opt_outs)},
        {"tokenizer", trust::sha256(std::string_view(tokens::vocabulary_json()))}};
    const std::string settings = motet::to_text(now);
    if (fs::exists(path) && read_text(path) == settings) return;
    fs::remove_all(chunks_);
    fs::create_directories(chunks_);
    write_file(path, settings);
  }

  void do_chunk(std::vector<PrepareItem>& items, ThreadPool& pool) {
    const Chunk chunk(chunks_, count_++);
    const bool is_ours = (count_ - 1) % options_.range.count == options_.range.index - 1;
    if (is_ours && !chunk.exists()) {
      std::vector<PreparedPiece> pieces(items.size());
      pool.run(items.size(), [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i) pieces[i] = prepare_piece(items[i], opt_outs_);
      });
      chunk.write(pieces);
    }
    done_ += static_cast<int64_t>(items.size());
    progress_.report({"preparing", done_, total_, items.back().papers.source});
    items.clear();
  }

  bool all_there() const {
    for (size_t i = 0; i < count_; ++i) {
      if (!Chunk(chunks_, i).exists()) return false;
    }
    return true;
  }

  void put_together() {
    std::map<std::string, std::string> shards;  // to the source
    const fs::path part = out_ / "manifest.jsonl.part";
    std::ofstream manifest(part, std::ios::binary | std::ios::trunc);
    for (size_t i = 0; i < count_; ++i) {
      each_entry(Chunk(chunks_, i).papers(), [&](const ManifestEntry& entry) {
        manifest << to_line(entry);
        count(entry);
        if (entry.purpose != "none") shards.emplace(shard_of(entry), entry.source);
      });
    }
    remove_shards();
    for (const auto& [name, source] : shards) write_shard(name, source);
    manifest.close();
    if (!manifest) {
      throw Error(ErrorCode::kInvalidArgument, part.string() + ": cannot be written to its end");
    }
    fs::rename(part, out_ / "manifest.jsonl");
    write_file(out_ / "tokenizer.json", tokens::vocabulary_json());
    const std::vector<Shard> training = train_shards();
    require_papers(training, out_, opt_outs_);
    write_checked(out_, training);
    fs::remove_all(chunks_);
  }

  std::vector<Shard> train_shards() const {
    const auto is_train = [](const auto& source) { return source.second.train > 0; };
    if (std::ranges::none_of(report_.sources, is_train)) return {};
    return open_shards(out_, "train");
  }

  /// Those of an earlier corpus would be trained on too.
  void remove_shards() const {
    std::vector<fs::path> old;
    for (const auto& entry : fs::directory_iterator(out_)) {
      if (entry.path().extension() == ".shard") old.push_back(entry.path());
    }
    for (const fs::path& path : old) fs::remove(path);
  }

  void count(const ManifestEntry& entry) {
    PreparedSource& source = report_.sources[entry.source];
    if (entry.purpose == "none") {
      ++source.refused;
      ++report_.reasons[entry.reason];
      return;
    }
    ++(entry.split == "train" ? source.train : source.valid);
    source.notes += entry.notes;
    source.ids += entry.ids;
  }

  void write_shard(const std::string& name, const std::string& source) const {
    ShardWriter shard(out_ / (name + ".shard"), {source, mixture_weight(source),
                                                 static_cast<uint32_t>(tokens::vocabulary_size())});
    for (size_t i = 0; i < count_; ++i) {
      Chunk(chunks_, i).each(name, [&](const PreparedPiece& piece) {
        shard.add(piece.ids, piece.entry.sha256, piece.fingerprint);
      });
    }
    shard.finish();
  }

  fs::path corpus_;
  fs::path out_;
  fs::path chunks_;
  const Progress& progress_;
  PrepareOptions options_;
  OptOuts opt_outs_;
  PrepareReport report_;
  size_t count_ = 0;  // chunks
  int64_t done_ = 0;
  int64_t total_ = 0;
};

}  // namespace

PrepareReport prepare(const fs::path& corpus, const fs::path& out, const Progress& progress,
                      const PrepareOptions& options) {
  return Preparation(corpus, out, progress, options).run();
}

}  // namespace motet::data
