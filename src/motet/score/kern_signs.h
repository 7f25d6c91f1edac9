// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "motet/score/instruments.h"
#include "motet/score/score.h"

namespace motet::kern {

/// "*k[f#c#]": 2. The sharps less the flats; naturals count for nothing. Nothing for another sign.
std::optional<int> read_signature(std::string_view field);
std::string write_signature(int fifths);

/// "*a:", "*E-:", "*d:dor": the signature that belongs to the key and its mode.
struct Key {
  int fifths = 0;
  Mode mode = Mode::kMajor;
};
std::optional<Key> read_key(std::string_view field);
std::string write_key(int fifths, Mode mode);

/// "*M3/4", "*M3/0" (breves), "*M2+3/8".
struct Metre {
  int numerator = 4;
  int denominator = 4;
  bool operator==(const Metre&) const = default;
};
std::optional<Metre> read_metre(std::string_view field);

/// What "*met(c|)" means where no *M stands with it.
std::optional<Metre> read_mensuration(std::string_view field);

/// "*MM96.5": quarters a minute.
std::optional<double> read_tempo(std::string_view field);
std::string write_tempo(double quarters_per_minute);

/// "*clefGv2": at and staff are 0.
std::optional<Clef> read_clef(std::string_view field);
std::string write_clef(const Clef& clef);

/// "*ITrd1c2" of what sounds as it is written here, "*Trd1c2" of what was moved by it.
struct Shift {
  int diatonic = 0;
  int chromatic = 0;
  bool was_moved = false;
};
std::optional<Shift> read_shift(std::string_view field);

/// "*Ivioln": the instrument of the code, "*ICstr" that of its class.
struct InstrumentCode {
  Instrument instrument;
  bool is_class = false;
};
std::optional<InstrumentCode> read_instrument(std::string_view field);
std::string write_instrument(Instrument instrument);

/// The bar line of "=12:|!"; `text` and `at` are empty. One that is plain gives nothing.
std::vector<BarlineKind> read_barline(std::string_view field);
std::string write_barline(const std::vector<BarlineKind>& kinds, const std::string& number);

/// HTML entities as humdrum.org allows them, such as "&colon;" "&eacute;" "&#233;".
std::string without_entities(std::string_view text);
/// Makes text safe for a field: one line, no tab, and `also` as entities.
std::string with_entities(std::string_view text, std::string_view also);

/// The text of a syllable for a field of **text, where a hyphen, a line or a blank at either end
/// would be read as a sign.
std::string syllable_with_entities(std::string_view text);

/// "C minor-seventh/G" of a `**mxhm` spine as a lead sheet writes it: "Cm7/G".
std::string lead_sheet_chord(std::string_view mxhm);

}  // namespace motet::kern
