// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace motet::musicxml {

/// Whether MusicXML has an element for the mark: "pp", "sfz".
bool is_dynamic_name(std::string_view name);

/// How loud a mark is, 1..127, as MuseScore plays it; nothing for a mark of one note ("sfz") and
/// for other words.
std::optional<uint8_t> velocity_of_dynamic(std::string_view name);

}  // namespace motet::musicxml
