// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace motet::data {

/// What keeps processes from disturbing each other in a folder: any number may share it, one may
/// have it alone. Given back when the object goes, or its process. Where the file system knows no
/// such locks, everybody has it.
class FolderLock {
 public:
  /// Throws Error(kInvalidArgument) with the path of a folder that cannot be opened.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  /// Has it alone, or changes nothing and says false.
  bool try_alone();
  /// Waits; what was held before may be lost meanwhile.
  void alone();
  void share();

 private:
  int folder_;
};

}  // namespace motet::data
