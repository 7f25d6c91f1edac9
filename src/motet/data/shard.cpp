// SPDX-License-Identifier: Apache-2.0
#include "motet/data/shard.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <string_view>

#include "motet/base/error.h"
#include "motet/base/hex.h"
#include "motet/data/checksum.h"
#include "motet/data/shard_layout.h"
#include "motet/data/tune.h"

namespace motet::data {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorCode::kInvalidFile,
              path.string() + ": " + why + "; `motet data prepare` writes shards anew");
}

/// Walks over a part of a file, and lets go of what it has seen, so that a shard of any size takes
/// little memory.
template <typename See>
void each_stretch(const MappedFile& file, ByteView bytes, const See& see) {
  constexpr size_t kStretch = size_t{1} << 22U;
  while (!bytes.empty()) {
    const ByteView stretch = bytes.first(std::min(kStretch, bytes.size()));
    see(stretch);
    file.let_go(stretch);
    bytes = bytes.subspan(stretch.size());
  }
}

uint64_t checksum_of(const MappedFile& file, ByteView bytes) {
  Checksum checksum;
  each_stretch(file, bytes, [&](ByteView stretch) { checksum.add(stretch); });
  return checksum.value();
}

bool is_table(const uint64_t* offsets, size_t pieces) {
  return offsets[0] == 0 && std::is_sorted(offsets, offsets + pieces + 1);
}

}  // namespace

std::string to_hash_text(const uint8_t* hash) { return to_hex(ByteView(hash, kHashBytes)); }

std::array<uint8_t, kHashBytes> from_hash_text(const std::string& text) {
  assert(text.size() == 2 * kHashBytes);
  std::array<uint8_t, kHashBytes> hash{};
  for (size_t i = 0; i < 2 * kHashBytes; ++i) {
    hash[i / 2] = static_cast<uint8_t>(hash[i / 2] << 4U | (kHexDigits.find(text[i]) & 15U));
  }
  return hash;
}

Shard::Shard(const std::filesystem::path& path) : path_(path), file_(path) {
  const ByteView bytes = file_.bytes();
  ShardHeader header;
  if (bytes.size() < sizeof header) refuse(path, "expected a shard, found fewer than 56 bytes");
  std::memcpy(&header, bytes.data(), sizeof header);
  pieces_ = header.pieces;
  vocab_size_ = header.vocab_size;
  weight_ = header.weight;
  source_.assign(header.source.data(), strnlen(header.source.data(), kShardSourceBytes));
  if (!(weight_ >= 0.0 && weight_ < 1e9)) refuse(path, "its sampling weight is no share");
  const ByteView rest = bytes.subspan(sizeof header);
  if (header.magic == kShardMagic2) {
    open_second(rest);
  } else if (header.magic == kShardMagic1) {
    open_first(rest);
  } else {
    refuse(path, "expected a shard that begins with MOTETSH2");
  }
}

void Shard::open_first(ByteView bytes) {
  checksum_ = checksum_of(file_, bytes);
  const uint64_t room = bytes.size() / sizeof(uint64_t);
  if (pieces_ >= room) refuse(path_, "the file ends inside its table of pieces");
  offsets_ = reinterpret_cast<const uint64_t*>(bytes.data());
  first_ = reinterpret_cast<const uint16_t*>(offsets_ + pieces_ + 1);
  check_ids((bytes.size() - 8 * (pieces_ + 1)) / sizeof(uint16_t));
}

void Shard::open_second(ByteView bytes) {
  uint64_t expected = 0;
  if (bytes.size() < sizeof expected) refuse(path_, "the file ends inside its checksum");
  std::memcpy(&expected, bytes.data(), sizeof expected);
  const ByteView body = bytes.subspan(sizeof expected);
  const uint64_t tables = 2 * sizeof(uint64_t);  // of each piece, and of the end
  if (body.size() < tables || pieces_ > (body.size() - tables) / (tables + kHashBytes)) {
    refuse(path_, "the file ends inside its table of pieces");
  }
  checksum_ = checksum_of(file_, body);
  if (checksum_ != expected) {
    refuse(path_, "its bytes contradict its checksum: it is damaged");
  }
  offsets_ = reinterpret_cast<const uint64_t*>(body.data());
  word_offsets_ = offsets_ + pieces_ + 1;
  names_ = reinterpret_cast<const uint8_t*>(word_offsets_ + pieces_ + 1);
  words_ = reinterpret_cast<const uint32_t*>(names_ + pieces_ * kHashBytes);
  const uint64_t rest = body.size() - (pieces_ + 1) * tables - pieces_ * kHashBytes;
  const uint64_t words = word_offsets_[pieces_];
  if (!is_table(word_offsets_, pieces_) || words > rest / sizeof(uint32_t)) {
    refuse(path_, "its table of fingerprints contradicts its length");
  }
  check_words();
  first_ = reinterpret_cast<const uint16_t*>(words_ + words);
  check_ids((rest - words * sizeof(uint32_t)) / sizeof(uint16_t));
}

void Shard::check_words() const {
  for (size_t i = 0; i < pieces_; ++i) {
    const uint64_t begin = word_offsets_[i];
    const uint64_t end = word_offsets_[i + 1];
    const bool fits = end > begin && end - begin <= kMaxHashes + 1 && words_[begin] < 32 &&
                      std::is_sorted(words_ + begin + 1, words_ + end);
    if (!fits) refuse(path_, "piece " + std::to_string(i) + " has no fingerprint");
  }
}

void Shard::check_ids(uint64_t count) const {
  if (!is_table(offsets_, pieces_) || offsets_[pieces_] != count) {
    refuse(path_, "its table of pieces contradicts its length");
  }
  const ByteView ids(reinterpret_cast<const uint8_t*>(first_), count * sizeof(uint16_t));
  each_stretch(file_, ids, [&](ByteView stretch) {
    const auto* const begin = reinterpret_cast<const uint16_t*>(stretch.data());
    const auto* const end = begin + stretch.size() / sizeof(uint16_t);
    if (std::any_of(begin, end, [&](uint16_t id) { return id >= vocab_size_; })) {
      refuse(path_, "it holds a token outside its vocabulary of " + std::to_string(vocab_size_));
    }
  });
}

std::span<const uint16_t> Shard::piece(size_t index) const {
  return {first_ + offsets_[index], first_ + offsets_[index + 1]};
}

std::string Shard::sha256(size_t index) const { return to_hash_text(names_ + index * kHashBytes); }

Fingerprint Shard::fingerprint(size_t index) const {
  const uint32_t* const begin = words_ + word_offsets_[index];
  return {static_cast<uint8_t>(*begin), {begin + 1, words_ + word_offsets_[index + 1]}};
}

std::vector<Shard> open_shards(const std::filesystem::path& folder, const std::string& prefix) {
  std::vector<std::filesystem::path> paths;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && entry.path().extension() == ".shard") {
      paths.push_back(entry.path());
    }
  }
  if (paths.empty()) {
    throw Error(ErrorCode::kNotFound, folder.string() + ": no " + prefix +
                                          "*.shard here; `motet data prepare` makes them");
  }
  std::ranges::sort(paths);
  std::vector<Shard> shards;
  shards.reserve(paths.size());
  for (const auto& path : paths) shards.emplace_back(path);
  return shards;
}

}  // namespace motet::data
