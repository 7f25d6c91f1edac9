// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "motet/data/corpus.h"

namespace motet::data {

/// Names the work that a piece belongs to, so that all its versions, arrangements and movements
/// have one name, in whatever collection they stand:
///
///     "chopin fryderyk/op 28"      a composer and a catalogue number
///     "moniuszko stanislaw/widma"  a composer and the name of the work, else the title
///     "cre-irish/old bush"         nobody's: the name within its collection
///     "nifc-polish//a/b"           neither: the file, without its ending
///
/// A name that only says what kind of piece it is ("Prelude", "Sonata in G", "II. Allegro", or no
/// more than the genre) is no name: two preludes by one composer are two works. That the two are
/// one after all, dedup finds by their notes.
std::string work_of(const CorpusItem& item);

/// The words of a name: lower-case, without accents, letters and digits apart. Text that is not
/// Latin is kept as it is.
std::vector<std::string> words_of(std::string_view text);

}  // namespace motet::data
