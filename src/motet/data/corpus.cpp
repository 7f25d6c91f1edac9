// SPDX-License-Identifier: Apache-2.0
#include "motet/data/corpus.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/data/papers.h"
#include "motet/score/instruments.h"
#include "motet/theory/harmony.h"

namespace motet::data {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// What a genre or title says, in the order in which it is looked for: the form before the function.
constexpr std::array kStyleWords = {
    Pair{"mazurka", "mazurka"},
    Pair{"mazur", "mazurka"},
    Pair{"waltz", "waltz"},
    Pair{"valse", "waltz"},
    Pair{"walc", "waltz"},
    Pair{"polonaise", "polonaise"},
    Pair{"polonez", "polonaise"},
    Pair{"nocturne", "nocturne"},
    Pair{"etude", "etude"},
    Pair{"prelude", "prelude"},
    Pair{"fugue", "fugue"},
    Pair{"variation", "variations"},
    Pair{"rondo", "rondo"},
    Pair{"sonat", "sonata"},
    Pair{"trio", "sonata"},
    Pair{"march", "march"},
    Pair{"string quartet", "string-quartet"},
    Pair{"requiem", "requiem"},
    Pair{"vespers", "vespers"},
    Pair{"mass", "mass"},
    Pair{"hymn", "hymn"},
    Pair{"opera", "opera"},
    Pair{"oratorio", "opera"},
    Pair{"aria", "opera"},
    Pair{"krakowiak", "dance"},
    Pair{"polka", "dance"},
    Pair{"galop", "dance"},
    Pair{"contradance", "dance"},
    Pair{"anglaise", "dance"},
    Pair{"minuet", "dance"},
    Pair{"cotillion", "dance"},
    Pair{"partita", "dance"},
    Pair{"song", "song"},
    Pair{"sonnet", "song"},
    Pair{"sacred", "sacred"},
    Pair{"completorium", "sacred"},
    Pair{"christmas", "sacred"},
    Pair{"scherzo", "piano-piece"},
    Pair{"ballade", "piano-piece"},
    Pair{"impromptu", "piano-piece"},
    Pair{"fantas", "piano-piece"},
    Pair{"ecossaise", "dance"},
    Pair{"secular", "secular"},
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::optional<std::string_view> style_word(const std::string& text) {
  for (const auto& [word, style] : kStyleWords) {
    if (text.find(word) != std::string::npos) return style;
  }
  return std::nullopt;
}

/// Appends the notes of keyboard parts with one program to the first of them.
void join_hands(Score& score) {
  std::vector<Part> joined;
  for (Part& part : score.parts) {
    const bool keyboard = !part.is_drums && is_keyboard({part.program, false});
    const auto same = [&](const Part& p) { return !p.is_drums && p.program == part.program; };
    const auto found = keyboard ? std::ranges::find_if(joined, same) : joined.end();
    if (found == joined.end()) {
      joined.push_back(std::move(part));
    } else {
      found->notes.insert(found->notes.end(), part.notes.begin(), part.notes.end());
    }
  }
  score.parts = std::move(joined);
  sort_events(score);
}

void play_on(uint8_t program, Score& score) {
  for (Part& part : score.parts) part.program = program;
}

}  // namespace

void each_corpus_item(const std::filesystem::path& folder,
                      const std::function<void(const CorpusItem&)>& visit) {
  each_json_line(folder / "metadata.jsonl", [&](const Json& line, const std::string& where) {
    CorpusItem item{text_or_empty(line, "file"),    text_or_empty(line, "source"),
                    text_or_empty(line, "license"), text_or_empty(line, "title"),
                    text_or_empty(line, "work"),    text_or_empty(line, "composer"),
                    text_or_empty(line, "genre"),   text_or_empty(line, "split")};
    if (item.file.empty() || item.source.empty() || item.split.empty()) {
      throw Error(ErrorCode::kInvalidFile, where + ": expected file, source and split");
    }
    visit(item);
  });
}

std::optional<int> style_of(const CorpusItem& item) {
  constexpr std::array kBySource = {Pair{"cre-irish", "irish-dance"},
                                    Pair{"freedoom", "rock"},
                                    Pair{"groove", "drums"},
                                    Pair{"openscore-orchestra", "orchestral"},
                                    Pair{"openscore-quartets", "string-quartet"},
                                    Pair{"openscore-lieder", "song"},
                                    Pair{"open-hymnal", "hymn"}};
  for (const auto& [source, style] : kBySource) {
    if (item.source == source) return tokens::find_style(style);
  }
  if (const auto word = style_word(lower(item.genre)); word && *word != "secular") {
    return tokens::find_style(*word);
  }
  if (const auto word = style_word(lower(item.title))) return tokens::find_style(*word);
  if (item.source == "nifc-chopin") return tokens::find_style("piano-piece");
  return item.genre.empty() ? std::nullopt : tokens::find_style("secular");
}

double mixture_weight(const std::string& source) {
  constexpr std::array<std::pair<std::string_view, double>, 9> kShares = {
      {{"nifc-polish", 0.40},
       {"openscore-lieder", 0.14},
       {"openscore-quartets", 0.10},
       {"openscore-orchestra", 0.06},
       {"nifc-chopin", 0.10},
       {"freedoom", 0.08},
       {"groove", 0.06},
       {"cre-irish", 0.03},
       {"open-hymnal", 0.03}}};
  for (const auto& [name, share] : kShares) {
    if (name == source) return share;
  }
  return 0.0;
}

Score with_players(Score score, const CorpusItem& item) {
  constexpr uint8_t kChoirAahs = 52;
  constexpr uint8_t kViolin = 40;
  if (item.source == "open-hymnal") {
    play_on(kChoirAahs, score);
  } else if (item.source == "cre-irish") {
    play_on(kViolin, score);
  } else {
    join_hands(score);
  }
  return score;
}

tokens::GridPiece to_training_piece(Score score, const CorpusItem& item) {
  score = with_players(std::move(score), item);
  score.chords = harmony_of(score);
  tokens::GridPiece piece = tokens::to_grid(score);
  piece.controls = {};
  piece.controls.style = style_of(item);
  return piece;
}

}  // namespace motet::data
