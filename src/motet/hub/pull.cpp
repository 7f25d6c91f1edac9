// SPDX-License-Identifier: Apache-2.0
#include "motet/hub/pull.h"

#include <algorithm>
#include <system_error>

#include "motet/base/error.h"
#include "motet/hub/client.h"
#include "motet/hub/listing.h"
#include "motet/hub/pull_file.h"

namespace motet::hub {
namespace {

constexpr size_t kLongestListing = 32'000'000;  // bytes; a hundred thousand files need less

/// The listing's text; nothing when asked to stop.
std::optional<std::string> fetch_listing(Client& client, const PullRequest& request) {
  for (int number = 1;; ++number) {
    std::string text;
    const HttpAnswer answer =
        client.ask(client.listing_url(), {}, [&](const HttpAnswer&, ByteView piece) {
          text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
          if (text.size() > kLongestListing) {
            throw Error(ErrorCode::kInvalidFile,
                        request.repository + ": the listing is longer than 32 MB");
          }
        });
    if (client.stopped()) return std::nullopt;
    if (answer.failure.empty() && answer.status == 200) return text;
    if (!Client::is_passing(answer) || number >= request.tries) {
      client.refuse(answer, request.repository);
    }
    client.wait(number, answer);
    if (client.stopped()) return std::nullopt;
  }
}

std::vector<ListedFile> chosen_files(const Listing& listing, const PullRequest& request) {
  if (request.all) return listing.files;
  if (request.only.empty()) return needed_files(listing.files);
  std::vector<ListedFile> chosen;
  for (const std::string& name : request.only) {
    const auto found = std::ranges::find(listing.files, name, &ListedFile::name);
    if (found == listing.files.end()) {
      throw Error(ErrorCode::kNotFound, request.repository + ": has no file \"" + name + "\"");
    }
    chosen.push_back(*found);
  }
  return chosen;
}

/// Tells a listener of bytes in units that a person reads: MB, or kB where all is small.
class Meter {
 public:
  Meter(const std::vector<ListedFile>& files, const Progress& progress) : progress_(progress) {
    for (const ListedFile& file : files) total_ += file.size.value_or(0);
    unit_ = total_ >= 10'000'000 ? 1'000'000 : 1'000;
  }

  void show(const std::string& name, int64_t here) const {
    const int64_t done = done_ + here;
    const int64_t total = std::max(total_, done);
    progress_.report({.stage = "pulling",
                      .done = done / unit_,
                      .total = (total + unit_ - 1) / unit_,
                      .detail = (unit_ == 1'000 ? "kB, " : "MB, ") + name});
  }

  void add(int64_t bytes) { done_ += bytes; }

 private:
  const Progress& progress_;
  int64_t total_ = 0;
  int64_t done_ = 0;
  int64_t unit_ = 1;
};

}  // namespace

PullReport pull(const PullRequest& request, Http& http, const Progress& progress) {
  Client client(request, http, progress);
  PullReport report;
  const std::optional<std::string> text = fetch_listing(client, request);
  report.stopped = !text;
  if (report.stopped) return report;
  const Listing listing = read_listing(*text, request.repository);
  report.commit = listing.commit;
  report.licence = listing.licence;
  report.only_pickles = has_only_pickles(listing.files);
  const std::vector<ListedFile> files = chosen_files(listing, request);
  if (files.empty()) {
    throw Error(
        ErrorCode::kNotFound,
        request.repository + ": has no file that a checkpoint needs; --all fetches every one");
  }
  Meter meter(files, progress);
  for (const ListedFile& file : files) {
    const auto heard = [&](int64_t here) { meter.show(file.name, here); };
    const auto pulled =
        pull_file(client, file, listing.commit, request.folder, request.tries, heard);
    report.stopped = !pulled;
    if (report.stopped) return report;
    report.files.push_back(*pulled);
    meter.add(pulled->size);
  }
  return report;
}

}  // namespace motet::hub
