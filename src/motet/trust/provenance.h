// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "motet/base/file.h"
#include "motet/base/json.h"

namespace motet::trust {

/// The version of this engine, such as "0.1.0".
std::string_view engine_version() noexcept;

/// A file that was written, by its name without folders, and the hash of its bytes.
struct OutputRecord {
  std::string name;
  std::string sha256;
  auto operator<=>(const OutputRecord&) const = default;
};

/// A file about to be written, as the record should have it.
OutputRecord record_of(const std::filesystem::path& path, ByteView bytes);

/// Where a piece of music came from: what is written beside every output. It holds no date, no
/// folder and no machine's name, so that the same request gives the same bytes.
struct Provenance {
  std::string engine_version;
  std::string bundle_name;
  std::string bundle_hash;            ///< see trust/hash.h
  std::string training_data_licence;  ///< one line of the bundle's card
  uint64_t seed = 0;
  Json request;  ///< resolved: everything that was chosen, by whomever
  std::vector<OutputRecord> outputs;
};

/// The record's fixed form; provenance_from(to_json(x)) is x.
Json to_json(const Provenance& record);

/// Throws Error(kInvalidFile) "<name>: ..." with the field that is missing or of the wrong type.
Provenance provenance_from(const Json& json, const std::string& name);

/// The line of a bundle's card (README.md) that says under which licences its training data are:
/// the field `training_data_license` of the head between the "---" lines. "not stated" when the
/// card or the field is missing.
std::string training_data_licence(const std::filesystem::path& bundle_folder);

/// The licence of a model: the field `license` of its card's head, as model hubs have it, else the
/// first line of its file LICENSE; "not stated" when there is neither.
std::string licence_of(const std::filesystem::path& folder);

}  // namespace motet::trust
