// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/timed_session.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "motet/base/error.h"
#include "motet/generate/draw.h"

namespace motet::generate {
namespace {

using tokens::TimedNote;

constexpr int64_t kIdsOfNote = 3;        // at most, in all of these vocabularies
constexpr int64_t kFewestPositions = 8;  // beside the lead, to write a note and one more

/// The sequence that is read, begun anew from the latest notes when there is no more room.
class TimedWriter {
 public:
  TimedWriter(const TimedPlan& plan, TimedGrammar& grammar, IdReader& reader)
      : rules(plan.instruments, plan.begin, plan.end),
        history(plan.given),
        grammar_(grammar),
        reader_(reader) {
    for (const TimedNote& note : history) rules.take_given(note);
    lay_context();
  }

  bool has_room() const {
    const int64_t read = reader_.length() + static_cast<int64_t>(unread_.size());
    return read + kIdsOfNote <= reader_.limit() && !grammar_.is_out_of_time(rules);
  }

  /// The latest notes, in half of the room, from which the writing goes on.
  void lay_context() {
    size_t count = std::min(history.size(), static_cast<size_t>(reader_.limit() / 2 / kIdsOfNote));
    const auto too_early = [&](const TimedNote& note) {
      return rules.now() - note.onset > grammar_.longest_context();
    };
    while (count > 0 && too_early(history[history.size() - count])) --count;
    reader_.restart();
    while (true) {
      unread_ = grammar_.begin(std::span(history).last(count), rules);
      const auto taken = static_cast<int64_t>(unread_.size());
      if (taken + kFewestPositions <= reader_.limit()) return;
      if (count == 0) {
        throw Error(ErrorCode::kInvalidArgument,
                    "the prompt takes " + std::to_string(taken) + " of the " +
                        std::to_string(reader_.limit()) +
                        " positions of this model; expected a shorter one");
      }
      count /= 2;  // rests and segments took more room than was thought
    }
  }

  /// Draws the next id, or takes the only one; nothing where none may come.
  std::optional<int32_t> next(Drawer& drawer) {
    grammar_.allow(rules, candidates_);
    if (candidates_.empty()) return std::nullopt;
    int32_t id = candidates_.front();
    if (candidates_.size() > 1) {
      id = drawer.among(reader_.read(unread_), candidates_);
      unread_.clear();
    }
    unread_.push_back(id);
    return id;
  }

  NoteRules rules;
  std::vector<TimedNote> history;  // given and written

 private:
  TimedGrammar& grammar_;
  IdReader& reader_;
  std::vector<int32_t> unread_;
  std::vector<int32_t> candidates_;
};

/// A pitch that is struck while it sounds ends where it is struck.
void cut_overlaps(std::vector<TimedNote>& notes) {
  std::map<std::pair<int, int>, TimedNote*> sounding;
  for (TimedNote& note : notes) {
    TimedNote*& before = sounding[{note.instrument, note.pitch}];
    if (before != nullptr)
      before->duration = std::min(before->duration, note.onset - before->onset);
    before = &note;
  }
}

}  // namespace

TimedResult write_notes(const TimedPlan& plan, TimedGrammar& grammar, IdReader& reader,
                        const SamplingConfig& sampling, uint64_t seed, const Progress& progress) {
  Drawer drawer(sampling, seed);
  TimedWriter writer(plan, grammar, reader);
  TimedResult result;
  while (!grammar.ended()) {
    if (grammar.is_between_notes()) {
      result.stopped = progress.stop_requested();  // once there is a note
      const bool is_enough = drawer.count() + kIdsOfNote > plan.most_tokens;
      if ((result.stopped || is_enough) && writer.rules.may_end()) break;
      if (!writer.has_room()) writer.lay_context();
    }
    const std::optional<int32_t> id = writer.next(drawer);
    if (!id) break;
    const std::optional<TimedNote> note = grammar.accept(*id, writer.rules);
    if (!note) continue;
    writer.rules.take(*note);
    writer.history.push_back(*note);
    result.notes.push_back(*note);
    progress.report({"composing", drawer.count(), plan.most_tokens, "tokens"});
  }
  cut_overlaps(result.notes);
  result.tokens = drawer.count();
  return result;
}

}  // namespace motet::generate
