// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/compose.h"

#include <numeric>

#include "motet/generate/session.h"
#include "motet/score/engrave.h"
#include "motet/theory/harmony.h"
#include "motet/theory/key.h"
#include "motet/tokens/grid.h"

namespace motet::tasks {
namespace {

using tokens::GridBar;
using tokens::GridPiece;

/// The velocity that a cell begins with, as a bin: mezzo-forte, the commonest of the real pieces.
constexpr int kVelocityBin = 20;

constexpr Key home_of(Mode mode) { return {mode == Mode::kMajor ? 0 : 9, mode}; }

generate::WriteSettings settings_of(const Request& request, Mode mode) {
  return {.sampling = {.temperature = static_cast<float>(*request.temperature),
                       .top_k = *request.top_k,
                       .top_p = static_cast<float>(*request.top_p),
                       .min_p = static_cast<float>(*request.min_p)},
          .guidance = generate::key_guidance(home_of(mode)),
          .seed = *request.seed};
}

/// A mood in a mode: the mode is the mood's valence (see theory/features.h), so a key that was
/// asked for decides it, and the mood the arousal. "Calm, in A minor" is what the model calls sad.
Mood mood_in(Mode mode, Mood mood) {
  const bool is_lively = mood == Mood::kHappy || mood == Mood::kTense;
  if (mode == Mode::kMajor) return is_lively ? Mood::kHappy : Mood::kCalm;
  return is_lively ? Mood::kTense : Mood::kSad;
}

/// The header for a piece in `key` that is written at home, in C major or A minor.
tokens::Controls controls_of(const Request& request, Key key) {
  tokens::Controls controls;
  if (request.style) controls.style = tokens::find_style(*request.style);
  controls.key = home_of(key.mode).tonic + (key.mode == Mode::kMinor ? 12 : 0);
  controls.density = request.density;
  if (request.mood) controls.mood = static_cast<int>(mood_in(key.mode, *request.mood));
  return controls;
}

GridBar empty_bar(const Request& request, size_t parts) {
  GridBar bar;
  bar.metre = *tokens::find_metre(request.metre->numerator, request.metre->denominator);
  bar.tempo = tokens::nearest_tempo(*request.tempo);
  bar.cells.resize(parts);
  return bar;
}

generate::Plan plan_of(const Request& request) {
  generate::Plan plan;
  plan.frame.controls = controls_of(request, *request.key);
  plan.moved_later = -semitones_to_home(*request.key);
  for (const Instrument& instrument : request.instruments) {
    plan.frame.parts.push_back({instrument, kVelocityBin});
  }
  plan.frame.bars.assign(static_cast<size_t>(*request.bars),
                         empty_bar(request, plan.frame.parts.size()));
  return plan;
}

/// What was written, moved to where it shall sound.
Composition finished(const generate::WriteResult& written, const generate::Plan& plan) {
  return {tokens::to_score(tokens::transposed(written.piece, plan.moved_later)), written.stopped,
          written.tokens};
}

/// Appends the notes and chords of `tail` behind `head`, whose last bar line is at `at`.
Score joined(const Score& head, const Score& tail, Ticks at) {
  Score score = head;
  for (ChordSymbol symbol : tail.chords) {
    symbol.at += at;
    score.chords.push_back(symbol);
  }
  size_t next = 0;
  for (Part& part : score.parts) {
    if (part.notes.empty()) continue;
    for (Note note : tail.parts[next].notes) {
      note.onset += at;
      note.id = {};
      part.notes.push_back(note);
    }
    ++next;
  }
  forget_pages(score);
  sort_events(score);
  name_notes(score);
  return score;
}

}  // namespace

Composition compose(const Request& request, generate::IdReader& reader, const Progress& progress) {
  const generate::Plan plan = plan_of(request);
  Composition result = finished(
      generate::write(plan, reader, settings_of(request, request.key->mode), progress), plan);
  result.score.title = *request.title;
  result.score.tempos = {{Ticks{0}, *request.tempo}};
  return result;
}

Composition continue_piece(const Score& piece, const Request& request, generate::IdReader& reader,
                           const Progress& progress) {
  // Bar lines fall on steps, so the resolution must hold both the piece's ticks and ours.
  const int resolution = std::lcm(piece.ticks_per_quarter, tokens::kStepsPerQuarter);
  const bool fits = resolution <= 32767;
  const Score head = with_resolution(piece, fits ? resolution : 480);
  Score heard = head;
  heard.chords = harmony_of(head);
  const Key key = estimate_key(head).key;
  generate::Plan plan;
  plan.moved_later = -semitones_to_home(key);
  plan.frame = tokens::transposed(tokens::to_grid(heard), -plan.moved_later);
  plan.frame.controls = controls_of(request, key);
  plan.given = plan.frame.bars.size();
  GridBar bar = plan.frame.bars.back();
  bar.harmony.clear();
  for (tokens::Cell& cell : bar.cells) cell.notes.clear();
  plan.frame.bars.resize(plan.given + static_cast<size_t>(*request.bars), bar);

  generate::WriteResult written =
      generate::write(plan, reader, settings_of(request, key.mode), progress);
  const int64_t begin = tokens::bar_steps(plan.frame)[plan.given];
  auto& bars = written.piece.bars;
  bars.erase(bars.begin(), bars.begin() + static_cast<std::ptrdiff_t>(plan.given));
  Composition result = finished(written, plan);
  const Score tail = with_resolution(result.score, head.ticks_per_quarter);
  const Ticks at{begin * head.ticks_per_quarter / tokens::kStepsPerQuarter};
  result.score = joined(head, tail, at);
  if (result.score.keys.empty()) result.score.keys = {{Ticks{0}, fifths_of(key), key.mode}};
  return result;
}

Composition compose(const Request& request, const Engine& engine, const Progress& progress) {
  return compose(request, *generate::make_reader(engine.decoder(), engine.backend()), progress);
}

Composition continue_piece(const Score& piece, const Request& request, const Engine& engine,
                           const Progress& progress) {
  const auto reader = generate::make_reader(engine.decoder(), engine.backend());
  return continue_piece(piece, request, *reader, progress);
}

}  // namespace motet::tasks
