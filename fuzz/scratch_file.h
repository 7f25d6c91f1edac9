// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "fuzz/require.h"
#include "motet/base/file.h"

namespace motet::fuzz {

/// A file for readers that map one, where writing is cheap. It stays open, and is written over
/// rather than made anew, which is three times as fast; it goes when the fuzzer ends well.
class ScratchFile {
 public:
  /// `name` is that of the file, in a folder of this process.
  explicit ScratchFile(const std::string& name) : folder_(folder_of_process()) {
    std::filesystem::create_directories(folder_);
    path_ = folder_ / name;
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(descriptor_ >= 0);
  }
  ~ScratchFile() {
    ::close(descriptor_);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  void fill(ByteView bytes) const {
    require(::ftruncate(descriptor_, static_cast<off_t>(bytes.size())) == 0);
    require(::pwrite(descriptor_, bytes.data(), bytes.size(), 0) ==
            static_cast<ssize_t>(bytes.size()));
  }

  const std::filesystem::path& path() const noexcept { return path_; }
  const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  static std::filesystem::path folder_of_process() {
    const std::filesystem::path shared = "/dev/shm";
    const auto above =
        std::filesystem::is_directory(shared) ? shared : std::filesystem::temp_directory_path();
    return above / ("motet_fuzz_" + std::to_string(::getpid()));
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace motet::fuzz
