// SPDX-License-Identifier: Apache-2.0
#include "motet/data/chunk.h"

#include <cstdio>
#include <cstring>

#include "motet/base/error.h"
#include "motet/base/file.h"

namespace motet::data {
namespace {

/// What stands before a piece's shard name, SHA-256, fingerprint and ids; sizes of the four.
struct RecordHead {
  uint32_t name = 0;
  uint32_t hash = 0;
  uint32_t level = 0;
  uint32_t hashes = 0;
  uint64_t ids = 0;
};
static_assert(sizeof(RecordHead) == 24);

template <typename T>
void append(Bytes& bytes, const T* first, size_t count) {
  const auto* raw = reinterpret_cast<const uint8_t*>(first);
  bytes.insert(bytes.end(), raw, raw + count * sizeof(T));
}

/// Takes values from the front of the bytes.
class Cursor {
 public:
  Cursor(ByteView bytes, const std::filesystem::path& path) : rest_(bytes), path_(path) {}

  bool at_end() const { return rest_.empty(); }
  template <typename T>
  void take(T* first, uint64_t count) {
    const ByteView bytes = skip(count, sizeof(T));
    if (!bytes.empty()) std::memcpy(first, bytes.data(), bytes.size());
  }
  ByteView skip(uint64_t count, size_t width) {
    if (count > rest_.size() / width) {
      throw Error(
          ErrorCode::kInvalidFile,
          path_.string() + ": the file ends inside a piece; delete its folder to begin anew");
    }
    const ByteView bytes = rest_.first(count * width);
    rest_ = rest_.subspan(bytes.size());
    return bytes;
  }

 private:
  ByteView rest_;
  const std::filesystem::path& path_;
};

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
    if (piece.ids.empty()) continue;
    const std::string name = shard_of(piece.entry);
    const std::string& hash = piece.entry.sha256;
    const RecordHead head = {static_cast<uint32_t>(name.size()), static_cast<uint32_t>(hash.size()),
                             piece.fingerprint.level,
                             static_cast<uint32_t>(piece.fingerprint.hashes.size()),
                             piece.ids.size()};
    append(bytes, &head, 1);
    append(bytes, name.data(), name.size());
    append(bytes, hash.data(), hash.size());
    append(bytes, piece.fingerprint.hashes.data(), piece.fingerprint.hashes.size());
    append(bytes, piece.ids.data(), piece.ids.size());
  }
  write_file(ids_, ByteView(bytes));
  write_file(papers_, papers);
}

void Chunk::each(const std::string& shard,
                 const std::function<void(const PreparedPiece& piece)>& visit) const {
  const Bytes bytes = read_file(ids_);
  Cursor in(bytes, ids_);
  while (!in.at_end()) {
    RecordHead head;
    in.take(&head, 1);
    const ByteView name = in.skip(head.name, 1);
    const ByteView hash = in.skip(head.hash, 1);
    const ByteView hashes = in.skip(head.hashes, sizeof(uint32_t));
    const ByteView ids = in.skip(head.ids, sizeof(uint16_t));
    if (std::string(name.begin(), name.end()) != shard) continue;
    PreparedPiece piece;
    piece.entry.sha256.assign(hash.begin(), hash.end());
    piece.fingerprint.level = static_cast<uint8_t>(head.level);
    piece.fingerprint.hashes.resize(head.hashes);
    Cursor(hashes, ids_).take(piece.fingerprint.hashes.data(), head.hashes);
    piece.ids.resize(head.ids);
    Cursor(ids, ids_).take(piece.ids.data(), head.ids);
    visit(piece);
  }
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
