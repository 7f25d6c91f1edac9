// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/session.h"

#include <algorithm>
#include <utility>

#include "motet/base/random.h"

namespace motet::generate {
namespace {

using tokens::GridPiece;
using tokens::TokenId;
using Ids = std::vector<TokenId>;

/// Shares of the model's window that context may take when it is laid anew.
constexpr double kContextShare = 0.5;
constexpr double kGapContextShare = 0.6;
constexpr double kGapLeadShare = 0.3;

/// Draws under a grammar, and keeps count of the steps so that every draw has its own number.
class Writer {
 public:
  Writer(IdReader& sequence, const WriteSettings& settings)
      : reader(sequence),
        limit(sequence.limit()),
        settings_(settings),
        random_(settings.seed, 0),
        heirs_(static_cast<size_t>(tokens::vocabulary_size())) {}

  /// Draws the next token; the model is asked only when the grammar leaves a choice.
  TokenId next(Grammar& grammar) {
    grammar.allow_next(heirs_);
    TokenId id = kForbidden;
    int choices = 0;
    for (TokenId candidate = 0; candidate < tokens::vocabulary_size(); ++candidate) {
      if (heirs_[static_cast<size_t>(candidate)] != candidate) continue;
      id = candidate;
      ++choices;
    }
    if (choices > 1) {
      std::vector<float> logits = reader.read(unread);
      unread.clear();
      settings_.guidance.apply(grammar.in_last_bar(), logits);
      id = sample(logits, heirs_, settings_.sampling, random_.uniform(step_++));
    }
    unread.push_back(id);
    grammar.accept(id);
    return id;
  }

  /// Forgets everything and will read these ids first.
  void restart_from(Ids context) {
    reader.restart();
    unread = std::move(context);
  }

  bool full() const { return reader.length() + static_cast<int64_t>(unread.size()) >= limit; }
  int64_t tokens() const { return static_cast<int64_t>(step_); }

  IdReader& reader;
  int64_t limit;
  Ids unread;  // ids that the model has still to read

