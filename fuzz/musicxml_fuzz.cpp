// SPDX-License-Identifier: Apache-2.0
#include "fuzz/require.h"
#include "motet/base/error.h"
#include "motet/score/musicxml.h"

/// The notes and heads that were read are the same after they are written and read again, unless
/// there is no page at all. What surrounds them is held to the same by the tests, on files that are
/// not broken: of two clefs at one place, say, a broken page may lose one.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const motet::Score score = motet::read_musicxml({data, size}).score;
    if (!motet::fuzz::is_whole_law_due(data, size)) return 0;
    bool has_page = false;
    for (const motet::Part& part : score.parts) has_page = has_page || !part.written.empty();
    const std::string text = motet::write_musicxml(score);
    const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data());
    const motet::Score again = motet::read_musicxml({bytes, text.size()}).score;
    if (!has_page) return 0;
    motet::fuzz::require(again.parts.size() == score.parts.size());
    for (size_t i = 0; i < score.parts.size(); ++i) {
      motet::fuzz::require(again.parts[i].notes == score.parts[i].notes);
      motet::fuzz::require(again.parts[i].written == score.parts[i].written);
    }
  } catch (const motet::Error&) {
  }
  return 0;
}
