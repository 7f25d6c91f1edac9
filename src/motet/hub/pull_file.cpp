// SPDX-License-Identifier: Apache-2.0
#include "motet/hub/pull_file.h"

#include <cstdlib>
#include <fstream>
#include <system_error>

#include "motet/base/error.h"
#include "motet/trust/hash.h"

namespace motet::hub {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_writing(const fs::path& path, const std::string& reason) {
  throw Error(ErrorCode::kInvalidArgument, path.string() + ": cannot be written: " + reason);
}

/// 0 where there is none.
int64_t size_on_disk(const fs::path& path) {
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(size);
}

/// A whole number that fills a header; nothing where it is none.
std::optional<int64_t> number_in(const std::string& text) {
  if (text.empty() || text.size() > 15 ||
      text.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return std::strtoll(text.c_str(), nullptr, 10);
}

/// Without W/ and quotes.
std::string bare_etag(std::string etag) {
  if (etag.starts_with("W/")) etag = etag.substr(2);
  std::erase(etag, '"');
  return etag;
}

bool is_digest(const std::string& text, size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// What the listing does not tell, from the answer's headers.
void learn(ListedFile& file, const HttpAnswer& answer) {
  if (file.sha256.empty() && file.blob.empty()) {
    const std::string linked = answer.header("x-linked-etag");
    const std::string etag = bare_etag(linked.empty() ? answer.header("etag") : linked);
    if (is_digest(etag, 64)) file.sha256 = etag;
    if (is_digest(etag, 40)) file.blob = etag;
  }
  if (!file.size) file.size = number_in(answer.header("x-linked-size"));
  if (!file.size && answer.status == 200) file.size = number_in(answer.header("content-length"));
  const std::string range = answer.header("content-range");  // "bytes 5-9/10"
  const size_t slash = range.find('/');
  if (!file.size && slash != std::string::npos) file.size = number_in(range.substr(slash + 1));
}

PulledCheck check_of(const ListedFile& file) {
  if (!file.sha256.empty()) return PulledCheck::kSha256;
  return file.blob.empty() ? PulledCheck::kLength : PulledCheck::kGitBlob;
}

/// Empty when the file on disk is what the hub promises; else what is wrong.
std::string difference(const ListedFile& file, const fs::path& path) {
  const int64_t size = size_on_disk(path);
  if (file.size && size != *file.size) {
    return "has " + std::to_string(size) + " bytes, the hub promises " + std::to_string(*file.size);
  }
  const PulledCheck check = check_of(file);
  if (check == PulledCheck::kLength) return "";
  const bool large = check == PulledCheck::kSha256;
  const std::string found = large ? trust::sha256_of_file(path) : trust::git_blob_of_file(path);
  const std::string& wanted = large ? file.sha256 : file.blob;
  if (found == wanted) return "";
  return std::string("its ") + (large ? "SHA-256" : "git SHA-1") + " is " + found +
         ", the hub promises " + wanted;
}

/// "<file>.part": grows piece by piece.
class Part {
 public:
  explicit Part(const fs::path& target) : path_(target.string() + ".part") {
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    if (error) fail_writing(target, error.message());
    size_ = size_on_disk(path_);
  }

  const fs::path& path() const noexcept { return path_; }
  int64_t size() const noexcept { return size_; }

  /// Before each answer.
  void close() {
    if (file_.is_open()) file_.close();
  }

  void add(const HttpAnswer& head, ByteView piece, const ListedFile& file) {
    if (!file_.is_open()) open(head);
    size_ += static_cast<int64_t>(piece.size());
    if (file.size && size_ > *file.size) {
      discard();
      throw Error(ErrorCode::kInvalidFile, file.name + ": more bytes come than the hub promises, " +
                                               std::to_string(*file.size));
    }
    file_.write(reinterpret_cast<const char*>(piece.data()),
                static_cast<std::streamsize>(piece.size()));
    if (!file_) fail_writing(path_, "the disk may be full");
  }

  void discard() {
    close();
    std::error_code ignored;
    fs::remove(path_, ignored);
    size_ = 0;
  }

  /// An empty file has had no piece, but is a file.
  void exist() {
    if (size_ == 0 && !std::ofstream(path_, std::ios::binary | std::ios::trunc)) {
      fail_writing(path_, "it does not open");
    }
  }

  void finish(const fs::path& target) {
    std::error_code error;
    fs::rename(path_, target, error);
    if (error) fail_writing(target, error.message());
  }

 private:
  /// A server that does not know ranges sends the whole file again, with 200.
  void open(const HttpAnswer& head) {
    const std::string range = head.header("content-range");
    const bool goes_on =
        head.status == 206 && range.starts_with("bytes " + std::to_string(size_) + "-");
    if (head.status == 206 && !goes_on) {
      throw Error(ErrorCode::kInvalidFile, path_.string() + ": asked from byte " +
                                               std::to_string(size_) +
                                               ", the server sends another range");
    }
    if (!goes_on) size_ = 0;
    file_.open(path_, std::ios::binary | (goes_on ? std::ios::app : std::ios::trunc));
    if (!file_) fail_writing(path_, "it does not open");
  }

  fs::path path_;
  std::ofstream file_;
  int64_t size_ = 0;
};

/// Fetches until the part is whole. False when asked to stop.
class Fetching {
 public:
  Fetching(Client& client, ListedFile& file, const std::string& commit, Part& part,
           const std::function<void(int64_t)>& heard)
      : client_(client), file_(file), commit_(commit), part_(part), heard_(heard) {}

  bool run(int tries) {
    int without_news = 0;
    while (!is_whole()) {
      const int64_t before = part_.size();
      const HttpAnswer answer = ask();
      if (client_.stopped()) return false;
      if (part_.size() > before) without_news = 0;
      if (answer.status == 416 && before > 0) {
        part_.discard();  // longer than the file, or another's
      } else if (!Client::is_passing(answer) && answer.status != 200 && answer.status != 206) {
        client_.refuse(answer, file_.name);
      } else if (!Client::is_passing(answer)) {
        is_answered_ = true;
      }
      if (is_whole()) break;
      if (++without_news >= tries) give_up(answer);
      client_.wait(without_news, answer);
      if (client_.stopped()) return false;
    }
    part_.exist();
    return true;
  }

 private:
  /// As many bytes as are promised; without a promise, an answer that came to its end.
  bool is_whole() const {
    return file_.size ? part_.size() == *file_.size && (is_answered_ || part_.size() > 0)
                      : is_answered_;
  }

  HttpAnswer ask() {
    if (file_.size && part_.size() > *file_.size) part_.discard();
    Http::Headers headers;
    if (part_.size() > 0) headers["Range"] = "bytes=" + std::to_string(part_.size()) + "-";
    HttpAnswer answer = client_.ask(client_.file_url(commit_, file_.name), headers,
                                    [&](const HttpAnswer& head, ByteView piece) {
                                      part_.add(head, piece, file_);
                                      heard_(part_.size());
                                    });
    part_.close();
    if (answer.status == 200 || answer.status == 206) {
      const std::string commit = answer.header("x-repo-commit");
      if (!commit.empty() && commit != commit_) {
        part_.discard();
        throw Error(ErrorCode::kInvalidFile,
                    file_.name + ": it comes from another commit than the listing");
      }
      learn(file_, answer);
    }
    return answer;
  }

  [[noreturn]] void give_up(HttpAnswer answer) const {
    if (answer.failure.empty() && !Client::is_passing(answer)) {
      answer.failure = "it ends after " + std::to_string(part_.size()) + " bytes";
    }
    client_.refuse(answer, file_.name);
  }

  Client& client_;
  ListedFile& file_;
  const std::string& commit_;
  Part& part_;
  const std::function<void(int64_t)>& heard_;
  bool is_answered_ = false;
};

}  // namespace

std::optional<PulledFile> pull_file(Client& client, const ListedFile& listed,
                                    const std::string& commit, const fs::path& folder, int tries,
                                    const std::function<void(int64_t)>& heard) {
  ListedFile file = listed;
  const fs::path target = folder / file.name;
  PulledFile pulled{.name = file.name};
  std::error_code ignored;
  const bool can_compare = file.size || check_of(file) != PulledCheck::kLength;
  if (can_compare && fs::is_regular_file(target, ignored) && difference(file, target).empty()) {
    pulled.how = PulledHow::kKept;
  } else {
    Part part(target);
    pulled.how = part.size() > 0 ? PulledHow::kResumed : PulledHow::kFetched;
    if (!Fetching(client, file, commit, part, heard).run(tries)) return std::nullopt;
    std::string wrong = difference(file, part.path());
    if (!wrong.empty() && pulled.how == PulledHow::kResumed) {  // it began as something else
      part.discard();
      pulled.how = PulledHow::kFetched;
      if (!Fetching(client, file, commit, part, heard).run(tries)) return std::nullopt;
      wrong = difference(file, part.path());
    }
    if (!wrong.empty()) {
      part.discard();
      throw Error(ErrorCode::kInvalidFile, file.name + ": " + wrong + "; it was thrown away");
    }
    part.finish(target);
  }
  pulled.size = size_on_disk(target);
  pulled.check = check_of(file);
  return pulled;
}

}  // namespace motet::hub
