// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/public_timed.h"

#include <algorithm>
#include <cmath>

#include "motet/base/error.h"
#include "motet/generate/timed_session.h"
#include "motet/tokens/absolute_time.h"
#include "motet/tokens/triplets.h"

namespace motet::tasks {
namespace {

using models::Family;
using tokens::TimedNote;

constexpr int32_t kTextIds = 128'256;  // of LLaMA 3, before MIDI-LLM's music
constexpr int64_t kTrained = 2'048;    // positions that MIDI-LLM has seen music at
constexpr int64_t kNoEnd = int64_t{1} << 40;
constexpr int kFinestTicks = 480;  // a quarter; a step of 10 ms is some ticks at any usual tempo

/// What MIDI-LLM's makers set before a description; and a blank behind it.
constexpr const char* kTask =
    "You are a world-class composer. Please compose some music according to the following "
    "description: ";

bool has_aria_class(const Instrument& instrument) {
  return instrument.is_drums || tokens::aria::class_of(instrument.program) >= 0;
}

int number_of(const Instrument& instrument) {
  return instrument.is_drums ? tokens::kDrumInstrument : instrument.program;
}

/// The players of a piece and those that were asked for.
std::vector<Instrument> players_of(const Request& request, const Score* piece) {
  std::vector<Instrument> players;
  if (piece != nullptr) {
    for (const Part& part : piece->parts) {
      if (part.notes.empty()) continue;
      players.push_back({part.is_drums ? uint8_t{0} : part.program, part.is_drums});
    }
  }
  players.insert(players.end(), request.instruments.begin(), request.instruments.end());
  return players;
}

/// Players that Aria has classes for; a piano where none was named.
std::vector<Instrument> aria_players(const Request& request, std::vector<Instrument> players) {
  for (const Instrument& asked : request.instruments) {
    if (has_aria_class(asked)) continue;
    throw Error(ErrorCode::kInvalidArgument,
                "instruments: Aria has no id for " + std::string(name_of(asked)) +
                    "; it knows keyboards, organs, guitars, basses, strings, ensembles, brass, "
                    "reeds, pipes, synth leads and drums");
  }
  std::erase_if(players, [](const Instrument& player) { return !has_aria_class(player); });
  if (players.empty()) players.push_back({});
  return players;
}

std::vector<int32_t> lead_of_text(const Request& request, const PublicModel& model) {
  const std::string text = kTask + request.prompt.value_or("") + " ";
  std::vector<int32_t> ids;
  for (const tokens::TokenId id : model.text()->encode(text)) {
    if (id >= kTextIds) {
      throw Error(ErrorCode::kInvalidFile,
                  "tokenizer.json: id " + std::to_string(id) +
                      " lies among the ids of music, from 128256 on; it is not this model's");
    }
    ids.push_back(id);
  }
  ids.push_back(kTextIds + tokens::triplet::kAutoregress);
  return ids;
}

std::unique_ptr<generate::TimedGrammar> grammar_of(const Request& request,
                                                   const std::vector<int>& instruments,
                                                   const PublicModel& model) {
  if (model.family() == Family::kAria) return generate::aria_grammar(instruments);
  if (model.family() == Family::kMidiLlm) {
    return generate::triplet_grammar(kTextIds, lead_of_text(request, model));
  }
  return generate::triplet_grammar(0, {tokens::triplet::kAutoregress});
}

/// No longer than what the model has learnt with, whatever its positions could reach.
class WithinTraining final : public generate::IdReader {
 public:
  WithinTraining(std::unique_ptr<IdReader> reader, int64_t limit)
      : reader_(std::move(reader)), limit_(limit) {}

  std::vector<float> read(std::span<const int32_t> ids) override { return reader_->read(ids); }
  void restart() override { reader_->restart(); }
  int64_t length() const override { return reader_->length(); }
  int64_t limit() const override { return std::min(limit_, reader_->limit()); }

 private:
  std::unique_ptr<IdReader> reader_;
  int64_t limit_;
};

}  // namespace

Composition compose_timed(const Request& request, const Score* piece, const PublicModel& model,
                          const generate::SamplingConfig& sampling, const Progress& progress) {
  const bool is_aria = model.family() == Family::kAria;
  std::vector<Instrument> players = players_of(request, piece);
  if (is_aria) players = aria_players(request, std::move(players));
  generate::TimedPlan plan;
  for (const Instrument& player : players) plan.instruments.push_back(number_of(player));
  Score score;
  if (piece != nullptr) {
    const int times = (kFinestTicks + piece->ticks_per_quarter - 1) / piece->ticks_per_quarter;
    score = with_resolution(*piece, piece->ticks_per_quarter * times);
    plan.given = tokens::timed_notes(
        score, is_aria ? tokens::PedalUse::kHoldsNotes : tokens::PedalUse::kIgnored);
    plan.begin = plan.given.back().onset + 1;
    if (is_aria) {
      std::erase_if(plan.given, [](const TimedNote& note) {
        return note.instrument != tokens::kDrumInstrument &&
               tokens::aria::class_of(note.instrument) < 0;
      });
    }
  }
  const double seconds = request.seconds.value_or(0.0);
  plan.end =
      request.seconds
          ? plan.begin + std::max<int64_t>(std::llround(seconds * tokens::kTimeStepsPerSecond), 1)
          : kNoEnd;
  plan.most_tokens = *request.tokens;
  const auto grammar = grammar_of(request, plan.instruments, model);
  std::unique_ptr<generate::IdReader> reader =
      generate::make_reader(*model.checkpoint().body, model.backend());
  if (model.family() == Family::kMidiLlm) {
    reader = std::make_unique<WithinTraining>(std::move(reader), kTrained);
  }
  const generate::TimedResult written =
      generate::write_notes(plan, *grammar, *reader, sampling, *request.seed, progress);
  if (piece == nullptr) {
    score = tokens::to_score(written.notes);
  } else {
    tokens::append_notes(score, written.notes);
  }
  return {std::move(score), written.stopped, written.tokens};
}

}  // namespace motet::tasks
