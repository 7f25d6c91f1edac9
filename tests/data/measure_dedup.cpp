// SPDX-License-Identifier: Apache-2.0
//
// Plants copies into a corpus that `motet data scan` made, removes near-copies, and says how many
// of the plants were found, by kind; then shows some of the pairs that it found in the corpus
// itself.
//
//     motet data scan build/data/midi -o build/midi.db
//     measure_dedup build/midi.db [pieces: 300] [pairs to show: 30] [seed: 1]
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/data/dedup.h"
#include "motet/data/fingerprint.h"
#include "motet/data/reading.h"
#include "motet/score/midi.h"
#include "motet/trust/hash.h"
#include "tests/data/plants.h"

namespace {

namespace data = motet::data;

constexpr int64_t kFewestNotes = 64;  // a third of it is still a tune
const std::string kPlanted = "planted";

struct Found {
  int64_t planted = 0;
  int64_t found = 0;
  int64_t wrong = 0;  // taken for a copy of something else
};

std::vector<data::CatalogueEntry> draw(data::Catalogue& catalogue, size_t count, uint64_t seed) {
  std::vector<data::CatalogueEntry> all;
  catalogue.each(data::Catalogue::Tunes::kLeaveOut, [&](const data::CatalogueEntry& entry) {
    if (entry.state != "quarantined" && entry.notes >= kFewestNotes) all.push_back(entry);
    return true;
  });
  const motet::Random random(seed, 9);
  std::vector<data::CatalogueEntry> drawn;
  for (uint64_t i = 0; i < count && !all.empty(); ++i) {
    const auto at = static_cast<std::ptrdiff_t>(random.below(all.size(), i));
    drawn.push_back(all[static_cast<size_t>(at)]);
    all.erase(all.begin() + at);
  }
  return drawn;
}

/// Through a MIDI file and back, as a real copy comes.
data::CatalogueEntry entry_of(const motet::Score& score, const data::CatalogueEntry& original,
                              const std::string& kind) {
  const motet::Bytes bytes = motet::write_midi(score);
  const data::Tune tune = data::tune_of(motet::read_midi(bytes).score);
  data::CatalogueEntry entry = original;
  entry.root = kPlanted;
  entry.file = kind + "/" + original.source + "/" + original.file;
  entry.sha256 = motet::trust::sha256(bytes);
  entry.notes = static_cast<int64_t>(motet::count_notes(score));
  entry.fingerprint = data::to_text(data::fingerprint_of(tune));
  entry.tune = data::pack_tune(tune);
  return entry;
}

void show(const data::Relation& relation) {
  const auto print = [](const data::CatalogueEntry& e) {
    std::printf("    %s | %s | %s | %lld notes\n", e.file.c_str(), e.composer.c_str(),
                e.title.c_str(), static_cast<long long>(e.notes));
  };
  std::printf("  %s: upper %.2f lower %.2f, up %d, stretch %.2f\n",
              relation.is_copy ? "copy" : "kin", relation.match.upper, relation.match.lower,
              relation.match.transposition, relation.match.stretch);
  print(relation.other);
  print(relation.piece);
}

/// How near a plant that was not found is to its original.
void show_missed(const data::CatalogueEntry& entry, const motet::Bytes& original) {
  const data::Tune tune = data::unpack_tune(original);
  const data::Tune planted = data::unpack_tune(entry.tune);
  const data::Match match = data::align(tune, planted);
  const data::Overlap overlap =
      data::overlap_of(data::fingerprint_of(tune), data::fingerprint_of(planted));
  std::printf("missed: %s: %zu of %zu hashes, %zu of %zu notes, upper %.2f lower %.2f\n",
              entry.file.c_str(), overlap.shared, overlap.smaller, match.notes,
              std::min(tune.upper.size(), planted.upper.size()), match.upper, match.lower);
}

/// alone: each original is copied in one way only, so that copies do not help one another.
int measure(const std::filesystem::path& corpus, size_t count, size_t shown, uint64_t seed,
            bool alone) {
  const auto copy = std::filesystem::temp_directory_path() / "motet-measure-dedup.db";
  std::filesystem::copy_file(corpus, copy, std::filesystem::copy_options::overwrite_existing);
  std::map<std::string, Found> kinds;
  {
    data::Catalogue catalogue(copy, data::Database::Mode::kWrite);
    std::map<std::string, std::string> original_of;  // a plant's file to the original's SHA-256
    std::map<std::string, std::string> kind_of;
    std::map<std::string, motet::Bytes> tunes;  // of the originals, by SHA-256
    data::Transaction transaction(catalogue.database());
    uint64_t plant = seed * 1'000'003 - 1;
    for (const data::CatalogueEntry& original : draw(catalogue, count, seed)) {
      const auto path = std::filesystem::path(original.root) / original.file;
      const motet::Score score = data::read_music(motet::read_file(path), path);
      tunes[original.sha256] = data::pack_tune(data::tune_of(score));
      for (size_t kind = 0; kind < motet::test::Planter::kKinds.size(); ++kind) {
        ++plant;
        if (alone && tunes.size() % motet::test::Planter::kKinds.size() != kind) continue;
        const std::string name = motet::test::Planter::kKinds[kind];
        const auto entry = entry_of(motet::test::Planter(plant).plant(kind, score), original, name);
        catalogue.put(entry);
        original_of[entry.file] = original.sha256;
        kind_of[entry.file] = name;
      }
    }
    transaction.commit();
    std::vector<data::Relation> own;
    const data::DedupReport report =
        data::dedup(catalogue, 1,
                    [&](const data::Relation& relation) {
                      if (relation.piece.root == kPlanted || relation.other.root == kPlanted)
                        return;
                      own.push_back(relation);
                      own.back().piece.tune.clear();
                      own.back().other.tune.clear();
                    },
                    {});
    std::map<std::string, std::string> kept_for;  // by SHA-256
    catalogue.each(data::Catalogue::Tunes::kLeaveOut, [&](const data::CatalogueEntry& entry) {
      const bool is_copy = !entry.duplicate_of.empty();
      kept_for[entry.sha256] = is_copy ? entry.duplicate_of : entry.sha256;
      return true;
    });
    catalogue.each(data::Catalogue::Tunes::kRead, [&](const data::CatalogueEntry& entry) {
      if (entry.root != kPlanted) return true;
      Found& found = kinds[kind_of[entry.file]];
      const bool right = kept_for[entry.sha256] == kept_for[original_of[entry.file]];
      ++found.planted;
      found.found += right ? 1 : 0;
      found.wrong += !right && !entry.duplicate_of.empty() ? 1 : 0;
      if (!right) show_missed(entry, tunes[original_of[entry.file]]);
      return true;
    });
    std::printf("%lld pieces, %lld copies, %lld pairs of kin, %lld families\n",
                static_cast<long long>(report.pieces), static_cast<long long>(report.copies),
                static_cast<long long>(report.kin), static_cast<long long>(report.families));
    const motet::Random random(seed, 10);
    std::printf("%zu relations within the corpus itself; some of them:\n", own.size());
    for (size_t i = 0; i < shown && !own.empty(); ++i) {
      show(own[random.below(own.size(), i)]);
    }
  }
  std::filesystem::remove(copy);
  std::printf("%-16s %8s %8s %8s\n", "kind", "planted", "recall", "precision");
  for (const auto& [kind, found] : kinds) {
    std::printf("%-16s %8lld %7.1f%% %7.1f%%\n", kind.c_str(),
                static_cast<long long>(found.planted),
                100.0 * static_cast<double>(found.found) / static_cast<double>(found.planted),
                100.0 * static_cast<double>(found.found) /
                    static_cast<double>(std::max<int64_t>(1, found.found + found.wrong)));
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  const auto number = [&](int at, unsigned long fallback) {
    return count > at ? std::strtoul(words[at], nullptr, 10) : fallback;
  };
  if (count < 2) {
    std::fprintf(stderr, "measure_dedup CORPUS.db [pieces] [pairs to show] [seed] [alone]\n");
    return 2;
  }
  try {
    return measure(words[1], number(2, 300), number(3, 30), number(4, 1),
                   count > 5 && std::string_view(words[5]) == "alone");
  } catch (const motet::Error& error) {
    std::fprintf(stderr, "measure_dedup: %s\n", error.what());
    return 1;
  }
}
