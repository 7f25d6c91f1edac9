// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "motet/base/progress.h"
#include "motet/hub/http.h"

namespace motet::hub {

/// The public hub, where HF_ENDPOINT names no other.
inline constexpr const char* kPublicHub = "https://huggingface.co";

struct PullRequest {
  std::string repository;  ///< "owner/name"
  std::filesystem::path folder;
  std::string revision = "main";  ///< a branch, a tag or a commit
  std::string endpoint = kPublicHub;
  std::string token = {};              ///< sent to the endpoint alone; empty: none
  std::vector<std::string> only = {};  ///< these files; empty: what a checkpoint needs
  bool all = false;                    ///< every file of the repository
  int tries = 5;                       ///< in a row without a new byte
  double first_wait_seconds = 0.5;     ///< before a second try; doubled before each further one
};

enum class PulledHow : uint8_t { kFetched, kResumed, kKept };
/// What a file was held against: the hub's SHA-256 of large files, git's SHA-1 of small ones, or
/// its length alone where the hub tells no more.
enum class PulledCheck : uint8_t { kSha256, kGitBlob, kLength };

struct PulledFile {
  std::string name;
  int64_t size = 0;
  PulledHow how = PulledHow::kFetched;
  PulledCheck check = PulledCheck::kLength;
};

struct PullReport {
  std::string commit;
  std::string licence;  ///< as the card has it; may be empty
  std::vector<PulledFile> files;
  bool only_pickles = false;  ///< weights are there, but none that Motet opens
  bool stopped = false;       ///< asked to; the same request goes on
};

/// Fetches a repository's files at one commit into a folder, by the public hub's HTTP:
///
///     GET <endpoint>/api/models/<owner>/<name>/revision/<revision>?blobs=true
///     GET <endpoint>/<owner>/<name>/resolve/<commit>/<file>, redirected to where it lies
///
/// A file grows as "<file>.part" and gets its name when it is whole and checked, so what stopped
/// goes on where it was; one that is there already and matches is kept. Network faults, 408, 429
/// and 5xx are tried again. Throws Error(kInvalidArgument) on a request that cannot be meant,
/// Error(kNotFound) when there is no such repository, revision or file, Error(kUnavailable) when it
/// is gated or private or the network gives up, Error(kInvalidFile) when a listing is not to be
/// trusted (names that lead out of the folder) or a file's hash is wrong; then that file is not
/// there.
PullReport pull(const PullRequest& request, Http& http, const Progress& progress);

}  // namespace motet::hub
