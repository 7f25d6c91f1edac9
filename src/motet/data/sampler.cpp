// SPDX-License-Identifier: Apache-2.0
#include "motet/data/sampler.h"

#include <algorithm>
#include <utility>

#include "motet/base/error.h"
#include "motet/base/random.h"
#include "motet/data/window.h"
#include "motet/tokens/tokenizer.h"

namespace motet::data {
namespace {

using tokens::Kind;
using tokens::TokenId;

constexpr double kGapShare = 0.3;      ///< of documents that are infill
constexpr double kOpeningShare = 0.3;  ///< of windows that begin at the first bar
constexpr double kClosingShare = 0.2;  ///< of windows that end with the last bar
constexpr double kDropStyle = 0.15;
constexpr double kDropKey = 0.25;
constexpr double kDropDensity = 0.4;
constexpr double kDropMood = 0.4;
constexpr double kGapRoom = 0.8;       ///< of a row that an infill document's bars may take
constexpr double kEasiestShare = 0.1;  ///< of a shard, that a curriculum begins with
constexpr double kAnyKeyShare = 0.15;  ///< of documents that go to any key, not to C or A
constexpr int kLowestShift = -5;
constexpr int kShifts = 12;

/// Where a source's pieces are; pieces are drawn in proportion to their length.
struct Source {
  Shard shard;
  std::vector<std::vector<uint32_t>> bars;  // index_bars of each piece
  double upto = 0.0;                        // cumulative share of the mixture
};

/// Ids that are a choice of the sampler, not of the composer: nothing is learnt from missing them.
bool is_given(Kind kind) {
  return kind <= Kind::kBegin || kind == Kind::kGap || kind == Kind::kFill;
}

struct Document {
  std::vector<TokenId> ids;
  std::vector<uint8_t> counts;  // for each id: is predicting it part of the loss
};

Document to_document(const tokens::GridPiece& piece) {
  Document document;
  document.ids = tokens::encode(piece);
  bool in_body = false;
  for (const TokenId id : document.ids) {
    const Kind kind = tokens::meaning(id).kind;
    document.counts.push_back(in_body && !is_given(kind) ? 1 : 0);
    in_body = in_body || kind == Kind::kBody;
  }
  return document;
}

void drop_controls(tokens::Controls& controls, const Random& random, uint64_t& at) {
  if (random.uniform(at++) < kDropStyle) controls.style.reset();
  if (random.uniform(at++) < kDropKey) controls.key.reset();
  if (random.uniform(at++) < kDropDensity) controls.density.reset();
  if (random.uniform(at++) < kDropMood) controls.mood.reset();
}

}  // namespace

struct Sampler::State {
  SamplerConfig config;
  std::vector<Source> sources;

  const Source& draw_source(double share) const {
    for (const Source& source : sources) {
      if (share < source.upto) return source;
    }
    return sources.back();
  }

  /// The share of every shard that a step draws from.
  double open_share(uint64_t step) const {
    if (step >= config.curriculum_steps) return 1.0;
    const double way = static_cast<double>(step) / static_cast<double>(config.curriculum_steps);
    return kEasiestShare + (1.0 - kEasiestShare) * way;
  }

