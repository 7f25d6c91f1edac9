// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/grammar.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "motet/generate/sampler.h"
#include "motet/score/instruments.h"
#include "tests/generate/plans.h"

namespace motet::generate {
namespace {

using tokens::GridPiece;
using tokens::TokenId;

/// A player that knows nothing of music: any allowed kind, then any allowed token of it, is as
/// likely as any other.
std::vector<TokenId> play_blindly(const Plan& plan, uint64_t seed) {
  const Random random(seed, 5);
  Grammar grammar(plan);
  std::vector<TokenId> ids;
  std::vector<int32_t> heirs(static_cast<size_t>(tokens::vocabulary_size()));
  for (uint64_t step = 0; !grammar.done(); ++step) {
    grammar.allow_next(heirs);
    std::vector<std::vector<TokenId>> kinds(tokens::kKinds);
    for (size_t id = 0; id < heirs.size(); ++id) {
      const auto token = static_cast<TokenId>(id);
      if (heirs[id] == token)
        kinds[static_cast<size_t>(tokens::meaning(token).kind)].push_back(token);
    }
    std::erase_if(kinds, [](const auto& k) { return k.empty(); });
    if (kinds.empty()) {
      ADD_FAILURE() << "nothing is allowed after " << ids.size() << " tokens";
      break;
    }
    const auto& kind = kinds[random.below(kinds.size(), 2 * step)];
    ids.push_back(kind[random.below(kind.size(), 2 * step + 1)]);
    grammar.accept(ids.back());
  }
  return ids;
}

GridPiece written(const Plan& plan, const std::vector<TokenId>& ids) {
  std::vector<TokenId> document = tokens::encode_header(plan.frame);
  for (size_t bar = 0; bar < plan.given; ++bar) tokens::encode_bar(plan.frame, bar, document);
  document.insert(document.end(), ids.begin(), ids.end());
  return tokens::decode(document);
}

void expect_fulfilled(const Plan& plan, const GridPiece& piece) {
  ASSERT_EQ(piece.bars.size(), plan.frame.bars.size());
  EXPECT_EQ(piece.parts, plan.frame.parts);
  const auto begins = tokens::bar_steps(piece);
  std::vector<size_t> notes(piece.parts.size(), 0);
  size_t in_last_bar = 0;
  for (size_t bar = 0; bar < piece.bars.size(); ++bar) {
    EXPECT_EQ(piece.bars[bar].metre, plan.frame.bars[bar].metre);
    EXPECT_EQ(piece.bars[bar].tempo, plan.frame.bars[bar].tempo);
    for (size_t part = 0; part < piece.parts.size(); ++part) {
      const Instrument instrument = piece.parts[part].instrument;
      for (const tokens::GridNote& n : piece.bars[bar].cells[part].notes) {
        ++notes[part];
        in_last_bar += bar + 1 == piece.bars.size() ? 1 : 0;
        if (instrument.is_drums) continue;
        EXPECT_LE(begins[bar] + n.position + n.duration, begins.back());
        EXPECT_GE(n.pitch, range_of(instrument).low);
        EXPECT_LE(n.pitch, range_of(instrument).high);
      }
    }
  }
  EXPECT_GT(in_last_bar, 0U) << "the last bar is silent";
  for (size_t part = 0; part < notes.size(); ++part) {
    EXPECT_GT(notes[part], 0U) << "part " << part << " never plays";
  }
}

TEST(Grammar, WhateverIsDrawnThePlanIsFulfilled) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    const Plan plan = test::random_plan(seed);
    expect_fulfilled(plan, written(plan, play_blindly(plan, seed)));
  }
}

TEST(Grammar, WhatItAllowsIsWhatTheTokenizerWrites) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const Plan plan = test::random_plan(seed);
    const GridPiece piece = written(plan, play_blindly(plan, seed));
    EXPECT_EQ(tokens::decode(tokens::encode(piece)), piece) << "seed " << seed;
  }
}

TEST(Grammar, WhatIsForbiddenLeavesItsProbabilityToWhatIsAllowed) {
  const Plan plan = test::random_plan(3);
  Grammar grammar(plan);
  const Random random(1, 1);
  std::vector<int32_t> heirs(static_cast<size_t>(tokens::vocabulary_size()));
  for (uint64_t step = 0; !grammar.done(); ++step) {
    grammar.allow_next(heirs);
    std::vector<TokenId> allowed;
    for (TokenId id = 0; id < tokens::vocabulary_size(); ++id) {
      const int32_t heir = heirs[static_cast<size_t>(id)];
      if (heir == id) allowed.push_back(id);
      if (heir != kForbidden) {
        EXPECT_EQ(heirs[static_cast<size_t>(heir)], heir);
      }
    }
    const auto bar = tokens::token(tokens::Kind::kBar);
    const auto ends = [&](TokenId id) { return id >= bar && id < bar + tokens::kMaxCountedBars; };
    const auto end = std::ranges::find_if(allowed, ends);
    if (end != allowed.end() && allowed.size() > 1) {
      EXPECT_EQ(heirs[static_cast<size_t>(bar + tokens::kMaxCountedBars - 1)], *end)
          << "a miscounted bar is still the end of the bar";
    }
    grammar.accept(allowed[random.below(allowed.size(), step)]);
  }
}

TEST(Grammar, GivenBarsStayAndTheRestIsWritten) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    Plan plan = test::random_plan(seed);
    plan.frame = written(plan, play_blindly(plan, seed));
    plan.given = plan.frame.bars.size();
    tokens::GridBar open = plan.frame.bars.back();
    open.harmony.clear();
    for (tokens::Cell& cell : open.cells) cell.notes.clear();
    plan.frame.bars.resize(plan.given + 3, open);
    const GridPiece longer = written(plan, play_blindly(plan, seed + 1000));
    ASSERT_EQ(longer.bars.size(), plan.given + 3);
    for (size_t bar = 0; bar < plan.given; ++bar) EXPECT_EQ(longer.bars[bar], plan.frame.bars[bar]);
  }
}

TEST(Grammar, FillsEveryGapAndTouchesNothingElse) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    const Random random(seed, 9);
    Plan plan = test::random_plan(seed);
    plan.frame = written(plan, play_blindly(plan, seed));
    plan.given = plan.frame.bars.size();
    const GridPiece before = plan.frame;
    uint64_t at = 0;
    for (tokens::GridBar& bar : plan.frame.bars) {
      bar.harmony_gap = !bar.harmony.empty() && random.uniform(at++) < 0.3;
      if (bar.harmony_gap) bar.harmony.clear();
      for (tokens::Cell& cell : bar.cells) {
        cell.gap = random.uniform(at++) < 0.4;
        if (cell.gap) cell.notes.clear();
      }
    }
    const std::vector<TokenId> ids = play_blindly(plan, seed + 500);
    const auto fills = std::ranges::count(ids, tokens::token(tokens::Kind::kFill));
    EXPECT_EQ(static_cast<size_t>(fills), tokens::gaps_of(plan.frame).size());
    const GridPiece after = written(plan, ids);
    for (size_t bar = 0; bar < before.bars.size(); ++bar) {
      for (size_t part = 0; part < before.parts.size(); ++part) {
        if (plan.frame.bars[bar].cells[part].gap) continue;
        EXPECT_EQ(after.bars[bar].cells[part].notes, before.bars[bar].cells[part].notes);
      }
    }
  }
}

}  // namespace
}  // namespace motet::generate
