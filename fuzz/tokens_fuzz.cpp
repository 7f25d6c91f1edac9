// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "fuzz/require.h"
#include "motet/base/error.h"
#include "motet/score/midi.h"
#include "motet/tokens/tokenizer.h"

/// Any ids decode to a piece that is a score, and encoding that piece twice is encoding it once.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<motet::tokens::TokenId> ids(size / 2);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = data[2 * i] | (data[2 * i + 1] & 0x07) << 8;
  try {
    const motet::tokens::GridPiece piece = motet::tokens::decode(ids);
    const auto once = motet::tokens::encode(piece);
    motet::fuzz::require(motet::tokens::encode(motet::tokens::decode(once)) == once);
    motet::fuzz::require(!motet::write_midi(motet::tokens::to_score(piece)).empty());
  } catch (const motet::Error&) {
  }
  return 0;
}
