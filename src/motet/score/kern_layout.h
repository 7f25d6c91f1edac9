// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "motet/score/score.h"

namespace motet::kern {

/// What was mended or left out, by kind.
class Complaints {
 public:
  void add(size_t line, const std::string& what);

  /// A sentence a kind, in the order in which they came up.
  std::vector<std::string> sentences() const;

 private:
  struct Kind {
    std::string what;
    size_t first_line = 0;
    size_t count = 0;
  };
  std::vector<Kind> kinds_;
  std::map<std::string, size_t> by_name_;
};

enum class TrackKind { kKern, kText, kDynamics, kHarmony, kMusicXmlHarmony, kRecip, kOther };

/// What a spine is to the score.
struct Role {
  TrackKind kind = TrackKind::kOther;
  size_t part = 0;    ///< index into Score::parts
  uint8_t staff = 0;  ///< 0-based, from the top
  uint8_t verse = 1;  ///< of a kText
  size_t kern = 0;    ///< the track of the `**kern` spine that it belongs to; itself for one
};

/// What a first look at the whole file tells.
struct Layout {
  std::vector<Role> roles;      ///< by track
  std::vector<uint8_t> staves;  ///< of each part
  int64_t units = 1;   ///< in a whole note: every duration of the file is a whole number of them
  int resolution = 0;  ///< ticks a quarter, as the file claims; 0 where it does not
};

/// Reads the file for the kinds of its spines, their parts and staves, and their durations.
///
/// throws  Error(kInvalidFile) as Spines does; no `**kern` spine; durations with no common measure
Layout layout_of(std::string_view text);

/// Ticks a quarter for durations that are multiples of 1 / units whole notes: 480 or a multiple of
/// it where that will do, else as many as are needed, else 30,240, which rounds.
int resolution_of(int64_t units);

/// The name of the reference record that says the ticks a quarter where resolution_of does not.
constexpr std::string_view kResolutionRecord = "!!!ticks-per-quarter:";

}  // namespace motet::kern
