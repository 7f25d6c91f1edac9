// SPDX-License-Identifier: Apache-2.0
#include "motet/synth/soundfont.h"

#include <array>
#include <cstdlib>

#include "motet/base/error.h"

namespace motet::synth {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHowToGet =
    "install one with: apt install musescore-general-soundfont-small, "
    "or name a file: --soundfont FILE.sf2, or set MOTET_SOUNDFONT";

constexpr std::array kUsualPlaces = {
    "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3",
    "/usr/share/sounds/sf3/MuseScore_General.sf3",
    "/usr/share/sounds/sf3/MuseScore_General_Full.sf3",
    "/usr/share/sounds/sf2/MuseScore_General.sf2",
    "/usr/share/sounds/sf2/MuseScore_General_Full.sf2",
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf3/FluidR3_GM.sf3",
    "/usr/share/sounds/sf3/default-GM.sf3",
    "/usr/share/sounds/sf2/default-GM.sf2",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
};

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

fs::path require_file(const fs::path& path, const std::string& who) {
  if (is_file(path)) return path;
  throw Error(ErrorCode::kNotFound, who + ": expected a soundfont file (.sf2 or .sf3) at " +
                                        path.string() + ", found none; " + kHowToGet);
}

}  // namespace

fs::path find_soundfont(const fs::path& chosen) {
  if (!chosen.empty()) return require_file(chosen, "soundfont");
  const char* named = std::getenv("MOTET_SOUNDFONT");
  if (named != nullptr && *named != '\0') return require_file(named, "MOTET_SOUNDFONT");
  for (const char* place : kUsualPlaces) {
    if (is_file(place)) return place;
  }
  throw Error(ErrorCode::kUnavailable, std::string("no soundfont on this machine; ") + kHowToGet);
}

}  // namespace motet::synth
