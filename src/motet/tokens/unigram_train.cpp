// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "motet/base/error.h"
#include "motet/tokens/suffixes.h"
#include "motet/tokens/unigram.h"

namespace motet::tokens {
namespace {

constexpr double kMinExpected = 0.5;      ///< a piece expected less often is dropped
constexpr double kAlphabetStep = 0.0001;  ///< between the scores of symbols that EM dropped
constexpr double kLogEpsilon = 50;        ///< e^-50 is nothing beside 1 in a double
/// Sums are made in this many shares, whatever the number of threads, so that their order is fixed.
constexpr size_t kShares = 16;
const double kLowest = -std::numeric_limits<double>::infinity();

/// By its asymptotic series, shifted to x >= 7; absolute error below 1e-9 for x >= 0.5.
double digamma(double x) {
  double result = 0;
  for (; x < 7; ++x) result -= 1 / x;
  const double y = 1 / (x - 0.5);
  const double y2 = y * y;
  const double y4 = y2 * y2;
  return result + std::log(x - 0.5) + y2 / 24 - 7.0 / 960 * y4 + 31.0 / 8064 * y4 * y2 -
         127.0 / 30720 * y4 * y4;
}

double log_add(double a, double b) {
  const double high = std::max(a, b);
  const double low = std::min(a, b);
  if (low == kLowest || high > low + kLogEpsilon) return high;
  return high + std::log1p(std::exp(low - high));
}

/// A piece that may stand at a place of a word: its end, its id (-1: unknown) and its score.
struct Edge {
  uint32_t begin = 0;
  uint32_t end = 0;
  TokenId piece = -1;
  double score = 0;
};

/// The pieces of one EM step.
class Lattice {
 public:
  explicit Lattice(const std::vector<UnigramPiece>& pieces)
      : pieces_(pieces), trie_(pieces_of(pieces)) {
    double lowest = 0;
    for (const UnigramPiece& piece : pieces) lowest = std::min(lowest, piece.score);
    unknown_score_ = lowest - kUnknownPenalty;
  }

  /// All edges of a word, sorted by their beginning.
  void edges_of(SymbolView word, std::vector<Edge>& edges) const {
    edges.clear();
    for (uint32_t begin = 0; begin < word.size(); ++begin) {
      Trie::Node node = Trie::kRoot;
      bool has_single = false;
      for (uint32_t at = begin; at < word.size(); ++at) {
        node = trie_.step(node, word[at]);
        if (node == Trie::kNowhere) break;
        const TokenId piece = trie_.piece_at(node);
        if (piece < 0) continue;
        has_single = has_single || at == begin;
        edges.push_back({begin, at + 1, piece, pieces_[static_cast<size_t>(piece)].score});
      }
      if (!has_single) edges.push_back({begin, begin + 1, -1, unknown_score_});
    }
  }

  /// The pieces of the best path that does not use `banned`, -1 for an unknown symbol; its score.
  double best_path(SymbolView word, TokenId banned, std::vector<TokenId>& path) const {
    path.clear();
    std::vector<Edge> edges;
    edges_of(word, edges);
    std::vector<double> score(word.size() + 1, kLowest);
    std::vector<const Edge*> from(word.size() + 1, nullptr);
    score[0] = 0;
    for (const Edge& edge : edges) {
      if (edge.piece == banned && banned >= 0) continue;
      const double sum = score[edge.begin] + edge.score;
      if (sum > score[edge.end]) score[edge.end] = sum, from[edge.end] = &edge;
    }
    for (size_t at = word.size(); at > 0; at = from[at]->begin) {
      if (from[at] == nullptr) return kLowest;
      path.push_back(from[at]->piece);
    }
    return score.back();
  }

  /// Adds count times the posterior probability of each edge to its piece: the E step.
  void add_expected(const CountedWord& counted, std::vector<double>& expected) const {
    std::vector<Edge> edges;
    edges_of(counted.word, edges);
    const size_t size = counted.word.size();
    std::vector<double> ahead(size + 1, kLowest), behind(size + 1, kLowest);
    ahead[0] = behind[size] = 0;
    for (const Edge& edge : edges) {
      ahead[edge.end] = log_add(ahead[edge.end], ahead[edge.begin] + edge.score);
    }
    for (size_t i = edges.size(); i-- > 0;) {
      const Edge& edge = edges[i];
      behind[edge.begin] = log_add(behind[edge.begin], behind[edge.end] + edge.score);
    }
    for (const Edge& edge : edges) {
      if (edge.piece < 0) continue;
      const double log_posterior = ahead[edge.begin] + edge.score + behind[edge.end] - ahead[size];
      expected[static_cast<size_t>(edge.piece)] +=
          static_cast<double>(counted.count) * std::exp(log_posterior);
    }
  }

