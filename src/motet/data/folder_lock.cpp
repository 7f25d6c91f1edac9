// SPDX-License-Identifier: Apache-2.0
#include "motet/data/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "motet/base/error.h"

namespace motet::data {
namespace {

/// False where somebody else has it.
bool lock(int folder, int operation) {
  while (flock(folder, operation) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return true;  // no locks here
  }
  return true;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder)
    : folder_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (folder_ < 0) {
    throw Error(ErrorCode::kInvalidArgument,
                folder.string() + ": cannot be opened: " + std::strerror(errno));
  }
}

FolderLock::~FolderLock() { close(folder_); }

bool FolderLock::try_alone() { return lock(folder_, LOCK_EX | LOCK_NB); }

void FolderLock::alone() { lock(folder_, LOCK_EX); }

void FolderLock::share() { lock(folder_, LOCK_SH); }

}  // namespace motet::data
