// SPDX-License-Identifier: Apache-2.0
#include "motet/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "motet/base/error.h"

namespace motet {
namespace {

namespace fs = std::filesystem;

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int value) noexcept : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int value() const noexcept { return value_; }

 private:
  int value_;
};

std::string reason_of(int error) { return std::generic_category().message(error); }

/// `more` are flags for open(2).
int open_for_reading(const fs::path& path, int more) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    throw Error(ErrorCode::kInvalidArgument, path.string() + ": expected a file, found a folder");
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | more);
  if (descriptor < 0) {
    throw Error(ErrorCode::kNotFound, path.string() + ": cannot be opened: " + reason_of(errno));
  }
  return descriptor;
}

[[noreturn]] void refuse_length(const fs::path& path) {
  throw Error(ErrorCode::kInvalidArgument, path.string() + ": expected at most " +
                                               std::to_string(kLongestFile) +
                                               " bytes, found more; divide it into several files");
}

/// Reads to the end rather than trusting the size, so that pipes work too.
template <typename Buffer>
Buffer read_all(const fs::path& path) {
  constexpr size_t kChunk = size_t{1} << 16;
  const Descriptor file(open_for_reading(path, 0));
  struct stat status {};
  const bool sized = ::fstat(file.value(), &status) == 0 && S_ISREG(status.st_mode);
  if (sized && static_cast<uint64_t>(status.st_size) > kLongestFile) refuse_length(path);
  Buffer content;
  size_t used = 0;
  content.resize(sized ? static_cast<size_t>(status.st_size) + 1 : kChunk);
  while (true) {
    if (used > kLongestFile) refuse_length(path);
    if (used == content.size()) content.resize(content.size() + content.size() / 2 + kChunk);
    const ssize_t got = ::read(file.value(), content.data() + used, content.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      throw Error(ErrorCode::kNotFound, path.string() + ": cannot be read: " + reason_of(errno));
    }
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  content.resize(used);
  return content;
}

[[noreturn]] void refuse_to_write(const fs::path& path, const std::string& reason) {
  throw Error(ErrorCode::kInvalidArgument, path.string() + ": cannot be written: " + reason);
}

/// A name beside the target that no other process and no other thread uses.
fs::path name_beside(const fs::path& path) {
  static std::atomic<unsigned> counter{0};
  fs::path beside = path;
  beside += ".part-" + std::to_string(::getpid()) + "-" + std::to_string(counter.fetch_add(1));
  return beside;
}

bool write_all(int descriptor, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return true;
}

/// Devices and pipes (/dev/stdout) cannot be replaced by renaming; they are written directly.
bool is_special(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

}  // namespace

Bytes read_file(const fs::path& path) { return read_all<Bytes>(path); }

std::string read_text(const fs::path& path) { return read_all<std::string>(path); }

void write_file(const fs::path& path, ByteView bytes) {
  write_file(path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void write_file(const fs::path& path, std::string_view text) {
  FileWriter file(path);
  file.add(text);
  file.finish();
}

FileWriter::FileWriter(const fs::path& path) : path_(path), target_(path) {
  std::error_code ignored;
  if (path.empty()) refuse_to_write("\"\"", "the name is empty");
  if (fs::is_directory(path, ignored)) refuse_to_write(path, "it is a folder");
  int flags = O_WRONLY | O_CLOEXEC;
  if (!is_special(path)) {
    if (fs::is_symlink(path, ignored)) target_ = fs::weakly_canonical(path, ignored);
    beside_ = name_beside(target_);
    flags |= O_CREAT | O_EXCL;
  }
  descriptor_ = ::open((beside_.empty() ? target_ : beside_).c_str(), flags, 0666);
  if (descriptor_ < 0) refuse_to_write(path, reason_of(errno));
}

FileWriter::~FileWriter() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

void FileWriter::add(std::string_view text) {
  const ByteView bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  if (!write_all(descriptor_, bytes)) refuse_to_write(path_, reason_of(errno));
}

void FileWriter::finish() {
  const bool is_written = ::close(std::exchange(descriptor_, -1)) == 0;
  const bool is_there =
      is_written && (beside_.empty() || ::rename(beside_.c_str(), target_.c_str()) == 0);
  if (is_there) return;
  const int error = errno;
  if (!beside_.empty()) ::unlink(beside_.c_str());
  refuse_to_write(path_, reason_of(error));
}

void require_writable(const fs::path& path) {
  std::error_code ignored;
  if (path.empty()) refuse_to_write("\"\"", "the name is empty");
  if (fs::is_directory(path, ignored)) refuse_to_write(path, "it is a folder");
  if (fs::exists(path, ignored) && ::access(path.c_str(), W_OK) != 0) {
    refuse_to_write(path, reason_of(errno));
  }
  if (is_special(path)) return;
  const fs::path target =
      fs::is_symlink(path, ignored) ? fs::weakly_canonical(path, ignored) : path;
  const fs::path beside = name_beside(target);
  const Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.value() < 0) refuse_to_write(path, reason_of(errno));
  ::unlink(beside.c_str());
}

MappedFile::MappedFile(const fs::path& path) {
  // A pipe that nobody writes to would keep the opening waiting for ever.
  const Descriptor file(open_for_reading(path, O_NONBLOCK));
  struct stat status {};
  if (::fstat(file.value(), &status) != 0 || !S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::kInvalidArgument, path.string() + ": expected a regular file");
  }
  size_ = static_cast<size_t>(status.st_size);
  if (size_ == 0) return;  // mmap refuses an empty file; an empty view is the truth
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.value(), 0);
  if (address == MAP_FAILED) {
    throw Error(ErrorCode::kNotFound, path.string() + ": cannot be mapped: " + reason_of(errno));
  }
  data_ = static_cast<const uint8_t*>(address);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<uint8_t*>(data_), size_);
}

void MappedFile::let_go(ByteView part) const noexcept {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const auto offset = static_cast<size_t>(part.data() - data_);
  const size_t begin = (offset + page - 1) / page * page;
  const size_t end = (offset + part.size()) / page * page;
  if (begin < end) ::madvise(const_cast<uint8_t*>(data_) + begin, end - begin, MADV_DONTNEED);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace motet
