// SPDX-License-Identifier: Apache-2.0
#include "motet/data/chunk.h"

#include <cstdio>

#include "motet/base/error.h"
#include "motet/base/file.h"

namespace motet::data {
namespace {

/// What stands before a version's shard name, source, SHA-256, fingerprint and ids; sizes of them.
struct RecordHead {
  uint32_t name = 0;
  uint32_t source = 0;
  uint32_t hash = 0;
  uint32_t level = 0;
  uint32_t hashes = 0;
  uint32_t reserved = 0;
  uint64_t ids = 0;
  double factor = 1.0;
  double difficulty = 0.0;
};
static_assert(sizeof(RecordHead) == 48);

template <typename T>
void append(Bytes& bytes, const T* first, size_t count) {
  const auto* raw = reinterpret_cast<const uint8_t*>(first);
  bytes.insert(bytes.end(), raw, raw + count * sizeof(T));
}

void append(Bytes& bytes, const PreparedPiece& piece, const PreparedVersion& version) {
  const std::string& hash = piece.entry.sha256;
  const std::vector<uint32_t>& hashes = piece.fingerprint.hashes;
  const RecordHead head = {static_cast<uint32_t>(piece.shard.size()),
                           static_cast<uint32_t>(piece.entry.source.size()),
                           static_cast<uint32_t>(hash.size()),
                           piece.fingerprint.level,
                           static_cast<uint32_t>(hashes.size()),
                           0,
                           version.ids.size(),
                           piece.factor,
                           version.difficulty};
  append(bytes, &head, 1);
  append(bytes, piece.shard.data(), piece.shard.size());
  append(bytes, piece.entry.source.data(), piece.entry.source.size());
  append(bytes, hash.data(), hash.size());
  append(bytes, hashes.data(), hashes.size());
  append(bytes, version.ids.data(), version.ids.size());
}

}  // namespace

Chunk::Chunk(const std::filesystem::path& folder, size_t index) {
  char name[32];
  std::snprintf(name, sizeof name, "chunk-%08zu", index);
  papers_ = folder / (std::string(name) + ".jsonl");
  ids_ = folder / (std::string(name) + ".ids");
}

bool Chunk::exists() const { return std::filesystem::exists(papers_); }

void Chunk::write(const std::vector<PreparedPiece>& pieces) const {
  std::string papers;
  Bytes bytes;
  for (const PreparedPiece& piece : pieces) {
    papers += to_line(piece.entry);
    for (const PreparedVersion& version : piece.versions) append(bytes, piece, version);
  }
  write_file(ids_, ByteView(bytes));
  write_file(papers_, papers);
}

ChunkReader::ChunkReader(const Chunk& chunk) : path_(chunk.ids()), in_(path_, std::ios::binary) {
  std::error_code gone;
  size_ = std::filesystem::file_size(path_, gone);
  if (gone || !in_) read_file(path_);  // throws, with the system's reason
}

void ChunkReader::seek(uint64_t offset) {
  at_ = offset;
  in_.clear();
  in_.seekg(static_cast<std::streamoff>(offset));
}

template <typename T>
void ChunkReader::take(T* first, uint64_t count) {
  const uint64_t left = at_ > size_ ? 0 : size_ - at_;
  const bool fits = count <= left / sizeof(T);
  if (fits) {
    in_.read(reinterpret_cast<char*>(first), static_cast<std::streamsize>(count * sizeof(T)));
  }
  if (!fits || !in_) {
    throw Error(ErrorCode::kInvalidFile,
                path_.string() + ": the file ends inside a piece; delete its folder to begin anew");
  }
  at_ += count * sizeof(T);
}

bool ChunkReader::next(Record& record) {
  if (at_ == size_) return false;
  record.offset = at_;
  RecordHead head;
  take(&head, 1);
  const uint64_t left = size_ - at_;  // no size may make us ask for more memory than the file has
  const uint64_t texts = uint64_t{head.name} + head.source + head.hash;
  if (texts > left || head.hashes > left / 4 || head.ids > left / 2) {
    at_ = size_ + 1;
  } else {
    record.shard.resize(head.name);
    record.source.resize(head.source);
    record.sha256.resize(head.hash);
    record.fingerprint.hashes.resize(head.hashes);
    record.ids.resize(head.ids);
  }
  take(record.shard.data(), head.name);
  take(record.source.data(), head.source);
  take(record.sha256.data(), head.hash);
  take(record.fingerprint.hashes.data(), head.hashes);
  take(record.ids.data(), head.ids);
  record.fingerprint.level = static_cast<uint8_t>(head.level);
  record.factor = head.factor;
  record.difficulty = head.difficulty;
  return true;
}

std::string shard_of(const ManifestEntry& entry) {
  std::string name = entry.split + "-" + entry.source;
  for (char& c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!is_plain) c = '_';
  }
  return name;
}

}  // namespace motet::data
