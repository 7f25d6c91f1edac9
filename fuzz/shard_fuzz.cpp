// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "fuzz/require.h"
#include "fuzz/scratch_file.h"
#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/data/checksum.h"
#include "motet/data/shard.h"

namespace {

constexpr size_t kHeaderBytes = 56;  // as shard.h has them
constexpr size_t kSumBytes = 8;

/// The bytes as a shard whose checksum is right, which the fuzzer would not guess. An odd last byte
/// keeps the checksum that is there.
motet::Bytes with_checksum(const uint8_t* data, size_t size) {
  motet::Bytes bytes(data, data + size);
  if (size < kHeaderBytes + kSumBytes || bytes.back() % 2 == 1) return bytes;
  motet::data::Checksum checksum;
  checksum.add(motet::ByteView(bytes).subspan(kHeaderBytes + kSumBytes));
  const uint64_t value = checksum.value();
  std::memcpy(bytes.data() + kHeaderBytes, &value, kSumBytes);
  return bytes;
}

/// Every id is inside the vocabulary, and every name and fingerprint can be looked at.
void look_at(const motet::data::Shard& shard) {
  uint64_t ids = 0;
  for (size_t i = 0; i < shard.size(); ++i) {
    for (const uint16_t id : shard.piece(i)) motet::fuzz::require(id < shard.vocab_size());
    ids += shard.piece(i).size();
    if (!shard.has_names()) continue;
    motet::fuzz::require(shard.sha256(i).size() == 64);
    motet::fuzz::require(shard.fingerprint(i).hashes.size() <= motet::data::kMaxHashes);
  }
  motet::fuzz::require(ids == shard.ids());
}

}  // namespace

/// Every piece of an accepted shard lies within the file, and holds tokens of its vocabulary alone.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const motet::fuzz::ScratchFile file("fuzz.shard");
  file.fill(with_checksum(data, size));
  try {
    look_at(motet::data::Shard(file.path()));
  } catch (const motet::Error&) {
  }
  return 0;
}
