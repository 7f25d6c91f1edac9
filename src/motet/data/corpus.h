// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "motet/base/json.h"
#include "motet/data/manifest.h"
#include "motet/score/score.h"
#include "motet/tokens/grid.h"

namespace motet::data {

/// A line of a corpus's metadata.jsonl, reduced to what preparation needs.
struct CorpusItem {
  std::string file;
  std::string source;
  std::string license;
  std::string title;
  std::string work;
  std::string composer;
  std::string genre;
  std::string split;
};

/// Calls visit for every line of the folder's metadata.jsonl, which needs at least a file, a source
/// and a split. Throws Error(kInvalidFile) naming the line.
void each_corpus_item(const std::filesystem::path& folder,
                      const std::function<void(const CorpusItem&)>& visit);

/// The style token of a piece, by its collection, genre and title; nothing where none fits.
std::optional<int> style_of(const CorpusItem& item);

/// The share of each source in the training mixture; 0 for one that is not listed. From the table
/// in shared/data/README.md.
double mixture_weight(const std::string& source);

/// Gives a score as it is read its players: the two hands of a keyboard become one part; where the
/// collection's MIDI names no player, hymns go to a choir and dance tunes to a fiddle. Once is as
/// good as twice.
Score with_players(Score score, const CorpusItem& item);

/// Makes a score ready for tokens: it has its players, the harmony is labelled, the style named.
tokens::GridPiece to_training_piece(Score score, const CorpusItem& item);

}  // namespace motet::data
