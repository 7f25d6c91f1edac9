// SPDX-License-Identifier: Apache-2.0
#include "fuzz/require.h"
#include "motet/base/error.h"
#include "motet/base/json.h"

/// What is JSON survives being written and read.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const motet::Json json = motet::parse_json(motet::fuzz::text_of(data, size), "fuzz");
    const std::string once = motet::to_text(json);
    motet::fuzz::require(motet::to_text(motet::parse_json(once, "again")) == once);
  } catch (const motet::Error&) {
  }
  return 0;
}
