// SPDX-License-Identifier: Apache-2.0
#include "motet/data/scan.h"

#include <unistd.h>

#include <charconv>
#include <exception>
#include <optional>

#include "motet/base/error.h"
#include "motet/data/corpus.h"
#include "motet/data/fingerprint.h"
#include "motet/data/papers.h"
#include "motet/data/reading.h"
#include "motet/data/work.h"
#include "motet/data/workers.h"
#include "motet/score/utf8.h"
#include "motet/theory/features.h"
#include "motet/theory/key.h"
#include "motet/trust/hash.h"

namespace motet::data {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kLargestFile = 256LL << 20;  ///< bytes; a larger one is quarantined unread
constexpr int64_t kRowsATransaction = 512;
constexpr int64_t kReportEvery = 64;

/// A file on its way through a worker.
struct Job {
  fs::path path;
  CatalogueEntry entry;  ///< with papers; of a known file with what was read before
  std::string wanted;    ///< the purpose that its papers ask for
  CorpusItem papers{};   ///< what they name the work by
};

std::string metre_text(const Score& score) {
  const MetreChange metre = main_metre(score);
  return std::to_string(metre.numerator) + "/" + std::to_string(metre.denominator);
}

void describe(const Score& score, CatalogueEntry& entry) {
  entry.notes = static_cast<int64_t>(count_notes(score));
  entry.metre = metre_text(score);
  if (entry.key.empty()) entry.key = name_of(estimate_key(score).key);
  if (entry.title.empty()) entry.title = score.title;
  if (entry.composer.empty()) entry.composer = score.composer;
  if (entry.rights.empty()) entry.rights = score.rights;
  const Tune tune = tune_of(score);
  entry.fingerprint = to_text(fingerprint_of(tune));
  entry.tune = pack_tune(tune);
}

/// By its papers, and where they are silent by what the file says of itself. A title that a file
/// gives itself says little without a composer: "Staff 1".
void name_work(const CorpusItem& papers, CatalogueEntry& entry) {
  CorpusItem item = papers;
  if (item.composer.empty()) item.composer = entry.composer;
  if (item.title.empty() && !item.composer.empty()) item.title = entry.title;
  entry.work = work_of(item);
}

void quarantine(CatalogueEntry& entry, const std::string& reason) {
  entry.state = "quarantined";
  entry.reason = to_utf8({reinterpret_cast<const uint8_t*>(reason.data()), reason.size()});
}

bool is_utf8_text(const std::string& text) {
  return is_utf8({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

/// Text that is not UTF-8 with its bytes above ASCII as "\xE9", so that two names stay two.
std::string escaped(const std::string& text) {
  if (is_utf8_text(text)) return text;
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80U) {
      out += c;
    } else {
      out += std::string("\\x") + kHex[byte >> 4U] + kHex[byte & 15U];
    }
  }
  return out;
}

/// Bytes; 0 of what is no file.
int64_t size_of(const fs::directory_entry& found) {
  std::error_code failure;
  const auto size = found.file_size(failure);
  return failure ? 0 : static_cast<int64_t>(size);
}

/// Why a name of the folder is not even opened; empty where it is.
std::string why_not_read(const fs::directory_entry& found, const CatalogueEntry& entry) {
  std::error_code gone;
  if (entry.file.ends_with("/")) return "the folder cannot be opened: permission denied";
  if (!is_utf8_text(entry.file)) return "its name is not UTF-8";
  if (!found.exists(gone)) return "it is a link to nothing";
  if (!found.is_regular_file(gone)) return "it is no regular file";
  return "";
}

void read_job(Job& job) {
  CatalogueEntry& entry = job.entry;
  try {
    if (entry.size > kLargestFile) {
      throw Error(ErrorCode::kInvalidFile, "it is larger than 256 MiB");
    }
    const Bytes bytes = read_file(job.path);
    entry.sha256 = trust::sha256(bytes);
    describe(read_music(bytes, job.path.filename()), entry);
    name_work(job.papers, entry);
    entry.state = "ok";
  } catch (const std::exception& error) {  // a reader's mistake ends its file, not the work
    quarantine(entry, error.what());
  }
  judge(entry, job.wanted);
}

/// What the papers say of a file; nothing else of the entry is filled in.
void take_papers(const std::optional<Json>& line, const ScanOptions& options, Job& job) {
  CatalogueEntry& entry = job.entry;
  const auto said = [&](const char* field) { return line ? text_or_empty(*line, field) : ""; };
  CorpusItem item;
  item.file = entry.file;
  item.source = said("source").empty() ? options.source : said("source");
  if (item.source.empty()) item.source = fs::path(entry.root).filename().string();
  item.work = said("work");
  item.title = said("title");
  item.composer = said("composer");
  item.genre = said("genre");
  entry.source = item.source;
  entry.rights = said("license").empty() ? options.licence : said("license");
  entry.consent = said("consent");
  name_work(item, entry);
  entry.stated = said("split");
  entry.split = entry.stated;
  entry.title = item.title;
  entry.composer = item.composer;
  entry.genre = item.genre;
  const auto key = parse_key(said("key_label"));
  if (key) entry.key = name_of(*key);
  job.wanted = said("purpose");
  job.papers = std::move(item);
}

/// The row of an unchanged file under the papers of today; nothing where that is what it was.
std::optional<CatalogueEntry> rejudged(const CatalogueEntry& known, const Job& job,
                                       Catalogue& catalogue) {
  CatalogueEntry entry = known;
  const CatalogueEntry& now = job.entry;
  entry.source = now.source;
  entry.consent = now.consent;
  entry.genre = now.genre;
  if (!now.rights.empty()) entry.rights = now.rights;
  if (!now.title.empty()) entry.title = now.title;
  if (!now.composer.empty()) entry.composer = now.composer;
  if (now.stated != known.stated) entry.split = entry.stated = now.stated;
  if (!now.key.empty()) entry.key = now.key;
  name_work(job.papers, entry);
  judge(entry, job.wanted);
  if (entry == known) return std::nullopt;
  entry.tune = catalogue.tune_of_row(entry.root, entry.file);
  return entry;
}

/// One scan under way.
class Scan {
 public:
  Scan(Catalogue& catalogue, const ScanOptions& options, const Progress& progress)
      : catalogue_(catalogue),
        options_(options),
        progress_(progress),
        transaction_(catalogue.database()),
        workers_(options.jobs, read_job) {}

  void walk(const fs::path& folder, Papers& papers) {
    const fs::path root = fs::canonical(folder);
    const auto skip = fs::directory_options::skip_permission_denied;
    for (const auto& found : fs::recursive_directory_iterator(root, skip)) {
      if (progress_.stop_requested()) return;
      std::error_code gone;
      const bool is_folder = found.is_directory(gone);
      std::string file = found.path().lexically_relative(root).generic_string();
      if (is_folder && access(found.path().c_str(), R_OK | X_OK) != 0) {
        file += "/";
      } else if (is_folder || !is_music(found.path())) {
        continue;
      }
      if (options_.range.holds(file)) visit(root, std::move(file), found, papers);
    }
  }

  ScanReport finish() {
    workers_.finish([&](const Job& job) { write(job); });
    transaction_.commit();
    return report_;
  }

 private:
  void visit(const fs::path& root, std::string file, const fs::directory_entry& found,
             Papers& papers) {
    std::error_code gone;
    ++report_.files;
    Job job{found.path(), {}, "", {}};
    CatalogueEntry& entry = job.entry;
    entry.root = root.string();
    entry.file = std::move(file);
    entry.size = size_of(found);
    entry.changed = static_cast<int64_t>(found.last_write_time(gone).time_since_epoch().count());
    if (const std::string why = why_not_read(found, entry); !why.empty()) {
      entry.file = escaped(entry.file);
      quarantine(entry, why);
      judge(entry, "");
      return write(job);
    }
    take_papers(papers.find(entry.file), options_, job);
    const auto known = catalogue_.find(entry.root, entry.file);
    if (known && known->size == entry.size && known->changed == entry.changed) {
      ++report_.unchanged;
      if (const auto row = rejudged(*known, job, catalogue_)) put(*row);
      return;
    }
    workers_.give(std::move(job), [&](const Job& done) { write(done); });
  }

  void write(const Job& job) {
    const std::string& state = job.entry.state;
    ++(state == "ok" ? report_.ok : state == "refused" ? report_.refused : report_.quarantined);
    put(job.entry);
    const int64_t done = report_.ok + report_.refused + report_.quarantined;
    if (done % kReportEvery == 0) progress_.report({"scanning", done, 0, job.entry.source});
  }

  void put(const CatalogueEntry& entry) {
    catalogue_.put(entry);
    if (++rows_ % kRowsATransaction == 0) transaction_.commit_and_go_on();
  }

  Catalogue& catalogue_;
  const ScanOptions& options_;
  const Progress& progress_;
  ScanReport report_;
  int64_t rows_ = 0;
  Transaction transaction_;
  Workers<Job> workers_;
};

}  // namespace

bool Range::holds(std::string_view file) const {
  uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const char c : file) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211ULL;
  return (hash >> 16U) % count == index - 1;
}

