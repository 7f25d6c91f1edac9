// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "motet/base/random.h"
#include "motet/tokens/grid.h"

namespace motet::data {

/// Where the header of an encoded piece ends and each of its bars begins. [bars + 1] offsets: the
/// last is where the bars end.
std::vector<uint32_t> index_bars(std::span<const uint16_t> ids);

/// Bars first .. last-1 of an encoded piece, with the metre and tempo that hold there; key, density
/// and mood are left open. `bars` is index_bars(ids).
tokens::GridPiece cut_window(std::span<const uint16_t> ids, const std::vector<uint32_t>& bars,
                             size_t first, size_t last);

/// A whole piece as consecutive documents of about `room` ids each, with the header that holds for
/// each; what a model is judged on.
std::vector<tokens::GridPiece> consecutive_windows(std::span<const uint16_t> ids, size_t room);

/// Moves a piece to C major or A minor by its estimated key, by at most six semitones: a model that
/// hears all music from one tonic learns twelve times as fast, and what it writes for any key is
/// moved there. Returns the semitones by which it was moved.
int normalise(tokens::GridPiece& piece);

/// Fills in key, density and mood from the notes themselves, so that a header speaks of what
/// follows it rather than of the whole work.
void describe(tokens::GridPiece& piece);

/// Marks some cells as gaps: a run of bars in all parts, whole parts, or scattered cells, each a
/// third of the time. At least one cell becomes a gap.
/// `at` numbers the draws, so that the choice is a pure function of its arguments.
void make_gaps(tokens::GridPiece& piece, const Random& random, uint64_t& at);

}  // namespace motet::data
