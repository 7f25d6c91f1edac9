// SPDX-License-Identifier: Apache-2.0
#include "fuzz/require.h"
#include "motet/base/error.h"
#include "motet/base/json.h"
#include "motet/tasks/request.h"

/// A request that is accepted says the same after being written and read.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using motet::tasks::request_from;
  using motet::tasks::to_json;
  try {
    const motet::Json json = motet::parse_json(motet::fuzz::text_of(data, size), "fuzz");
    const motet::Json once = to_json(request_from(json, "fuzz"));
    motet::fuzz::require(to_json(request_from(once, "again")) == once);
  } catch (const motet::Error&) {
  }
  return 0;
}