Range parse_range(const std::string& text) {
  Range range;
  const char* const end = text.data() + text.size();
  const auto [slash, first] = std::from_chars(text.data(), end, range.index);
  const bool divided = first == std::errc() && slash != end && *slash == '/';
  const auto [stop, second] =
      divided ? std::from_chars(slash + 1, end, range.count) : std::from_chars_result{slash, first};
  if (!divided || second != std::errc() || stop != end || range.index < 1 ||
      range.index > range.count) {
    throw Error(ErrorCode::kInvalidArgument,
                "range: expected a share such as 3/8, found \"" + text + "\"");
  }
  return range;
}

void require_folders(const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    if (!fs::is_directory(folder)) {
      throw Error(ErrorCode::kNotFound, folder.string() + ": expected a folder");
    }
  }
}

ScanReport scan(const std::vector<fs::path>& folders, Catalogue& catalogue,
                const ScanOptions& options, const Progress& progress) {
  require_folders(folders);
  if (options.jobs < 1 || options.jobs > 256) {
    throw Error(ErrorCode::kInvalidArgument, "jobs: expected 1..256");
  }
  ScanReport total;
  for (const fs::path& folder : folders) {
    fs::path metadata = options.metadata;
    if (metadata.empty() && fs::exists(folder / "metadata.jsonl")) {
      metadata = folder / "metadata.jsonl";
    }
    std::optional<Papers> papers;
    if (metadata.empty()) {
      papers.emplace(catalogue.database());
    } else {
      papers.emplace(catalogue.database(), metadata);
    }
    Scan one(catalogue, options, progress);
    try {
      one.walk(folder, *papers);
    } catch (const fs::filesystem_error& error) {
      throw Error(ErrorCode::kNotFound, error.path1().string() + ": " + error.code().message());
    }
    const ScanReport report = one.finish();
    total.files += report.files;
    total.unchanged += report.unchanged;
    total.ok += report.ok;
    total.refused += report.refused;
    total.quarantined += report.quarantined;
  }
  return total;
}

}  // namespace motet::data