  /// A piece by a uniformly drawn token of the open share of the source.
  static size_t draw_piece(const Source& source, const Random& random, uint64_t& at, double open) {
    const auto room = static_cast<uint64_t>(static_cast<double>(source.shard.ids()) * open);
    const uint64_t target = random.below(std::max<uint64_t>(1, room), at++);
    size_t low = 0;
    size_t high = source.shard.size() - 1;
    const uint16_t* origin = source.shard.piece(0).data();
    while (low < high) {
      const size_t middle = (low + high + 1) / 2;
      const auto begin = static_cast<uint64_t>(source.shard.piece(middle).data() - origin);
      if (begin <= target) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /// The first and last bar of a window of about `most` ids.
  static std::pair<size_t, size_t> draw_bars(const std::vector<uint32_t>& bars,
                                             const Random& random, uint64_t& at, double most) {
    const size_t count = bars.size() - 1;
    const double kind = random.uniform(at++);
    if (kind < kClosingShare) {
      size_t first = count - 1;
      while (first > 0 && bars[count] - bars[first - 1] < most) --first;
      return {first, count};
    }
    const bool opening = kind < kClosingShare + kOpeningShare;
    const size_t first = opening ? 0 : random.below(count, at++);
    size_t last = first + 1;
    while (last < count && bars[last] - bars[first] < most) ++last;
    return {first, last};
  }

  /// One document of about `room` ids.
  Document draw(const Random& random, uint64_t& at, size_t room, double open) const {
    const Source& source = draw_source(random.uniform(at++));
    const size_t index = draw_piece(source, random, at, open);
    const auto& bars = source.bars[index];
    const bool infill = config.augment && random.uniform(at++) < kGapShare;
    const double most = static_cast<double>(room) * (infill ? kGapRoom : 1.0);
    const auto [first, last] = draw_bars(bars, random, at, most);
    const auto ids = source.shard.piece(index);
    tokens::GridPiece piece = cut_window(ids, bars, first, last);
    if (config.augment && random.uniform(at++) < kAnyKeyShare) {
      const int shift = kLowestShift + static_cast<int>(random.below(kShifts, at++));
      piece = tokens::transposed(piece, shift);
    } else {
      normalise(piece);
    }
    describe(piece);
    drop_controls(piece.controls, random, at);
    if (infill) make_gaps(piece, random, at);
    return to_document(piece);
  }
};

Sampler::Sampler(std::vector<Shard> shards, const SamplerConfig& config)
    : state_(std::make_unique<State>()) {
  state_->config = config;
  double total = 0.0;
  for (Shard& shard : shards) {
    const std::string place = shard.path().string();
    if (shard.size() == 0 || shard.weight() <= 0.0) continue;
    if (shard.vocab_size() != static_cast<uint32_t>(tokens::vocabulary_size())) {
      throw Error(ErrorCode::kInvalidFile,
                  place + ": the shard has a vocabulary of " + std::to_string(shard.vocab_size()) +
                      ", this engine one of " + std::to_string(tokens::vocabulary_size()));
    }
    total += shard.weight();
    Source source{std::move(shard), {}, total};
    for (size_t i = 0; i < source.shard.size(); ++i) {
      source.bars.push_back(index_bars(source.shard.piece(i)));
      if (source.bars.back().size() < 2) {
        throw Error(ErrorCode::kInvalidFile, place + ": a piece has no bars");
      }
    }
    state_->sources.push_back(std::move(source));
  }
  if (state_->sources.empty()) {
    throw Error(ErrorCode::kNotFound, "shards: no training piece in any of them");
  }
  for (Source& source : state_->sources) source.upto /= total;
}

Sampler::~Sampler() = default;

int64_t Sampler::vocab_size() const noexcept { return tokens::vocabulary_size(); }

int64_t Sampler::pieces() const noexcept {
  int64_t count = 0;
  for (const Source& source : state_->sources) count += static_cast<int64_t>(source.shard.size());
  return count;
}

Batch Sampler::batch(uint64_t step) const {
  const SamplerConfig& config = state_->config;
  Batch batch;
  batch.rows = config.rows;
  batch.length = config.length;
  const auto width = static_cast<size_t>(config.length) + 1;
  for (int64_t row = 0; row < config.rows; ++row) {
    const Random random(config.seed, step * static_cast<uint64_t>(config.rows) + row);
    uint64_t at = 0;
    std::vector<TokenId> ids;
    std::vector<uint8_t> counts;
    while (ids.size() < width) {
      const Document document = state_->draw(random, at, width, state_->open_share(step));
      const size_t take = std::min(document.ids.size(), width - ids.size());
      ids.insert(ids.end(), document.ids.begin(), document.ids.begin() + take);
      counts.insert(counts.end(), document.counts.begin(), document.counts.begin() + take);
    }
    batch.ids.insert(batch.ids.end(), ids.begin(), ids.end());
    batch.counts.insert(batch.counts.end(), counts.begin() + 1, counts.end());
  }
  return batch;
}

}  // namespace motet::data