 private:
  const WriteSettings& settings_;
  Random random_;
  uint64_t step_ = 0;
  std::vector<int32_t> heirs_;
};

/// The header of bars that begin at `first`, and bars first .. last-1 of the piece.
Ids context_of(const GridPiece& piece, size_t first, size_t last) {
  GridPiece window = piece;
  window.bars.erase(window.bars.begin(), window.bars.begin() + static_cast<std::ptrdiff_t>(first));
  window.controls.opening = piece.controls.opening && first == 0;
  Ids ids = tokens::encode_header(window);
  for (size_t bar = 0; bar < last - first; ++bar) tokens::encode_bar(window, bar, ids);
  return ids;
}

/// The earliest bar from which context up to `last` takes at most `room` ids; at least one bar is
/// kept where there is one.
size_t earliest_fitting(const GridPiece& piece, size_t last, double room) {
  double taken = 0.0;
  size_t first = last;
  while (first > 0) {
    Ids bar;
    tokens::encode_bar(piece, first - 1, bar);
    taken += static_cast<double>(bar.size());
    if (taken > room && first < last) break;
    --first;
  }
  return first;
}

/// Puts what was decoded for the bars of a plan into the piece.
void take_bar(GridPiece& piece, const Ids& header, const Ids& bar_ids, size_t bar) {
  Ids document = header;
  document.insert(document.end(), bar_ids.begin(), bar_ids.end());
  GridPiece one = tokens::decode(document);
  if (one.bars.empty()) return;
  piece.bars[bar].harmony = std::move(one.bars.front().harmony);
  piece.bars[bar].cells = std::move(one.bars.front().cells);
}

bool ends_bar(TokenId id) {
  const tokens::Kind kind = tokens::meaning(id).kind;
  return kind == tokens::Kind::kBar || kind == tokens::Kind::kEnd;
}

WriteResult write_bars(const Plan& plan, Writer& writer, const Progress& progress) {
  WriteResult result{.piece = plan.frame};
  GridPiece& piece = result.piece;
  const size_t total = piece.bars.size();
  const Ids header = tokens::encode_header(piece);
  const auto context_before = [&](size_t bar) {
    const double room = static_cast<double>(writer.limit) * kContextShare;
    return context_of(piece, earliest_fitting(piece, bar, room), bar);
  };
  writer.restart_from(context_before(plan.given));
  Grammar grammar(plan);
  TokenId id = writer.next(grammar);
  for (size_t bar = plan.given; !grammar.done(); ++bar) {
    if (progress.stop_requested()) {
      piece.bars.resize(bar);
      result.stopped = true;
      break;
    }
    Ids ids = {id};
    for (id = writer.next(grammar); !ends_bar(id); id = writer.next(grammar)) ids.push_back(id);
    take_bar(piece, header, ids, bar);
    progress.report({"composing", static_cast<int64_t>(bar + 1 - plan.given),
                     static_cast<int64_t>(total - plan.given), "bars"});
    if (writer.full() && !grammar.done()) {
      Ids context = context_before(bar + 1);
      context.push_back(id);
      writer.restart_from(std::move(context));
    }
  }
  result.tokens = writer.tokens();
  return result;
}

/// Bars first .. last-1 as a piece of their own, still in their place in the whole.
GridPiece window_of(const GridPiece& piece, size_t first, size_t last) {
  GridPiece window = piece;
  window.bars.assign(piece.bars.begin() + static_cast<std::ptrdiff_t>(first),
                     piece.bars.begin() + static_cast<std::ptrdiff_t>(last));
  window.bars_after += static_cast<int>(piece.bars.size() - last);
  window.controls.opening = piece.controls.opening && first == 0;
  return window;
}

/// The bars around a gap that are shown to the model at once.
std::pair<size_t, size_t> bars_around(const GridPiece& piece, size_t gap_bar, double limit) {
  const size_t first = earliest_fitting(piece, gap_bar, limit * kGapLeadShare);
  size_t last = gap_bar;
  Ids ids;
  for (size_t bar = first; bar < piece.bars.size(); ++bar) {
    tokens::encode_bar(piece, bar, ids);
    if (bar > gap_bar && static_cast<double>(ids.size()) > limit * kGapContextShare) break;
    last = bar + 1;
  }
  return {first, last};
}

/// Moves the fillings of the first `count` gaps of a decoded window into the piece.
void take_fillings(GridPiece& piece, size_t first, GridPiece& window, size_t count) {
  std::vector<tokens::GapPlace> gaps = tokens::gaps_of(window);
  gaps.resize(count);
  for (const tokens::GapPlace& gap : gaps) {
    tokens::GridBar& to = piece.bars[first + gap.bar];
    tokens::GridBar& from = window.bars[gap.bar];
    if (gap.part < 0) {
      to.harmony = std::move(from.harmony);
      to.harmony_gap = false;
    } else {
      const auto part = static_cast<size_t>(gap.part);
      to.cells[part].notes = std::move(from.cells[part].notes);
      to.cells[part].gap = false;
    }
  }
}

WriteResult write_gaps(const Plan& plan, Writer& writer, const Progress& progress) {
  WriteResult result{.piece = plan.frame};
  GridPiece& piece = result.piece;
  const auto total = static_cast<int64_t>(tokens::gaps_of(piece).size());
  while (!result.stopped) {
    const std::vector<tokens::GapPlace> open = tokens::gaps_of(piece);
    progress.report({"composing", total - static_cast<int64_t>(open.size()), total, "cells"});
    if (open.empty()) break;
    const auto [first, last] =
        bars_around(piece, open.front().bar, static_cast<double>(writer.limit));
    GridPiece window = window_of(piece, first, last);
    Ids document = context_of(window, 0, window.bars.size());
    writer.restart_from(document);
    Grammar grammar({window, window.bars.size(), plan.moved_later});
    size_t fillings = 0;
    while (!grammar.done() && !result.stopped) {
      const TokenId id = writer.next(grammar);
      document.push_back(id);
      if (tokens::meaning(id).kind != tokens::Kind::kFill) continue;
      if (fillings > 0 && writer.full()) break;
      ++fillings;
      result.stopped = progress.stop_requested();
    }
    const size_t complete = grammar.done() ? fillings : fillings - (result.stopped ? 1 : 0);
    window = tokens::decode(document);
    take_fillings(piece, first, window, complete);
  }
  result.tokens = writer.tokens();
  return result;
}

}  // namespace

WriteResult write(const Plan& plan, IdReader& reader, const WriteSettings& settings,
                  const Progress& progress) {
  settings.sampling.validate();
  reader.restart();
  Writer writer(reader, settings);
  const bool all_given = plan.given == plan.frame.bars.size();
  return all_given ? write_gaps(plan, writer, progress) : write_bars(plan, writer, progress);
}

WriteResult write(const Plan& plan, const models::Decoder& decoder, nn::Backend& on,
                  const WriteSettings& settings, const Progress& progress) {
  return write(plan, *make_reader(decoder, on), settings, progress);
}

}  // namespace motet::generate
