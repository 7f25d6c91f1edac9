// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/public_events.h"

#include <algorithm>
#include <numeric>

#include "motet/generate/event_session.h"

namespace motet::tasks {
namespace {

namespace midi_event = tokens::midi_event;

constexpr int kUsualResolution = 480;  // ticks a quarter
constexpr int kFinestResolution = 32'767;

/// Players that were asked for and have no part yet: an empty one each.
void add_players(const Request& request, Score& score) {
  for (const Instrument& player : request.instruments) {
    Part part;
    part.program = player.program;
    part.is_drums = player.is_drums;
    part.name = name_of(player);
    score.parts.push_back(part);
  }
}

/// What a piece of its own begins with: what was asked for.
Score empty_piece(const Request& request) {
  Score score;
  score.ticks_per_quarter = kUsualResolution;
  if (request.tempo) score.tempos = {{Ticks{0}, *request.tempo}};
  if (request.metre) {
    score.metres = {{Ticks{0}, request.metre->numerator, request.metre->denominator}};
  } else if (request.bars) {
    score.metres = {{Ticks{0}, 4, 4}};
  }
  if (request.key) score.keys = {{Ticks{0}, fifths_of(*request.key), request.key->mode}};
  return score;
}

/// The piece at a resolution whose sixteenths of a quarter are whole ticks.
Score with_steps(const Score& piece) {
  const int fine = std::lcm(piece.ticks_per_quarter, midi_event::kStepsPerQuarter);
  return with_resolution(piece, fine <= kFinestResolution ? fine : kUsualResolution);
}

int64_t step_after(const Score& score, Ticks at) {
  const int64_t ticks = score.ticks_per_quarter / midi_event::kStepsPerQuarter;
  return (at.value + ticks - 1) / ticks;
}

/// Everything of a plan that the notes of a piece decide.
void follow_notes(const Score& score, generate::EventPlan& plan) {
  for (size_t i = 0; i < score.parts.size(); ++i) {
    const tokens::EventPlace place = tokens::place_of_part(score, i);
    if (std::ranges::find(plan.places, place) == plan.places.end()) plan.places.push_back(place);
    for (const Note& note : score.parts[i].notes) {
      plan.begin = std::max(plan.begin, step_after(score, note.onset + Ticks{1}));
      int64_t& free = plan.sounding[{place, note.pitch}];
      free = std::max(free, step_after(score, note.onset + note.duration));
    }
  }
}

/// The bar line from which a piece goes on, and the length of its bars.
void follow_bars(const Score& score, generate::EventPlan& plan) {
  MetreChange metre;
  for (const MetreChange& change : score.metres) {
    if (!change.is_hidden) metre = change;
  }
  plan.bar_steps =
      std::max(4 * midi_event::kStepsPerQuarter * metre.numerator / metre.denominator, 1);
  const std::vector<Bar> bars = bars_of(score);
  if (!bars.empty()) plan.bar_begin = step_after(score, bars.back().begin + bars.back().length);
  if (!score.tempos.empty()) plan.quarters_per_minute = score.tempos.back().quarters_per_minute;
}

generate::EventPlan plan_for(const Request& request, const Score& score, bool is_given) {
  generate::EventPlan plan;
  plan.given = tokens::encode_midi_events(score, true);
  plan.given.pop_back();  // the end
  plan.quarter = tokens::last_event_quarter(score);
  plan.begin = plan.quarter * midi_event::kStepsPerQuarter;
  if (is_given) {
    // The last event may stand later in its quarter than the last note does.
    const tokens::MidiEvent& last = plan.given.back();
    plan.begin += std::max(last[2] - midi_event::kTime2.first, 0);
  }
  follow_notes(score, plan);
  follow_bars(score, plan);
  if (request.bars) plan.end = plan.bar_begin + *request.bars * plan.bar_steps;
  if (request.seconds) plan.seconds = *request.seconds;
  plan.may_change_programs = !is_given && request.instruments.empty();
  plan.may_change_tempo = !is_given && !request.tempo;
  plan.may_change_metre = !is_given && !request.metre && !request.bars;
  plan.may_change_key = !is_given && !request.key;
  plan.most_tokens = *request.tokens;
  return plan;
}

}  // namespace

Composition compose_events(const Request& request, const Score* piece, const PublicModel& model,
                           const generate::SamplingConfig& sampling, const Progress& progress) {
  const bool is_given = piece != nullptr;
  Score score = is_given ? with_steps(*piece) : empty_piece(request);
  const size_t given_parts = is_given ? score.parts.size() : 0;
  add_players(request, score);
  const generate::EventPlan plan = plan_for(request, score, is_given);
  const generate::EventResult written = generate::write_events(
      plan, model.checkpoint(), model.backend(), sampling, *request.seed, progress);
  tokens::append_midi_events(score, plan.quarter, written.events);
  const auto added = score.parts.begin() + static_cast<std::ptrdiff_t>(given_parts);
  score.parts.erase(
      std::remove_if(added, score.parts.end(), [](const Part& part) { return part.notes.empty(); }),
      score.parts.end());
  return {std::move(score), written.stopped, written.tokens};
}

}  // namespace motet::tasks
