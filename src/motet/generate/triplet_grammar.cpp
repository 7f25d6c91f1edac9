// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "motet/generate/timed_grammar.h"
#include "motet/tokens/triplets.h"

namespace motet::generate {
namespace {

namespace triplet = tokens::triplet;
using tokens::TimedNote;

constexpr int64_t kLongestTripletContext = 4'500;  // steps: less than half of what times can say
constexpr int64_t kTripletReserve = 1'000;         // steps before the last time that can be said

class TripletGrammar final : public TimedGrammar {
 public:
  TripletGrammar(int32_t offset, std::vector<int32_t> lead)
      : offset_(offset), lead_(std::move(lead)) {}

  std::vector<int32_t> begin(std::span<const TimedNote> context, const NoteRules& rules) override {
    origin_ = context.empty() ? rules.now() : context.front().onset;
    place_ = Place::kTime;
    std::vector<int32_t> ids = lead_;
    for (const int32_t id : tokens::encode_triplets(context, origin_, 0)) {
      ids.push_back(offset_ + id);
    }
    return ids;
  }

  void allow(const NoteRules& rules, std::vector<int32_t>& ids) const override {
    ids.clear();
    switch (place_) {
      case Place::kTime: {
        const int64_t last = rules.may_end() ? triplet::kTimes : rules.end() - origin_;
        append(rules.now() - origin_, std::min<int64_t>(last, triplet::kTimes), ids);
        break;
      }
      case Place::kDuration:
        append(triplet::kDuration, triplet::kDuration + triplet::kDurations, ids);
        break;
      case Place::kNote:
        allow_notes(rules, ids);
        break;
    }
  }

  std::optional<TimedNote> accept(int32_t id, NoteRules& rules) override {
    const int32_t value = id - offset_;
    switch (place_) {
      case Place::kTime:
        time_ = value;
        place_ = Place::kDuration;
        ended_ = origin_ + time_ >= rules.end();
        return std::nullopt;
      case Place::kDuration:
        duration_ = value - triplet::kDuration;
        place_ = Place::kNote;
        return std::nullopt;
      case Place::kNote:
        break;
    }
    place_ = Place::kTime;
    if (value == triplet::kRest) {
      rules.wait_until(origin_ + time_);
      return std::nullopt;
    }
    const int note = value - triplet::kNote;
    return TimedNote{.onset = origin_ + time_,
                     .duration = duration_,
                     .instrument = note / 128,
                     .pitch = note % 128,
                     .velocity = triplet::kVelocity};
  }

  bool is_between_notes() const override { return place_ == Place::kTime; }
  bool ended() const override { return ended_; }
  int64_t longest_context() const override { return kLongestTripletContext; }
  bool is_out_of_time(const NoteRules& rules) const override {
    return rules.now() - origin_ >= triplet::kTimes - kTripletReserve;
  }

 private:
  enum class Place : uint8_t { kTime, kDuration, kNote };

  void append(int64_t begin, int64_t end, std::vector<int32_t>& ids) const {
    for (int64_t id = begin; id < end; ++id) ids.push_back(offset_ + static_cast<int32_t>(id));
  }

  /// What is free at the time that was drawn; a rest where it moves on, or nothing else is left.
  void allow_notes(const NoteRules& rules, std::vector<int32_t>& ids) const {
    const int64_t time = origin_ + time_;
    for (int instrument = 0; instrument <= tokens::kDrumInstrument; ++instrument) {
      if (!rules.may_play(instrument)) continue;
      for (int pitch = 0; pitch < 128; ++pitch) {
        if (rules.free_from(instrument, pitch) > time) continue;
        ids.push_back(offset_ + triplet::kNote + 128 * instrument + pitch);
      }
    }
    const bool is_rest = duration_ == 0 && time > rules.now() && rules.may_wait();
    if (is_rest || ids.empty()) ids.push_back(offset_ + triplet::kRest);
  }

  int32_t offset_;
  std::vector<int32_t> lead_;
  int64_t origin_ = 0;
  Place place_ = Place::kTime;
  int32_t time_ = 0;
  int32_t duration_ = 0;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<TimedGrammar> triplet_grammar(int32_t offset, std::vector<int32_t> lead) {
  return std::make_unique<TripletGrammar>(offset, std::move(lead));
}

}  // namespace motet::generate
