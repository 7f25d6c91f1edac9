// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motet {

/// A General MIDI instrument, or the drum kit.
struct Instrument {
  uint8_t program = 0;  ///< 0..127; 0 for drums
  bool is_drums = false;
  auto operator<=>(const Instrument&) const = default;
};

/// The usual lower-case name: "piano", "violin", "string ensemble", "drums". Unique per program;
/// find_instrument(name_of(x)) == x.
std::string_view name_of(Instrument instrument);

/// Finds an instrument by its General MIDI name, a usual alias ("cello", "sax", "choir", "guitar",
/// "bass", "strings"), a plural, or a number 0..127. Case and '-' '_' do not matter.
std::optional<Instrument> find_instrument(std::string_view name);

/// Up to `count` known names nearest to a misspelt one (edit distance), best first.
std::vector<std::string> nearest_instruments(std::string_view name, size_t count);

/// The sounding range that a player has, as MIDI pitches; the whole range 0..127 where no custom
/// limit is known. Source: Adler, "The Study of Orchestration", 3rd ed., 2002, appendix A.
struct PitchRange {
  uint8_t low = 0;
  uint8_t high = 127;
};
PitchRange range_of(Instrument instrument);

/// Keyboards are written on two staves.
bool is_keyboard(Instrument instrument);

}  // namespace motet