 private:
  static Pieces pieces_of(const std::vector<UnigramPiece>& pieces) {
    std::vector<Symbols> texts;
    for (const UnigramPiece& piece : pieces) texts.push_back(piece.text);
    return Pieces(std::move(texts));
  }

  const std::vector<UnigramPiece>& pieces_;
  Trie trie_;
  double unknown_score_ = 0;
};

class UnigramTrainer {
 public:
  UnigramTrainer(std::span<const CountedWord> words, const UnigramTraining& training,
                 ThreadPool& pool, const Progress& progress)
      : words_(words), training_(training), pool_(pool), progress_(progress) {
    alphabet_.insert(training.initial_alphabet.begin(), training.initial_alphabet.end());
    for (const CountedWord& word : words) alphabet_.insert(word.word.begin(), word.word.end());
    const size_t needed = alphabet_.size() + training.special_pieces.size();
    if (needed > training.vocabulary_size) {
      throw Error(ErrorCode::kInvalidArgument,
                  "Unigram: expected a vocabulary of at least " + std::to_string(needed) +
                      ", the symbols there are, found " + std::to_string(training.vocabulary_size));
    }
  }

  std::vector<UnigramPiece> train() {
    pieces_ = seeds();
    const size_t enough = training_.vocabulary_size * 11 / 10;
    for (;;) {
      for (int step = 0; step < training_.steps_a_round; ++step) maximise(expected());
      progress_.report({"unigram", static_cast<int64_t>(pieces_.size()), 0, "pieces left"});
      if (pieces_.size() <= enough || progress_.stop_requested()) break;
      const size_t before = pieces_.size();
      prune(std::max(
          enough, static_cast<size_t>(training_.shrinking_factor * static_cast<double>(before))));
      if (pieces_.size() == before) break;
    }
    return finish();
  }

 private:
  /// The symbols, then the substrings that stand twice or more, by frequency * length.
  std::vector<UnigramPiece> seeds() const {
    std::map<char32_t, uint64_t> symbols;
    for (const CountedWord& word : words_) {
      for (const char32_t symbol : word.word) symbols[symbol] += word.count;
    }
    std::vector<UnigramPiece> seeds;
    double sum = 0;
    const auto add = [&](Symbols text, double weight) {
      seeds.push_back({std::move(text), weight});
      sum += weight;
    };
    for (const auto& [symbol, count] : symbols) {
      add(Symbols(1, symbol), static_cast<double>(count));
    }
    for (Substring& substring :
         frequent_substrings(words_, training_.max_piece_length, training_.seed_size)) {
      const double weight = static_cast<double>(substring.count * substring.text.size());
      add(std::move(substring.text), weight);
    }
    for (UnigramPiece& piece : seeds) piece.score = std::log(piece.score) - std::log(sum);
    return seeds;
  }

  /// Runs work(words of the share, the share's own sums) for kShares shares, then adds these up.
  template <typename Work>
  std::vector<double> summed(size_t size, const Work& work) const {
    std::vector<std::vector<double>> sums(kShares);
    pool_.run(kShares, [&](size_t begin, size_t end) {
      for (size_t share = begin; share < end; ++share) {
        sums[share].assign(size, 0);
        const size_t first = words_.size() * share / kShares;
        const size_t last = words_.size() * (share + 1) / kShares;
        for (const CountedWord& word : words_.subspan(first, last - first)) work(word, sums[share]);
      }
    });
    for (size_t share = 1; share < kShares; ++share) {
      for (size_t i = 0; i < size; ++i) sums[0][i] += sums[share][i];
    }
    return std::move(sums[0]);
  }

  std::vector<double> expected() const {
    const Lattice lattice(pieces_);
    return summed(pieces_.size(), [&](const CountedWord& word, std::vector<double>& sums) {
      lattice.add_expected(word, sums);
    });
  }

  void maximise(const std::vector<double>& expected) {
    std::vector<UnigramPiece> kept;
    double sum = 0;
    for (size_t i = 0; i < pieces_.size(); ++i) {
      if (expected[i] < kMinExpected) continue;
      sum += expected[i];
      kept.push_back({std::move(pieces_[i].text), digamma(expected[i])});
    }
    for (UnigramPiece& piece : kept) piece.score -= digamma(sum);
    pieces_ = std::move(kept);
  }

