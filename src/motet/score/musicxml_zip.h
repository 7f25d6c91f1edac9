// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "motet/base/file.h"

namespace motet::musicxml {

/// The longest MusicXML text that is read, in bytes: more than twice a long symphony in full score.
constexpr size_t kMostBytes = 100'000'000;

/// Whether the bytes begin as a zip archive does.
bool is_zip(ByteView bytes);

/// The score inside a .mxl archive: the file that META-INF/container.xml names, or else the only
/// .xml or .musicxml in it. Never inflates more than kMostBytes, nor more than an entry claims.
///
/// throws  Error(kInvalidFile) with the entry that is missing, damaged, locked or too large
/// source  MusicXML 4.0, "Compressed .mxl files"
Bytes unzip_score(ByteView archive);

/// A .mxl archive with one score. The same text gives the same bytes: time stamps are fixed.
Bytes zip_score(std::string_view xml);

}  // namespace motet::musicxml
