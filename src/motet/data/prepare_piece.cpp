// SPDX-License-Identifier: Apache-2.0
#include "motet/data/prepare_piece.h"

#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/data/augment.h"
#include "motet/data/corpus.h"
#include "motet/data/difficulty.h"
#include "motet/data/reading.h"
#include "motet/tokens/tokenizer.h"
#include "motet/trust/hash.h"

namespace motet::data {
namespace {

/// Shorter pieces teach nothing about form and are mostly fragments of the conversion.
constexpr size_t kFewestIds = 24;

void refuse(PreparedPiece& piece, const std::string& reason) {
  piece.entry.purpose = "none";
  piece.entry.reason = reason;
  piece.entry.ids = 0;
  piece.versions.clear();
}

PreparedVersion version_of(const Score& score, const CorpusItem& item, const Recipe& recipe) {
  PreparedVersion version;
  const auto ids = tokens::encode(to_training_piece(score, item));
  version.ids.assign(ids.begin(), ids.end());
  version.difficulty = difficulty_of(recipe.order.by, score, version.ids);
  return version;
}

/// What is no file, such as a pipe, might never end.
Bytes read_regular(const std::filesystem::path& path) {
  if (std::filesystem::exists(path) && !std::filesystem::is_regular_file(path)) {
    throw Error(ErrorCode::kInvalidFile, path.string() + ": it is no regular file");
  }
  return read_file(path);
}

/// A stream of random numbers for each version of each piece, by the piece's content.
Random random_of(const Recipe& recipe, const std::string& sha256, int copy) {
  constexpr size_t kDigits = 16;
  const uint64_t piece = std::strtoull(sha256.substr(0, kDigits).c_str(), nullptr, 16);
  return {recipe.seed, piece + static_cast<uint64_t>(copy)};
}

void add_copies(const Score& score, const CorpusItem& item, const Recipe& recipe,
                PreparedPiece& piece) {
  for (int copy = 1; copy <= recipe.augment.copies; ++copy) {
    const Score other = varied(score, recipe.augment, random_of(recipe, piece.entry.sha256, copy));
    if (other == score) continue;
    PreparedVersion version = version_of(other, item, recipe);
    if (version.ids.size() >= kFewestIds) piece.versions.push_back(std::move(version));
  }
}

/// The shard that it goes to. Pieces of one collection that the mixture tells apart go to several.
void choose_shard(const CorpusItem& item, const Recipe& recipe, PreparedPiece& piece) {
  const ManifestEntry& entry = piece.entry;
  piece.shard = shard_of(entry);
  if (entry.split != "train") return;
  const Mixture& mixture = recipe.mixture;
  if (!mixture.style.empty()) {
    const auto style = style_of(item);
    const std::string name = style ? tokens::styles()[static_cast<size_t>(*style)] : "no-style";
    piece.factor *= Mixture::factor(mixture.style, name);
    piece.shard += "-" + name;
  }
  if (!mixture.licence.empty()) {
    piece.factor *= Mixture::factor(mixture.licence, entry.licence);
    piece.shard += "-" + entry.licence;
  }
}

/// The score, once it has passed all that may refuse it; nothing else is thrown or kept.
void encode(Score score, const PrepareItem& item, const Recipe& recipe, PreparedPiece& piece) {
  ManifestEntry& entry = piece.entry;
  entry.notes = static_cast<int64_t>(count_notes(score));
  score = with_players(std::move(score), item.corpus);
  piece.versions.push_back(version_of(score, item.corpus, recipe));
  if (piece.versions.front().ids.size() < kFewestIds) {
    return refuse(piece, "it is shorter than " + std::to_string(kFewestIds) + " tokens");
  }
  if (entry.split == "train") add_copies(score, item.corpus, recipe, piece);
  for (const PreparedVersion& version : piece.versions) {
    entry.ids += static_cast<int64_t>(version.ids.size());
  }
  choose_shard(item.corpus, recipe, piece);
}

}  // namespace

PreparedPiece prepare_piece(const PrepareItem& item, const OptOuts& opt_outs,
                            const Recipe& recipe) {
  PreparedPiece piece;
  piece.entry = item.papers;
  ManifestEntry& entry = piece.entry;
  if (item.was_scanned && entry.purpose == "none") return piece;
  try {
    const Bytes bytes = read_regular(item.path);
    const std::string scanned = std::exchange(entry.sha256, trust::sha256(bytes));
    if (entry.purpose == "none") return piece;
    if (!scanned.empty() && scanned != entry.sha256) {
      refuse(piece, "it has changed since it was scanned: it is not in the manifest");
      return piece;
    }
    Score score = read_music(bytes, item.path.filename());
    piece.fingerprint = fingerprint_of(tune_of(score));
    if (const std::string why = opt_outs.reason(entry.sha256, piece.fingerprint); !why.empty()) {
      refuse(piece, why);
      return piece;
    }
    encode(std::move(score), item, recipe, piece);
  } catch (const std::exception& error) {  // a reader's mistake ends its file, not the work
    refuse(piece, error.what());
  }
  return piece;
}

}  // namespace motet::data
