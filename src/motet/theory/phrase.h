// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "motet/theory/roman.h"

namespace motet {

/// The tune: the highest of the notes that begin together, where no higher note is being held.
/// Drums are left out. In order of onset.
std::vector<Note> melody_of(const Score& score);

/// How much a listener hears a border before each note of a melody, 0..1: [notes]; the first is 0.
/// source  the local boundary detection model: Cambouropoulos, "The Local Boundary Detection Model
///         (LBDM) and its Application in the Study of Expressive Timing", ICMC 2001: changes of
///         pitch interval, time between onsets and rest, weighted 1/4, 1/2 and 1/4
std::vector<double> boundary_strengths(const std::vector<Note>& melody);

/// A phrase: from the onset of its first note to the onset of the next phrase's.
struct Phrase {
  Ticks begin;
  Ticks end;
  auto operator<=>(const Phrase&) const = default;
};

/// Cuts the melody at its strongest borders: peaks of boundary_strengths that stand out from the
/// mean, phrases of at least a bar and a half. Without gaps; empty without notes.
std::vector<Phrase> find_phrases(const Score& score);

enum class CadenceKind : uint8_t {
  kPerfectAuthentic,    ///< V to I in root position, the tonic on top
  kImperfectAuthentic,  ///< V or viio to I otherwise
  kHalf,                ///< a phrase ends on V
  kPlagal,              ///< IV to I at the end of a phrase
  kDeceptive,           ///< V to vi
};
std::string_view name_of(CadenceKind kind);  ///< "PAC" "IAC" "HC" "PC" "DC"

struct Cadence {
  Ticks at;  ///< where its last chord begins
  CadenceKind kind = CadenceKind::kPerfectAuthentic;
  Key key;
  auto operator<=>(const Cadence&) const = default;
};

/// The cadences among numerals: a formula of chords whose last one comes on a beat and ends a
/// phrase of the melody or stays for two beats at least. source  the formulas: Caplin, "The
/// Classical Cadence", JAMS 57(1), 2004
std::vector<Cadence> find_cadences(const Score& score, const std::vector<RomanNumeral>& numerals);

}  // namespace motet
