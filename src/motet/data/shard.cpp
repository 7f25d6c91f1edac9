// SPDX-License-Identifier: Apache-2.0
#include "motet/data/shard.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "motet/base/error.h"

namespace motet::data {
namespace {

constexpr std::array<char, 8> kMagic = {'M', 'O', 'T', 'E', 'T', 'S', 'H', '1'};
constexpr size_t kSourceBytes = 32;

struct Header {
  std::array<char, 8> magic;
  uint32_t vocab_size;
  float weight;
  uint64_t pieces;
  std::array<char, kSourceBytes> source;
};
static_assert(sizeof(Header) == 56);

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorCode::kInvalidFile,
              path.string() + ": " + why + "; `motet data prepare` writes shards anew");
}

template <typename T>
void append(Bytes& bytes, const T* first, size_t count) {
  const auto* raw = reinterpret_cast<const uint8_t*>(first);
  bytes.insert(bytes.end(), raw, raw + count * sizeof(T));
}

}  // namespace

Shard::Shard(const std::filesystem::path& path) : file_(path) {
  const ByteView bytes = file_.bytes();
  Header header;
  if (bytes.size() < sizeof header) refuse(path, "expected a shard, found fewer than 56 bytes");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != kMagic) refuse(path, "expected a shard that begins with MOTETSH1");
  const uint64_t room = (bytes.size() - sizeof header) / sizeof(uint64_t);
  if (header.pieces >= room) refuse(path, "the file ends inside its table of pieces");
  pieces_ = header.pieces;
  vocab_size_ = header.vocab_size;
  weight_ = header.weight;
  source_.assign(header.source.data(), strnlen(header.source.data(), kSourceBytes));
  offsets_ = reinterpret_cast<const uint64_t*>(bytes.data() + sizeof header);
  first_ = reinterpret_cast<const uint16_t*>(offsets_ + pieces_ + 1);
  const uint64_t ids = (bytes.size() - sizeof header - 8 * (pieces_ + 1)) / sizeof(uint16_t);
  if (!std::is_sorted(offsets_, offsets_ + pieces_ + 1) || offsets_[0] != 0 ||
      offsets_[pieces_] != ids) {
    refuse(path, "its table of pieces contradicts its length");
  }
  if (std::any_of(first_, first_ + ids, [&](uint16_t id) { return id >= vocab_size_; })) {
    refuse(path, "it holds a token outside its vocabulary of " + std::to_string(vocab_size_));
  }
}

std::span<const uint16_t> Shard::piece(size_t index) const {
  return {first_ + offsets_[index], first_ + offsets_[index + 1]};
}

void write_shard(const std::filesystem::path& path, const ShardContent& content) {
  Header header{};
  header.magic = kMagic;
  header.vocab_size = content.vocab_size;
  header.weight = static_cast<float>(content.weight);
  header.pieces = content.pieces.size();
  std::copy_n(content.source.data(), std::min(content.source.size(), kSourceBytes),
              header.source.data());
  std::vector<uint64_t> offsets = {0};
  for (const auto& piece : content.pieces) offsets.push_back(offsets.back() + piece.size());
  Bytes bytes;
  bytes.reserve(sizeof header + 8 * offsets.size() + 2 * offsets.back());
  append(bytes, &header, 1);
  append(bytes, offsets.data(), offsets.size());
  for (const auto& piece : content.pieces) append(bytes, piece.data(), piece.size());
  write_file(path, ByteView(bytes));
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
