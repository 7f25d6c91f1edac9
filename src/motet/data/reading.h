// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "motet/base/file.h"
#include "motet/score/score.h"

namespace motet::data {

/// Whether a file is taken for music, by the ending of its name.
bool is_music(const std::filesystem::path& path);

/// Reads a score of any format that is_music names, its repeats played out. Throws
/// Error(kInvalidFile) as the readers do, and where a file holds no note or several tunes.
Score read_music(ByteView bytes, const std::filesystem::path& path);

}  // namespace motet::data
