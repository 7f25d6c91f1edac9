// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "motet/base/error.h"
#include "motet/data/checksum.h"
#include "motet/data/shard.h"
#include "motet/data/shard_layout.h"

namespace motet::data {
namespace {

namespace fs = std::filesystem;

enum SectionIndex : size_t { kOffsets, kWordOffsets, kNames, kWords, kIds, kSections };
constexpr size_t kCopyBytes = 1 << 20;

fs::path beside(const fs::path& path, const std::string& ending) {
  fs::path name = path;
  name += ending;
  return name;
}

template <typename T>
ByteView view_of(const T* first, size_t count) {
  return {reinterpret_cast<const uint8_t*>(first), count * sizeof(T)};
}

void write(std::ofstream& out, ByteView bytes) {
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

/// Calls use(bytes) for a file's content, a megabyte at a time. False when it could not be read.
template <typename Use>
bool each_block(const fs::path& path, Use&& use) {
  std::ifstream in(path, std::ios::binary);
  std::vector<char> block(kCopyBytes);
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    use(view_of(block.data(), static_cast<size_t>(in.gcount())));
  }
  return in.eof();
}

}  // namespace

ShardWriter::ShardWriter(const fs::path& path, const Head& head) : path_(path), head_(head) {
  for (size_t i = 0; i < kSections; ++i) {
    const fs::path name = beside(path, ".section" + std::to_string(i));
    sections_.push_back({name, std::ofstream(name, std::ios::binary | std::ios::trunc)});
  }
  put(kOffsets, &ids_, 1);
  put(kWordOffsets, &words_, 1);
}

ShardWriter::~ShardWriter() {
  std::error_code ignored;
  for (const Section& section : sections_) fs::remove(section.path, ignored);
}

template <typename T>
void ShardWriter::put(size_t section, const T* first, size_t count) {
  write(sections_[section].out, view_of(first, count));
}

void ShardWriter::add(std::span<const uint16_t> ids, const std::string& sha256,
                      const Fingerprint& fingerprint) {
  const uint32_t level = fingerprint.level;
  ++pieces_;
  ids_ += ids.size();
  words_ += 1 + fingerprint.hashes.size();
  put(kOffsets, &ids_, 1);
  put(kWordOffsets, &words_, 1);
  put(kNames, from_hash_text(sha256).data(), kHashBytes);
  put(kWords, &level, 1);
  put(kWords, fingerprint.hashes.data(), fingerprint.hashes.size());
  put(kIds, ids.data(), ids.size());
}

void ShardWriter::finish() {
  const auto refuse = [&] {
    throw Error(ErrorCode::kInvalidArgument, path_.string() + ": cannot be written to its end");
  };
  Checksum checksum;
  for (Section& section : sections_) {
    section.out.close();
    if (!section.out) refuse();
    if (!each_block(section.path, [&](ByteView block) { checksum.add(block); })) refuse();
  }
  ShardHeader header;
  header.magic = kShardMagic2;
  header.vocab_size = head_.vocab_size;
  header.weight = static_cast<float>(head_.weight);
  header.pieces = pieces_;
  std::copy_n(head_.source.data(), std::min(head_.source.size(), kShardSourceBytes),
              header.source.data());
  const fs::path part = beside(path_, ".part");
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  write(out, view_of(&header, 1));
  const uint64_t value = checksum.value();
  write(out, view_of(&value, 1));
  for (const Section& section : sections_) {
    if (!each_block(section.path, [&](ByteView block) { write(out, block); })) refuse();
  }
  out.close();
  std::error_code failure;
  if (out) fs::rename(part, path_, failure);
  if (!out || failure) {
    fs::remove(part, failure);
    refuse();
  }
}

}  // namespace motet::data
