// SPDX-License-Identifier: Apache-2.0
#include "motet/data/prepare.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <utility>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/threads.h"
#include "motet/data/assemble.h"
#include "motet/data/checked.h"
#include "motet/data/chunk.h"
#include "motet/data/corpus_items.h"
#include "motet/data/folder_lock.h"
#include "motet/data/gate.h"
#include "motet/data/opt_outs.h"
#include "motet/data/prepare_piece.h"
#include "motet/data/recipe.h"
#include "motet/data/shard.h"
#include "motet/tokens/tokenizer.h"
#include "motet/trust/hash.h"

namespace motet::data {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunkPieces = 128;
constexpr int kChunkFormat = 2;  ///< of the files in chunks/
constexpr const char* kRecipeName = "recipe.json";

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
    if (!options.recipe.empty()) {
      recipe_ = read_recipe(options.recipe);
      recipe_text_ = read_text(options.recipe);
    }
    make_folder();
    lock_.emplace(out_);
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
  void make_folder() const {
    std::error_code failure;
    fs::create_directories(out_, failure);
    if (fs::is_directory(out_)) return;
    throw Error(ErrorCode::kInvalidArgument,
                out_.string() + ": cannot be made: " +
                    (failure ? failure.message() : "there is a file of that name"));
  }

  /// Chunks of other data or settings are of no use; but another process may be making them.
  void begin_or_resume() {
    const std::string settings = settings_now();
    while (true) {
      if (lock_->try_alone()) {
        if (!has_settings() || read_text(settings_path()) != settings) begin(settings);
        lock_->share();
        return;
      }
      lock_->share();
      if (!has_settings()) continue;  // it has just ended
      if (read_text(settings_path()) == settings) return;
      throw Error(ErrorCode::kUnavailable,
                  out_.string() +
                      ": another process is preparing into it, from another corpus or with other "
                      "settings; wait for it, or choose another folder");
    }
  }

  fs::path settings_path() const { return chunks_ / "settings.json"; }
  bool has_settings() const { return fs::exists(settings_path()); }

  void begin(const std::string& settings) const {
    fs::remove_all(chunks_);
    fs::create_directories(chunks_);
    write_file(settings_path(), settings);
  }

  std::string settings_now() const {
    return motet::to_text(
        {{"corpus", fs::weakly_canonical(corpus_).string()},
         {"sha256", hash_of_large(list_of(corpus_))},
         {"opt_outs", options_.opt_outs.empty() ? "" : trust::sha256_of_file(options_.opt_outs)},
         {"recipe", trust::sha256(std::string_view(recipe_text_))},
         {"format", kChunkFormat},
         {"tokenizer", trust::sha256(std::string_view(tokens::vocabulary_json()))}});
  }

  void do_chunk(std::vector<PrepareItem>& items, ThreadPool& pool) {
    const Chunk chunk(chunks_, count_++);
    const bool is_ours = (count_ - 1) % options_.range.count == options_.range.index - 1;
    if (is_ours && !chunk.exists()) {
      std::vector<PreparedPiece> pieces(items.size());
      pool.run(items.size(), [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i)
          pieces[i] = prepare_piece(items[i], opt_outs_, recipe_);
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

  /// The last process to end does it; the others find it done.
  void put_together() {
    lock_->alone();
    if (!has_settings()) {
      each_entry(out_ / "manifest.jsonl",
                 [&](const ManifestEntry& entry) { count_piece(entry, report_); });
      return;
    }
    assemble(chunks_, count_, out_, recipe_, report_);
    write_file(out_ / "tokenizer.json", tokens::vocabulary_json());
    if (options_.recipe.empty()) {
      fs::remove(out_ / kRecipeName);
    } else {
      write_file(out_ / kRecipeName, recipe_text_);
    }
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

  fs::path corpus_;
  fs::path out_;
  fs::path chunks_;
  const Progress& progress_;
  PrepareOptions options_;
  std::optional<FolderLock> lock_;
  OptOuts opt_outs_;
  Recipe recipe_;
  std::string recipe_text_;
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