  /// Keeps `size` pieces: first those that nothing can replace, then those whose loss, if they were
  /// replaced by their own best segmentation, is largest.
  void prune(size_t size) {
    const Lattice lattice(pieces_);
    // How often each stands in best segmentations, and the weight of the words in which it does.
    const size_t count = pieces_.size();
    const std::vector<double> sums =
        summed(2 * count, [&](const CountedWord& word, std::vector<double>& own) {
          std::vector<TokenId> path;
          lattice.best_path(word.word, -1, path);
          for (const TokenId piece : path) {
            if (piece >= 0) own[static_cast<size_t>(piece)] += static_cast<double>(word.count);
          }
          std::sort(path.begin(), path.end());
          path.erase(std::unique(path.begin(), path.end()), path.end());
          for (const TokenId piece : path) {
            if (piece >= 0) own[count + static_cast<size_t>(piece)] += double(word.count);
          }
        });
    keep_best(size, losses(lattice, sums));
  }

  /// For each piece, how much likelihood is lost without it; infinite when it cannot be replaced,
  /// negative infinite when nothing needs it.
  std::vector<double> losses(const Lattice& lattice, const std::vector<double>& sums) const {
    const size_t count = pieces_.size();
    double total = 0;
    double weight = 0;
    for (size_t i = 0; i < count; ++i) total += sums[i];
    for (const CountedWord& word : words_) weight += static_cast<double>(word.count);
    std::vector<double> losses(count, -kLowest);
    pool_.run(count, [&](size_t begin, size_t end) {
      std::vector<TokenId> instead;
      for (size_t i = begin; i < end; ++i) {
        if (pieces_[i].text.size() == 1) continue;
        const double other = lattice.best_path(pieces_[i].text, static_cast<TokenId>(i), instead);
        if (sums[i] == 0 || other > pieces_[i].score) {
          losses[i] = kLowest;
          continue;
        }
        const double alternatives = static_cast<double>(instead.size());
        const double log_sum = std::log(total + sums[i] * (alternatives - 1));
        double log_instead = 0;
        for (const TokenId piece : instead) {
          const double own = piece < 0 ? 0 : sums[static_cast<size_t>(piece)];
          log_instead += std::log(own + sums[i]) - log_sum;
        }
        const double log_now = std::log(sums[i]) - std::log(total);
        losses[i] = sums[count + i] / weight * (log_now - log_instead);
      }
    });
    return losses;
  }

  void keep_best(size_t size, const std::vector<double>& losses) {
    std::vector<size_t> order;
    for (size_t i = 0; i < losses.size(); ++i) {
      if (losses[i] != kLowest) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return losses[a] > losses[b]; });
    order.resize(std::min(order.size(), size));
    std::sort(order.begin(), order.end());
    std::vector<UnigramPiece> kept;
    for (const size_t i : order) kept.push_back(std::move(pieces_[i]));
    pieces_ = std::move(kept);
  }

  /// The specials, then the alphabet and the best pieces, by score.
  std::vector<UnigramPiece> finish() {
    const auto by_score = [](const UnigramPiece& a, const UnigramPiece& b) {
      return a.score != b.score ? a.score > b.score : a.text < b.text;
    };
    std::sort(pieces_.begin(), pieces_.end(), by_score);
    double lowest = 0;
    std::map<char32_t, double> singles;
    for (const UnigramPiece& piece : pieces_) {
      lowest = std::min(lowest, piece.score);
      if (piece.text.size() == 1) singles[piece.text[0]] = piece.score;
    }
    std::vector<UnigramPiece> chosen;
    double missing = 0;
    for (const char32_t symbol : alphabet_) {
      const auto found = singles.find(symbol);
      // Symbols that EM dropped are made as unlikely as the unlikeliest piece.
      const double score = found != singles.end() ? found->second : lowest - missing;
      if (found == singles.end()) missing += kAlphabetStep;
      chosen.push_back({Symbols(1, symbol), score});
    }
    const size_t room = training_.vocabulary_size - training_.special_pieces.size();
    for (const UnigramPiece& piece : pieces_) {
      if (chosen.size() >= room) break;
      if (piece.text.size() > 1) chosen.push_back(piece);
    }
    std::sort(chosen.begin(), chosen.end(), by_score);
    std::vector<UnigramPiece> all;
    for (const Symbols& special : training_.special_pieces) all.push_back({special, 0});
    all.insert(all.end(), chosen.begin(), chosen.end());
    return all;
  }

  std::span<const CountedWord> words_;
  const UnigramTraining& training_;
  ThreadPool& pool_;
  const Progress& progress_;
  std::set<char32_t> alphabet_;
  std::vector<UnigramPiece> pieces_;
};

}  // namespace

std::vector<UnigramPiece> train_unigram(std::span<const CountedWord> words,
                                        const UnigramTraining& training, ThreadPool& pool,
                                        const Progress& progress) {
  return UnigramTrainer(words, training, pool, progress).train();
}

}  // namespace motet::tokens
