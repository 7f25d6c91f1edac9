// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "fuzz/require.h"
#include "motet/base/error.h"
#include "motet/hub/listing.h"

/// Whatever a hub answers, no file that is accepted lies outside the folder that it is put into.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const motet::hub::Listing listing =
        motet::hub::read_listing(motet::fuzz::text_of(data, size), "fuzz");
    for (const motet::hub::ListedFile& file : listing.files) {
      const std::filesystem::path path("folder/" + file.name);
      const std::string inside = path.lexically_normal().string();
      motet::fuzz::require(inside.starts_with("folder/") && inside.size() > 7);
      motet::fuzz::require(!std::filesystem::path(file.name).is_absolute());
    }
    motet::hub::needed_files(listing.files);
  } catch (const motet::Error&) {
  }
  return 0;
}
