// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/tokens/event_tokenizer.h"

namespace motet::tokens {

/// What tools/make_miditok_golden.py wrote.
inline const std::filesystem::path kMidiTokGolden =
    std::filesystem::path(MOTET_GOLDEN_DIR) / "miditok";

inline Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

/// The names of the configurations that a folder of golden ids holds.
inline std::vector<std::string> configurations_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().stem().string();
    if (name != "files" && name != "fixtures") names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

inline Json golden(const std::string& name) {
  const std::filesystem::path path = kMidiTokGolden / (name + ".json");
  return parse_json(read_text(path), path.string());
}

/// [[program, or -1 for drums, [[onset, duration, pitch, velocity], ...] sorted], ...]
inline Json notes_of(const TrackScore& score) {
  Json tracks = Json::array();
  for (const EventTrack& track : score.tracks) {
    std::vector<std::vector<int64_t>> notes;
    for (const TrackNote& n : track.notes) {
      notes.push_back({n.onset, n.duration, n.pitch, n.velocity});
    }
    std::ranges::sort(notes);
    tracks.push_back(Json::array({track.token_program(), notes}));
  }
  return tracks;
}

}  // namespace motet::tokens
