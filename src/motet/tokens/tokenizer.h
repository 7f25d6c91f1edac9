// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "motet/tokens/grid.h"
#include "motet/tokens/vocabulary.h"

namespace motet::tokens {

/// The token form of a piece, bar by bar and in each bar part by part:
///
///     document := Begin header Body bar* [fill*] End
///     header   := [Style] [Key] [Density] [Mood] [Opening] Metre Tempo (Part Program Velocity)*
///     bar      := Bar [Metre] [Tempo] [harmony] (Part cell)*
///     harmony  := Chord (Position Chord)*            | Gap
///     cell     := (Position ([Velocity] [Duration] Pitch)+)+ | Gap
///     fill     := Fill Bar (Part (Position …)* | Chord (Position Chord)*)
///
/// Metre and Tempo stand in a bar only where they change. In a cell, velocity begins as the header
/// says and duration as unset; both hold until they change, so a run of eighths is Position Pitch
/// Position Pitch. Drums have Drum for Pitch and no Duration. A silent part has no cell. Gaps are
/// filled in the order in which they stand; a filling repeats its bar's Bar token.
///
/// The laws, for any score s and any ids t of the vocabulary:
///     decode(encode(p)) == p  for p = to_grid(s);   encode(decode(t)) is stable under
///     decode/encode
std::vector<TokenId> encode(const GridPiece& piece);

/// Makes the best of any ids; only an id outside the vocabulary throws Error(kInvalidArgument).
GridPiece decode(std::span<const TokenId> ids);

/// What encode writes before the first bar, Body included; and for one bar.
std::vector<TokenId> encode_header(const GridPiece& piece);
void encode_bar(const GridPiece& piece, size_t bar, std::vector<TokenId>& ids);

/// A cell or harmony to be written: part is -1 for the harmony.
struct GapPlace {
  size_t bar = 0;
  int part = -1;
  bool operator==(const GapPlace&) const = default;
};
/// In the order in which they are filled.
std::vector<GapPlace> gaps_of(const GridPiece& piece);
/// "Fill Bar_r [Part_k]": what stands before the content of a filling.
void encode_fill_head(const GridPiece& piece, const GapPlace& gap, std::vector<TokenId>& ids);

/// The Bar token of a bar: how many are left with this one.
TokenId bar_token(const GridPiece& piece, size_t bar);

}  // namespace motet::tokens
