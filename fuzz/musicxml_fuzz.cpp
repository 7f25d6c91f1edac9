// SPDX-License-Identifier: Apache-2.0
#include "fuzz/require.h"
#include "motet/base/error.h"
#include "motet/score/musicxml.h"

/// What was read is the same after it is written and read again, unless it has no page at all.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const motet::Score score = motet::read_musicxml({data, size}).score;
    bool has_page = false;
    for (const motet::Part& part : score.parts) has_page = has_page || !part.written.empty();
    const std::string text = motet::write_musicxml(score);
    const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data());
    const motet::Score again = motet::read_musicxml({bytes, text.size()}).score;
    motet::fuzz::require(!has_page || again == score);
  } catch (const motet::Error&) {
  }
  return 0;
}
