// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "motet/generate/timed_grammar.h"
#include "motet/tokens/absolute_time.h"

namespace motet::generate {
namespace {

namespace aria = tokens::aria;
using tokens::TimedNote;

/// A note, a drum, or what may be said between them.
class AriaGrammar final : public TimedGrammar {
 public:
  explicit AriaGrammar(std::span<const int> instruments) {
    for (const int instrument : instruments) {
      if (instrument == tokens::kDrumInstrument) {
        has_drums_ = true;
        continue;
      }
      const int kind = aria::class_of(instrument);
      if (kind >= 0 && programs_[static_cast<size_t>(kind)] < 0) {
        programs_[static_cast<size_t>(kind)] = instrument;
      }
    }
  }

  std::vector<int32_t> begin(std::span<const TimedNote> context, const NoteRules& rules) override {
    place_ = Place::kBetween;
    origin_ = context.empty() ? rules.now() : context.front().onset;
    segment_ = 0;
    std::vector<int32_t> ids;
    for (int kind = 0; kind < aria::kClasses; ++kind) {
      if (program_of_class(kind) >= 0) ids.push_back(aria::kPrefix + kind);
    }
    if (has_drums_) ids.push_back(aria::kPrefix + aria::kClasses);
    ids.push_back(aria::kBegin);
    const std::vector<int32_t> notes = tokens::encode_aria_notes(context, origin_, segment_);
    ids.insert(ids.end(), notes.begin(), notes.end());
    return ids;
  }

  void allow(const NoteRules& rules, std::vector<int32_t>& ids) const override {
    ids.clear();
    switch (place_) {
      case Place::kBetween:
        if (rules.may_end()) ids.push_back(aria::kEnd);
        if (may_leave_segment(rules)) ids.push_back(aria::kSegment);
        allow_notes(rules, ids);
        break;
      case Place::kOnset: {
        const int64_t first = rules.free_from(note_.instrument, note_.pitch) - base();
        for (int64_t step = std::max<int64_t>(first, 0); step <= last_step(rules); ++step) {
          ids.push_back(aria::kOnset + static_cast<int32_t>(step));
        }
        break;
      }
      case Place::kDuration:
        for (int32_t steps = 1; steps < aria::kDurations; ++steps) {
          ids.push_back(aria::kDuration + steps);
        }
        break;
    }
  }

  std::optional<TimedNote> accept(int32_t id, NoteRules& rules) override {
    switch (place_) {
      case Place::kBetween:
        accept_between(id, rules);
        return std::nullopt;
      case Place::kOnset:
        note_.onset = base() + id - aria::kOnset;
        ended_ = note_.onset >= rules.end();
        place_ = Place::kDuration;
        if (note_.instrument != tokens::kDrumInstrument) return std::nullopt;
        place_ = Place::kBetween;
        if (ended_) return std::nullopt;
        note_.duration = 1;
        return note_;
      case Place::kDuration:
        break;
    }
    place_ = Place::kBetween;
    note_.duration = id - aria::kDuration;
    return note_;
  }

  bool is_between_notes() const override { return place_ == Place::kBetween; }
  bool ended() const override { return ended_; }
  int64_t longest_context() const override { return INT64_MAX; }
  bool is_out_of_time(const NoteRules& /*rules*/) const override { return false; }

 private:
  enum class Place : uint8_t { kBetween, kOnset, kDuration };

  int64_t base() const { return origin_ + segment_ * aria::kSegmentSteps; }
  int program_of_class(int kind) const { return programs_[static_cast<size_t>(kind)]; }

  bool may_leave_segment(const NoteRules& rules) const {
    const int64_t next = base() + aria::kSegmentSteps;
    if (next <= rules.now()) return true;
    return rules.may_wait() && (rules.may_end() || next < rules.end());
  }

  /// The last step of this segment at which a note may begin: later ones only end the piece.
  int64_t last_step(const NoteRules& rules) const {
    const int64_t last = aria::kSegmentSteps - 1;
    return rules.may_end() ? last : std::min(last, rules.end() - 1 - base());
  }

  void allow_notes(const NoteRules& rules, std::vector<int32_t>& ids) const {
    const int64_t last = base() + last_step(rules);
    for (int kind = 0; kind < aria::kClasses; ++kind) {
      const int program = program_of_class(kind);
      if (program < 0 || !rules.may_play(program)) continue;
      for (int pitch = 0; pitch < 128; ++pitch) {
        if (rules.free_from(program, pitch) > last) continue;
        const int row = aria::kNote + (kind * 128 + pitch) * aria::kVelocities;
        for (int velocity = 1; velocity < aria::kVelocities; ++velocity) {
          ids.push_back(row + velocity);
        }
      }
    }
    for (int drum = 0; has_drums_ && drum < aria::kDrums; ++drum) {
      if (rules.free_from(tokens::kDrumInstrument, aria::kFirstDrum + drum) > last) continue;
      ids.push_back(aria::kDrum + drum);
    }
  }

  void accept_between(int32_t id, NoteRules& rules) {
    if (id == aria::kEnd) {
      ended_ = true;
    } else if (id == aria::kSegment) {
      ++segment_;
      rules.wait_until(std::min(base(), rules.end() - 1));
      ended_ = base() >= rules.end();
    } else if (id >= aria::kDrum) {
      note_ = {.instrument = tokens::kDrumInstrument,
               .pitch = id - aria::kDrum + aria::kFirstDrum,
               .velocity = aria::kDrumVelocity};
      place_ = Place::kOnset;
    } else {
      const int row = (id - aria::kNote) / aria::kVelocities;
      note_ = {.instrument = program_of_class(row / 128),
               .pitch = row % 128,
               .velocity = (id - aria::kNote) % aria::kVelocities * aria::kVelocityStep};
      place_ = Place::kOnset;
    }
  }

  std::array<int, aria::kClasses> programs_ = [] {
    std::array<int, aria::kClasses> none{};
    none.fill(-1);
    return none;
  }();
  bool has_drums_ = false;
  int64_t origin_ = 0;
  int64_t segment_ = 0;
  Place place_ = Place::kBetween;
  TimedNote note_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<TimedGrammar> aria_grammar(std::span<const int> instruments) {
  return std::make_unique<AriaGrammar>(instruments);
}

}  // namespace motet::generate
