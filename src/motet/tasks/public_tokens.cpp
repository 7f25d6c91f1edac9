// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/public_tokens.h"

#include <algorithm>
#include <numeric>

#include "motet/base/error.h"
#include "motet/generate/token_session.h"

namespace motet::tasks {
namespace {

constexpr int kFinestResolutionOfTokens = 32'767;

/// The ids of a piece, without an end.
std::vector<int32_t> given_ids(const Score& piece, const tokens::EventTokenizer& tokenizer) {
  tokens::EventSequences sequences = tokenizer.encode(piece);
  std::erase_if(sequences, [](const tokens::EventSequence& ids) { return ids.empty(); });
  if (sequences.size() != 1) {
    throw Error(ErrorCode::kInvalidArgument,
                "this model writes one part at a time; expected a piece of one part, found " +
                    std::to_string(sequences.size()));
  }
  std::vector<int32_t> ids(sequences.front().begin(), sequences.front().end());
  const int32_t begin = tokenizer.vocabulary().find("BOS_None");
  const int32_t end = tokenizer.vocabulary().find("EOS_None");
  std::erase_if(ids, [&](int32_t id) { return id == begin || id == end; });
  return ids;
}

Ticks last_onset(const Score& score) {
  Ticks last{-1};
  for (const Part& part : score.parts) {
    for (const Note& note : part.notes) last = std::max(last, note.onset);
  }
  return last;
}

Part& part_like(Score& score, const Part& wanted) {
  const auto found = std::ranges::find_if(score.parts, [&](const Part& part) {
    return part.is_drums == wanted.is_drums && (part.is_drums || part.program == wanted.program);
  });
  if (found != score.parts.end()) return *found;
  Part part;
  part.program = wanted.program;
  part.is_drums = wanted.is_drums;
  part.name = name_of(Instrument{part.is_drums ? uint8_t{0} : part.program, part.is_drums});
  return score.parts.emplace_back(part);
}

bool sounds_at(std::span<const Note> notes, const Note& later) {
  return std::ranges::any_of(notes, [&](const Note& note) {
    return note.pitch == later.pitch && note.onset + note.duration > later.onset;
  });
}

/// Puts what comes after a time into a piece; what would strike a pitch that is given to sound is
/// left out.
Score put_after(const Score& piece, const Score& whole, Ticks after) {
  const int fine = std::lcm(piece.ticks_per_quarter, whole.ticks_per_quarter);
  Score score = fine <= kFinestResolutionOfTokens ? with_resolution(piece, fine) : piece;
  const Score given = score;
  for (const Part& from : whole.parts) {
    for (Note note : from.notes) {
      if (note.onset <= after) continue;
      note.onset.value = note.onset.value * score.ticks_per_quarter / whole.ticks_per_quarter;
      note.duration.value = std::max<int64_t>(
          note.duration.value * score.ticks_per_quarter / whole.ticks_per_quarter, 1);
      note.id = {};
      Part& to = part_like(score, from);
      const auto index = static_cast<size_t>(&to - score.parts.data());
      if (index < given.parts.size() && sounds_at(given.parts[index].notes, note)) continue;
      to.notes.push_back(note);
    }
  }
  sort_events(score);
  name_notes(score);
  return score;
}

}  // namespace

Composition compose_tokens(const Request& request, const Score* piece, const PublicModel& model,
                           const generate::SamplingConfig& sampling, const Progress& progress) {
  const tokens::EventTokenizer& tokenizer = *model.events();
  generate::TokenPlan plan{.tokenizer = &tokenizer, .most_tokens = *request.tokens};
  if (piece != nullptr) plan.given = given_ids(*piece, tokenizer);
  const auto reader = generate::make_reader(*model.checkpoint().body, model.backend());
  const generate::TokenResult written =
      generate::write_tokens(plan, *reader, sampling, *request.seed, progress);
  tokens::EventSequence all(plan.given.begin(), plan.given.end());
  const Ticks after = plan.given.empty() ? Ticks{-1} : last_onset(tokenizer.decode({all}));
  all.insert(all.end(), written.ids.begin(), written.ids.end());
  const Score whole = tokenizer.decode({all});
  Composition result;
  result.stopped = written.stopped;
  result.tokens = written.tokens;
  result.score = piece == nullptr ? whole : put_after(*piece, whole, after);
  return result;
}

}  // namespace motet::tasks
