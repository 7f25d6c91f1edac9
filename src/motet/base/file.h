// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace motet {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;

inline constexpr size_t kLongestFile = size_t{1} << 30;  ///< that is read into memory as a whole

/// The whole content of a file, or of a pipe until it ends. Throws Error(kNotFound) with the path
/// when it cannot be opened, Error(kInvalidArgument) when it is a folder or longer than
/// kLongestFile.
Bytes read_file(const std::filesystem::path& path);
std::string read_text(const std::filesystem::path& path);

/// Writes beside the target first and renames, so that a reader never sees half a file.
/// Throws Error(kInvalidArgument) with the path and the reason when it cannot.
void write_file(const std::filesystem::path& path, ByteView bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

/// The same, piece by piece: the file is there when finish() has returned, and not before.
class FileWriter {
 public:
  explicit FileWriter(const std::filesystem::path& path);
  ~FileWriter();  ///< removes what is unfinished
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void add(std::string_view text);
  void finish();

 private:
  std::filesystem::path path_;
  std::filesystem::path target_;  ///< that path_ leads to
  std::filesystem::path beside_;  ///< what is written; empty where it cannot be replaced
  int descriptor_ = -1;
};

/// Throws Error(kInvalidArgument) unless a file could be written at `path` now. Leaves nothing
/// behind; an existing file is not touched. To be asked before any long work begins.
void require_writable(const std::filesystem::path& path);

/// A file mapped read-only into memory; its pages are loaded when they are first touched.
class MappedFile {
 public:
  /// Throws as read_file does, but of any length; Error(kInvalidArgument) when it is no regular
  /// file.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  ByteView bytes() const noexcept { return {data_, size_}; }

  /// Says that `part` of bytes() is not needed for now: whole pages within it leave memory, and
  /// come back from the file when they are touched again.
  void let_go(ByteView part) const noexcept;

 private:
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace motet
